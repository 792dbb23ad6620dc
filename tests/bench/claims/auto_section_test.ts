import { assertEquals, assertStringIncludes } from "@std/assert";
import { autoSection } from "../../../bench/claims/auto_section.ts";
import { claims } from "../../../bench/claims/claims.ts";
import type { ClaimName } from "../../../bench/claims/definitions.ts";
import type { Kept } from "../../../bench/claims/kept.ts";
import { keptTable } from "./made_up.ts";

const AUTO = "aft-auto:beta=1";

/** The section of the claims with these tables. */
function section(tables: Partial<Record<ClaimName, Record<string, Kept>>>): string {
  return autoSection(
    claims.map((claim) => ({ claim, evidence: { tables: tables[claim.name as ClaimName] ?? {} } })),
  );
}

/** A table in which kd is the best of the others. */
function table(auto: number): Kept {
  return keptTable([["stl", 0.3], ["kd", 0.4], [AUTO, auto], ["aft", 0.35]]);
}

Deno.test("aft-auto is told first, near or behind in every setting that it was run in", () => {
  const text = section({
    methods: { squeezenet: table(0.5), both: table(0.38) },
    cnn: { scratch: table(0.3995) },
  });
  assertStringIncludes(
    text.replaceAll("\n", " "),
    "Among the methods with three seeds or more aft-auto is first in 1 of 3 settings, in 1 more " +
      "the 95 % interval does not tell it from the first, and it is behind in 1: methods, both (`kd`). It is above stl by its mean in 3, in 3 of " +
      "them by the interval too.",
  );
  const rows = text.split("\n").filter((line) => line.startsWith("| methods, squeezenet"));
  assertEquals(rows.length, 1);
  assertStringIncludes(rows[0], "| 52.0 %     | `kd` 42.1 % | +10.0 (");
});

Deno.test("sets of teachers are settings of their own; lines of aft-auto alone are none", () => {
  const rows = ["one", "two"].flatMap((teacher) =>
    ["stl", AUTO, "kd"].map((method) => [method, 0.4, { teachers: [teacher] }] as const)
  );
  const text = section({
    text: { sst2: keptTable(rows) },
    methods: { both: keptTable([[AUTO, 1]]) },
  });
  assertStringIncludes(text, "of 2 settings");
  assertStringIncludes(text, "| text, sst2, two");
  assertEquals(section({ methods: { both: keptTable([[AUTO, 1]]) } }), "");
});

Deno.test("numbers of rows are settings too, a setting of two claims is one, two seeds are none", () => {
  const lines = [10, 1000].flatMap((trainSize) =>
    ["stl", "kd", AUTO].map((method) => [method, 0.4, { trainSize }] as const)
  );
  const labels = { squeezenet: keptTable(lines) };
  const text = section({ labels, teachers: { sets: keptTable(lines) } });
  assertStringIncludes(text, "of 2 settings");
  assertStringIncludes(text, "| teachers, sets, 10 rows ");
  assertEquals(section({ labels: { squeezenet: keptTable(lines, [0, 1]) } }), "");
  const noisy = lines.map(([method, accuracy]) => [method, accuracy, { noise: 64 }] as const);
  assertEquals(section({ labels: { squeezenet: keptTable(noisy) } }), "");
});

Deno.test("what is below stl is named", () => {
  const text = section({ cnn: { body: keptTable([["stl", 0.4], ["kd", 0.3], [AUTO, 0.2]]) } });
  assertStringIncludes(
    text.replaceAll("\n", " "),
    "in 0, in 0 of them by the interval too, and below it in cnn, body.",
  );
});

Deno.test("what noise and a useless teacher change is told where it is known", () => {
  const noise = keptTable([[AUTO, 0.5], [AUTO, 0.49, { noise: 2048 }]]);
  const text = section({
    methods: { squeezenet: table(0.5) },
    noise: { squeezenet: noise },
    useless: { squeezenet: table(0.5), beside: table(0.47) },
  }).replaceAll("\n", " ");
  assertStringIncludes(
    text,
    "What changes it: 2,048 columns of noise beside squeezenet -1.0 points",
  );
  assertStringIncludes(text, "and a useless teacher beside squeezenet -3.0 points");
});
