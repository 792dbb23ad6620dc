import { assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { betaOf, missingRuns, trialsOf } from "../../../aft/compare/choice.ts";
import { studentT } from "../../../aft/statistics.ts";
import { rowsOf, toCsv } from "../../../aft/compare/table.ts";
import { type MadeUp, madeUp, type MadeUpCell } from "./made_up.ts";

const both = (value: number) => ({ test: value, val: value });
const stl: MadeUpCell = { method: "stl", made: (_, seed) => both([0.5, 0.6, 0.7][seed]) };

Deno.test("a row has mean, deviation, paired difference, signs and normalised error", () => {
  const made: MadeUp = (_, seed) => both([0.55, 0.7, 0.69][seed]);
  const { comparison, records } = madeUp([stl, { method: "kd", betas: [3], made }]);
  const [base, kd] = rowsOf(comparison, records);
  assertAlmostEquals(base.accuracyMean!, 0.6, 1e-12);
  assertAlmostEquals(base.accuracySd!, 0.1, 1e-12);
  assertEquals([base.beta, base.diffMean, base.diffLow, base.signs], [null, null, null, null]);
  assertEquals(base.normalisedError, 1);

  const differences = [0.05, 0.1, -0.01];
  const mean = 0.14 / 3;
  const deviation = Math.sqrt(differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / 2);
  const reach = studentT(2, 0.95) * deviation / Math.sqrt(3);
  assertEquals([kd.method, kd.trainSize, kd.seeds, kd.beta], ["kd", 100, 3, 3]);
  assertAlmostEquals(kd.accuracyMean!, 0.6 + mean, 1e-12);
  assertAlmostEquals(kd.diffMean!, mean, 1e-12);
  assertAlmostEquals(kd.diffLow!, mean - reach, 1e-12);
  assertAlmostEquals(kd.diffHigh!, mean + reach, 1e-12);
  assertEquals([kd.signs, kd.signsAgainst], [2, 1]);
  assertAlmostEquals(kd.normalisedError!, (0.4 - mean) / 0.4, 1e-12);
  assertAlmostEquals(kd.lossMean!, 2 * (0.4 - mean), 1e-12);
});

Deno.test("the strength is the one with the smallest validation error, whatever the test says", () => {
  const made: MadeUp = (beta) => ({ test: beta === 10 ? 0.1 : 0.9, val: beta === 10 ? 0.8 : 0.7 });
  const { comparison, records } = madeUp([stl, { method: "kd", betas: [1, 10, 100], made }]);
  const [, cell] = comparison.cells;
  assertEquals(betaOf(cell, records), 10);
  assertAlmostEquals(rowsOf(comparison, records)[1].accuracyMean!, 0.1, 1e-12);
  assertEquals(trialsOf(cell, records)!.map(({ beta, error }) => [beta, error!.toFixed(3)]), [
    [1, "0.300"],
    [10, "0.200"],
    [100, "0.300"],
  ]);
});

Deno.test("a strength whose run diverged is not chosen, and equals go to the smaller one", () => {
  const made: MadeUp = (beta) => beta === 30 ? null : both(0.6);
  const { comparison, records } = madeUp([stl, { method: "kd", betas: [30, 10, 3], made }]);
  const [, cell] = comparison.cells;
  assertEquals(trialsOf(cell, records)![0], { beta: 30, error: null, loss: null });
  assertEquals(betaOf(cell, records), 3);
});

Deno.test("while runs that choose are missing nothing is chosen, and the row is empty", () => {
  const { comparison, records } = madeUp([stl, {
    ...{ method: "kd", betas: [1, 3] },
    made: () => both(0.6),
  }]);
  const some = new Map([...records].filter(([key]) => key !== "1 3 0"));
  assertEquals(betaOf(comparison.cells[1], some), undefined);
  const [, row] = rowsOf(comparison, some);
  assertEquals([row.beta, row.seeds, row.accuracyMean, row.diffMean], [null, 0, null, null]);
  assertEquals(missingRuns(comparison, some), 3);
  assertEquals(missingRuns(comparison, records), 0);
});

Deno.test("only seeds that both have are paired, and one pair has no interval", () => {
  const made: MadeUp = (_, seed) => seed === 1 ? both(0.9) : null;
  const { comparison, records } = madeUp([stl, { method: "kd", betas: [3], made }]);
  const [, row] = rowsOf(comparison, records);
  assertEquals([row.seeds, row.accuracySd, row.diffLow, row.signs], [1, null, null, 1]);
  assertAlmostEquals(row.diffMean!, 0.3, 1e-12);
  assertAlmostEquals(row.normalisedError!, 0.1 / 0.4, 1e-12);
  assertEquals(missingRuns(comparison, records), 2);
});

Deno.test("without a baseline, or one without errors, there is nothing to compare with", () => {
  const kd: MadeUpCell = { method: "kd", betas: [3], made: () => both(0.6) };
  const alone = madeUp([kd], { changes: { baseline: undefined } });
  const [row] = rowsOf(alone.comparison, alone.records);
  assertEquals([row.accuracyMean!.toFixed(3), row.diffMean, row.normalisedError, row.signs], [
    "0.600",
    null,
    null,
    null,
  ]);
  const perfect = madeUp([{ method: "stl", made: () => both(1) }, kd]);
  const rows = rowsOf(perfect.comparison, perfect.records);
  assertEquals(rows.map(({ normalisedError }) => normalisedError), [null, null]);
});

Deno.test("methods are compared with the baseline of their own setting", () => {
  const at = (trainSize: number, value: number): MadeUpCell[] => [
    { method: "stl", setting: { trainSize }, made: () => both(value) },
    { method: "kd", betas: [3], setting: { trainSize }, made: () => both(value + 0.1) },
  ];
  const { comparison, records } = madeUp([...at(100, 0.2), ...at(1000, 0.6)]);
  const errors = rowsOf(comparison, records).map(({ normalisedError }) =>
    normalisedError!.toFixed(3)
  );
  assertEquals(errors, ["1.000", "0.875", "1.000", "0.750"]);
});

Deno.test("energy stands by teacher beside the share of columns, noise included", () => {
  const cell = (noise: number): MadeUpCell => {
    return { method: "aft", betas: [3], setting: { noise }, made: () => both(0.6) };
  };
  const { comparison, records } = madeUp([stl, cell(0), cell(6)]);
  const [base, plain, noisy] = rowsOf(comparison, records);
  assertEquals("energy" in base, false);
  assertEquals(plain.energy!.map(({ name }) => name), ["one", "two"]);
  assertEquals(noisy.energy!.map(({ name, columnShare }) => [name, columnShare]), [
    ["one", 4 / 12],
    ["two", 2 / 12],
    ["noise", 6 / 12],
  ]);
  for (const { share, columnShare } of noisy.energy!) assertAlmostEquals(share, columnShare, 1e-12);
});

Deno.test("energy is a teacher's by its place, whatever it was called when its run was done", () => {
  const cell: MadeUpCell = { method: "aft", betas: [3], made: () => both(0.6) };
  const { comparison, records } = madeUp([cell]);
  const [{ key }] = comparison.cells[0].final;
  const rename = (name: string) => ({ one: "first", two: "one" })[name] ?? name;
  const renamed = new Map([...records].map(([key, record]) => {
    const text = JSON.stringify(record, (at, value) => at === "name" ? rename(value) : value);
    return [key, JSON.parse(text) as typeof record];
  }));
  assertNotEquals(renamed.get(key), records.get(key));
  assertEquals(rowsOf(comparison, renamed)[0].energy, rowsOf(comparison, records)[0].energy);
});

Deno.test("the linear probe of a setting's teachers stands in its rows, whatever the noise", () => {
  const runs = [{ key: "p0", seed: 0 }, { key: "p1", seed: 1 }];
  const probes = [{ trainSize: 100, teachers: ["one", "two"], runs }];
  const noisy: MadeUpCell = { ...stl, setting: { noise: 8 } };
  const other: MadeUpCell = { ...stl, setting: { teachers: ["one"] } };
  const { comparison, records } = madeUp([stl, noisy, other], { changes: { probes } });
  const found = new Map([["p0", 0.7], ["p1", 0.8]].map(([key, accuracy]) => [
    key as string,
    { key: key as string, test: { accuracy: accuracy as number, loss: 1 } },
  ]));
  const values = rowsOf(comparison, records, found).map(({ probe }) => probe);
  assertEquals([values[0], values[1], values[2]], [0.75, 0.75, null]);
  assertEquals(rowsOf(comparison, records)[0].probe, null);
});

Deno.test("a teacher with a comma in its name is not taken for two", () => {
  const probe = (key: string, teachers: string[]) => {
    return { trainSize: 100, teachers, runs: [{ key, seed: 0 }] };
  };
  const probes = [probe("both", ["one", "two"]), probe("single", ["one,two"])];
  const { comparison, records } = madeUp([
    ...[stl, { ...stl, setting: { teachers: ["one,two"] } }],
  ], { changes: { probes } });
  const found = new Map(
    Object.entries({ both: 0.7, single: 0.8 }).map(([key, accuracy]) => [
      key,
      { key, test: { accuracy, loss: 1 } },
    ]),
  );
  assertEquals(rowsOf(comparison, records, found).map(({ probe }) => probe), [0.7, 0.8]);
});

Deno.test("values have the coefficient of determination in place of the accuracy", () => {
  const { comparison, records } = madeUp([stl], { changes: { task: "regression" } });
  const values = new Map([...records].map(([key, record]) => {
    const test = { loss: 4, mae: 1, r2: 0.75 };
    return [key, { ...record, result: { test, seconds: 1, device: "" } }];
  }));
  const [row] = rowsOf(comparison, values);
  assertEquals([row.accuracyMean, row.lossMean], [0.75, 4]);
});

Deno.test("the CSV has one head, empty cells for null and quotes where they are needed", () => {
  const kd: MadeUpCell = { method: 'kd:x="a,b"', betas: [3], made: () => both(0.75) };
  const { comparison, records } = madeUp([{ ...stl, made: () => both(0.5) }, kd], { seeds: [0] });
  assertEquals(
    toCsv(rowsOf(comparison, records)),
    "method,trainSize,noise,teachers,seeds,beta,accuracyMean,accuracySd,diffMean,diffLow,diffHigh," +
      "signs,signsAgainst,normalisedError,lossMean,lossSd,probe,seconds\n" +
      "stl,100,0,one+two,1,,0.5,,,,,,,1,1,,,2\n" +
      '"kd:x=""a,b""",100,0,one+two,1,3,0.75,,0.25,,,1,0,0.5,0.5,,,2\n',
  );
});
