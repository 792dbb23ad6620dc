import { assertEquals, assertStringIncludes } from "@std/assert";
import { claims } from "../../../bench/claims/claims.ts";
import type { Evidence, Verdict } from "../../../bench/claims/claim.ts";
import type { ClaimName } from "../../../bench/claims/definitions.ts";
import { keptTable, type MadeUpRow } from "./made_up.ts";

function verdict(name: ClaimName, evidence: Evidence): Verdict {
  return claims.find((claim) => claim.name === name)!.verdict(evidence);
}

Deno.test("no claim is answered without runs", () => {
  for (const claim of claims) {
    assertEquals(claim.verdict({ tables: {} }), { holds: undefined, text: "" }, claim.name);
    const tables = Object.fromEntries(
      claim.comparisons.map(({ name }) => [name, keptTable([["stl", null], ["aft", null]])]),
    );
    assertEquals(claim.verdict({ tables, scores: [] }).holds, undefined, claim.name);
  }
});

Deno.test("aft leads where no other method is more accurate, aft-auto aside", () => {
  const table = (aft: number, kd: number) =>
    keptTable([["stl", 0.3], ["kd", kd], ["aft", aft], ["aft-auto:beta=1", 0.6]]);
  const first = table(0.5, 0.4);
  const whole = verdict("methods", { tables: { squeezenet: first, resnet20: first, both: first } });
  assertEquals(whole.holds, true);
  assertStringIncludes(
    whole.text,
    "Squeezenet: aft is first of 3 methods with 52.0 %; +10.0 points (95 % interval +9.7 to +10.3) " +
      "from `kd`; +20.0 points",
  );
  const second = verdict("methods", { tables: { squeezenet: first, both: table(0.4, 0.5) } });
  assertEquals(second.holds, false);
  assertStringIncludes(second.text, "Both: aft is number 2 of 3 methods");
  // One of three tables is not there: what holds in the others may still not hold.
  assertEquals(verdict("methods", { tables: { squeezenet: first } }).holds, undefined);
  assertEquals(verdict("cnn", { tables: { scratch: first, body: first } }).holds, true);
});

Deno.test("two seeds decide nothing, and a method that was not run may yet be first", () => {
  const rows = [["stl", 0.3], ["kd", 0.4], ["aft", 0.5]] as const;
  const answer = (rows: readonly MadeUpRow[], seeds?: number[]) => {
    const kept = keptTable(rows, seeds);
    return verdict("cnn", { tables: { scratch: kept, body: kept } }).holds;
  };
  assertEquals(answer(rows), true);
  assertEquals(answer(rows, [0, 1]), undefined);
  assertEquals(answer([...rows, ["pkt", null]]), undefined);
  assertEquals(answer([...rows, ["pkt", 0.6], ["sp", null]]), false);
  const close = keptTable([["aft", 0.5], ["kd", 0.5]]);
  const { text } = verdict("cnn", { tables: { scratch: close } });
  assertStringIncludes(text, "from `kd`, not told apart by these seeds.");
});

Deno.test("aft is flat under noise where it loses no point and distillation loses", () => {
  const table = (aft: number, kd: number) =>
    keptTable([
      ["aft", 0.5],
      ["kd", 0.5],
      ["aft", aft, { noise: 2048 }],
      ["kd", kd, { noise: 2048 }],
    ]);
  const flat = verdict("noise", { tables: { squeezenet: table(0.495, 0.4) } });
  assertEquals(flat.holds, true);
  assertStringIncludes(flat.text, "From 0 to 2,048 noise columns: `aft` -0.5 points");
  assertEquals(verdict("noise", { tables: { squeezenet: table(0.45, 0.4) } }).holds, false);
  assertEquals(verdict("noise", { tables: { squeezenet: table(0.5, 0.5) } }).holds, false);
});

Deno.test("aft helps where its interval lies above that of stl, with every number of rows or teacher", () => {
  const table = (aft: number) =>
    keptTable([
      ["stl", 0.3, { trainSize: 10 }],
      ["aft", 0.4, { trainSize: 10 }],
      ["stl", 0.5, { trainSize: 1000 }],
      ["aft", aft, { trainSize: 1000 }],
    ]);
  assertEquals(verdict("labels", { tables: { squeezenet: table(0.6) } }).holds, true);
  const loses = verdict("labels", { tables: { squeezenet: table(0.45) } });
  assertEquals(loses.holds, false);
  assertStringIncludes(loses.text, "with 1,000 rows -5.0 points (95 % interval");
  assertStringIncludes(loses.text, "), which is a loss.");
  const open = keptTable([
    ...[["stl", 0.3], ["aft", 0.4]] as const,
    ["stl", 0.3, { trainSize: 10 }],
    ["aft", null, { trainSize: 10 }],
  ]);
  assertEquals(verdict("labels", { tables: { squeezenet: open } }).holds, undefined);
  assertEquals(
    verdict("regression", { tables: { cat: keptTable([["stl", 0.3], ["aft", 0.4]]) } }),
    {
      holds: true,
      text: "aft beside stl: on the test rows +10.0 points (95 % interval +9.7 to +10.3).",
    },
  );
});

Deno.test("ablations hold where no form is better, fixed rho is worse and no kernel is no better than stl", () => {
  const table = (none: number, fixed: number) =>
    keptTable([
      ["stl", 0.3],
      ["aft", 0.5],
      ["aft:kernel=none", none],
      ["aft:rho=fixed", fixed],
    ]);
  assertEquals(verdict("ablations", { tables: { squeezenet: table(0.3, 0.4) } }).holds, true);
  const better = verdict("ablations", { tables: { squeezenet: table(0.6, 0.4) } });
  assertEquals(better.holds, false);
  assertStringIncludes(better.text, "Better than aft: `aft:kernel=none` +10.0 points");
  assertStringIncludes(better.text, "Worse: `aft:rho=fixed` -10.0 points");
  assertEquals(verdict("ablations", { tables: { squeezenet: table(0.4, 0.4) } }).holds, false);
});

Deno.test("doubled and mixed columns change nothing within a point", () => {
  const table = (aft: number) => keptTable([["stl", 0.3], ["aft", aft]]);
  const answer = (doubled: number, mixed: number) =>
    verdict("correlated", {
      tables: { original: table(0.5), doubled: table(doubled), mixed: table(mixed) },
    });
  assertEquals(answer(0.505, 0.495).holds, true);
  assertEquals(answer(0.505, 0.45).holds, false);
  assertStringIncludes(answer(0.5, 0.45).text, "Mixed beside original: `aft` -5.0 points");
});

/** Two teachers of four and two columns, whose energies are shared by columns. */
function sets(one: number, two: number, all: number, probes: readonly [number, number]) {
  return keptTable([
    ["aft", one, { teachers: ["one"], probe: probes[0] }],
    ["aft", two, { teachers: ["two"], probe: probes[1] }],
    ["aft", all, { teachers: ["one", "two"], probe: 0.8 }],
  ]);
}

Deno.test("several teachers: gain, probes and energy are told, and one that fails decides", () => {
  const good = verdict("teachers", { tables: { sets: sets(0.4, 0.3, 0.5, [0.7, 0.6]) } });
  assertStringIncludes(good.text, "all 2 teachers, beside the best one alone (one): +10.0 points");
  assertStringIncludes(good.text, "over 3 sets (the paper: 0.97 for AFT): 1.00 for `aft`");
  // Made-up energies lie as the columns do, so that no teacher is preferred.
  assertStringIncludes(good.text, "1.00 for one, whose probe is best, 1.00 for two");
  assertEquals(good.holds, false);
  const energy = [
    { name: "one", share: 0.9, columnShare: 2 / 3 },
    { name: "two", share: 0.1, columnShare: 1 / 3 },
  ];
  const kept = sets(0.4, 0.3, 0.5, [0.7, 0.6]);
  const rows = kept.rows.map((row) => row.teachers.length > 1 ? { ...row, energy } : row);
  assertEquals(verdict("teachers", { tables: { sets: { ...kept, rows } } }).holds, true);
});

Deno.test("ranking holds where the probe orders sets of teachers as aft's students do", () => {
  const scores = [
    { teachers: ["one"], scores: { probe: 0.7, knn: 0.2 } },
    { teachers: ["two"], scores: { probe: 0.6, knn: 0.4 } },
    { teachers: ["two", "one"], scores: { probe: 0.8, knn: 0.1 } },
  ];
  const answer = (one: number, two: number) =>
    verdict("ranking", { tables: { sets: sets(one, two, 0.5, [0.7, 0.6]) }, scores });
  assertEquals(answer(0.4, 0.3), {
    holds: true,
    text: "Rank correlation over 3 sets, with `aft`: probe 1.00 and knn -1.00.",
  });
  assertEquals(answer(0.3, 0.4).holds, false);
});

Deno.test("aft stands a useless teacher where it loses no point beside one and none from stl alone", () => {
  const table = (aft: number, stl = 0.3) => keptTable([["stl", stl], ["aft", aft], ["kd", 0.2]]);
  const answer = (beside: number, alone: number) =>
    verdict("useless", {
      tables: { squeezenet: table(0.5), beside: table(beside), alone: table(alone) },
    });
  assertEquals(answer(0.495, 0.295).holds, true);
  assertEquals(answer(0.48, 0.31).holds, false);
  assertEquals(answer(0.5, 0.28).holds, false);
  const { text } = answer(0.48, 0.28);
  assertStringIncludes(text, "beside squeezenet, from squeezenet alone: `aft` -2.0 points");
  assertStringIncludes(text, "alone, from stl: `aft` -2.0 points");
  const alone = { tables: { beside: table(0.5) } };
  assertEquals(verdict("useless", alone), { holds: undefined, text: "" });
});
