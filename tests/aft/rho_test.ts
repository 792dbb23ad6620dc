import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { energyShares, explainRho, explainScales, RHO_BINS } from "../../aft/rho.ts";
import type { ScaleSummary } from "../../aft/rho.ts";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";

const one = (columns: number) => [{ name: "only", columns }];

/** Everything in a summary that must not change when rho is multiplied by a constant. */
function scaleFree(summary: ScaleSummary): number[] {
  return [
    summary.energyShare,
    summary.columnsFor90,
    summary.participationRatio,
    summary.effectiveDimension,
    summary.hoyer,
  ];
}

/** Seeded numbers in (0, 1), so that a failure can be repeated. */
function numbers(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  });
}

Deno.test("energy shares are rho squared times variance over their sum", () => {
  const shares = energyShares([1, 0.5, 0.5], [1, 4, 8]);
  [0.25, 0.25, 0.5].forEach((share, i) => assertAlmostEquals(shares[i], share, 1e-15));
});

Deno.test("scales are read as s: rho is their sigmoid", () => {
  const { overall } = explainScales(
    new Float32Array([0, Math.log(3), -Math.log(3)]),
    [1, 1, 1],
    one(3),
  );
  assertAlmostEquals(overall.rho.min, 0.25, 1e-7);
  assertAlmostEquals(overall.rho.median, 0.5, 1e-7);
  assertAlmostEquals(overall.rho.max, 0.75, 1e-7);
});

Deno.test("equal columns spread the energy over all of them", () => {
  const { overall } = explainRho(
    new Float64Array(10).fill(0.5),
    new Float32Array(10).fill(2),
    one(10),
  );
  assertAlmostEquals(overall.energyShare, 1, 1e-15);
  assertEquals(overall.columnsFor90, 9);
  assertAlmostEquals(overall.participationRatio, 10, 1e-12);
  assertAlmostEquals(overall.effectiveDimension, 10, 1e-12);
  assertAlmostEquals(overall.hoyer, 0, 1e-12);
});

Deno.test("one loud column holds the energy alone", () => {
  const { overall } = explainRho([0, 0.7, 0, 0], [1, 1, 1, 1], one(4));
  assertEquals(scaleFree(overall), [1, 1, 1, 1, 1]);
});

Deno.test("the measures agree with their formulas on uneven columns", () => {
  const rho = numbers(37, 5);
  const variances = numbers(37, 11);
  const energies = [...rho].map((r, i) => r * r * variances[i]);
  const total = energies.reduce((a, b) => a + b);
  const p = energies.map((e) => e / total);
  const descending = p.toSorted((a, b) => b - a);
  let columns = 0;
  for (let held = 0; held < 0.9; columns++) held += descending[columns];
  const l1 = rho.reduce((a, b) => a + b);
  const l2 = Math.hypot(...rho);
  const { overall } = explainRho(rho, variances, one(37));
  assertEquals(overall.columnsFor90, columns);
  assertAlmostEquals(overall.participationRatio, 1 / p.reduce((a, e) => a + e * e, 0), 1e-10);
  assertAlmostEquals(
    overall.effectiveDimension,
    Math.exp(-p.reduce((a, e) => a + e * Math.log(e), 0)),
    1e-10,
  );
  assertAlmostEquals(overall.hoyer, (Math.sqrt(37) - l1 / l2) / (Math.sqrt(37) - 1), 1e-12);
});

Deno.test("multiplying rho by a constant changes none of the scale-free numbers", () => {
  const rho = numbers(60, 3);
  const variances = numbers(60, 7);
  const teachers = [{ name: "a", columns: 20 }, { name: "b", columns: 40 }];
  const before = explainRho(rho, variances, teachers);
  for (const factor of [0.5, 1e-3, 1e-180]) {
    const after = explainRho(rho.map((r) => r * factor), variances, teachers);
    const pairs = [[before.overall, after.overall]].concat(
      before.teachers.map((teacher, i) => [teacher, after.teachers[i]]),
    );
    for (const [a, b] of pairs) {
      scaleFree(a).forEach((value, i) => assertAlmostEquals(scaleFree(b)[i], value, 1e-9));
    }
    assertAlmostEquals(after.overall.rho.max, before.overall.rho.max * factor, 1e-12);
  }
});

Deno.test("each teacher is measured on its own columns", () => {
  const report = explainRho([0.5, 0.5, 0.5, 1], [1, 1, 1, 1], [
    { name: "three", columns: 3 },
    { name: "one", columns: 1 },
  ]);
  const [three, last] = report.teachers;
  assertEquals([three.name, last.name], ["three", "one"]);
  assertAlmostEquals(three.energyShare, 0.75 / 1.75, 1e-15);
  assertAlmostEquals(last.energyShare, 1 / 1.75, 1e-15);
  assertAlmostEquals(three.participationRatio, 3, 1e-12);
  assertEquals(last.participationRatio, 1);
  assertEquals(report.overall.columns, 4);
});

Deno.test("the histogram has twenty bins over [0, 1] and counts every column once", () => {
  const rho = [0, 0.049, 0.05, 0.5, 0.999, 1, 1.4];
  const { histogram } = explainRho(rho, rho.map(() => 1), one(7)).overall;
  assertEquals(histogram.length, RHO_BINS);
  assertEquals([histogram[0], histogram[1], histogram[10], histogram[19]], [2, 1, 1, 3]);
  assertEquals(histogram.reduce((a, b) => a + b), 7);
});

Deno.test("nothing to measure gives zeros, never NaN", () => {
  const cases = {
    "no variance": explainRho([0.5, 0.5], [0, 0], one(2)),
    "rho 0": explainRho([0, 0], [1, 1], one(2)),
    "one column": explainRho([0.3], [2], one(1)),
    "one column without variance": explainRho([0.3], [0], one(1)),
    "no columns": explainRho([], [], []),
    "a teacher without columns": explainRho([0.5], [1], [...one(1), { name: "none", columns: 0 }]),
    "a silent teacher": explainRho([0.5, 0.5], [1, 0], [...one(1), { name: "off", columns: 1 }]),
    "saturated scales": explainScales(new Float32Array([-3e38, 3e38]), [1, 1], one(2)),
  };
  for (const [name, report] of Object.entries(cases)) {
    for (const summary of [report.overall, ...report.teachers]) {
      const values = [...scaleFree(summary), ...Object.values(summary.rho), ...summary.histogram];
      assert(values.every(Number.isFinite), `${name}: ${values}`);
    }
  }
  assertEquals(scaleFree(cases["no variance"].overall).slice(0, 4), [0, 0, 0, 0]);
  assertEquals(scaleFree(cases["one column"].overall), [1, 1, 1, 1, 0]);
  assertEquals(scaleFree(cases["a silent teacher"].teachers[1]), [0, 0, 0, 0, 0]);
  assertEquals(scaleFree(cases["saturated scales"].overall), [1, 1, 1, 1, 1]);
});

Deno.test("a report survives JSON", () => {
  const report = explainRho(numbers(8, 1), numbers(8, 2), one(8));
  assertEquals(JSON.parse(JSON.stringify(report)), report);
});

Deno.test("lengths that differ and values out of range are refused with both numbers", () => {
  assertThrows(
    () => explainRho([0.5, 0.5, 0.5], [1, 1], one(2)),
    ShapeError,
    "Cannot explain 3 scales: there are 2 variances and 2 columns of teachers",
  );
  assertThrows(
    () => explainRho([0.5, 0.5], [1, 1], one(3)),
    ShapeError,
    "Cannot explain 2 scales: there are 2 variances and 3 columns of teachers",
  );
  assertThrows(
    () => explainRho([0.5, 0.5], [1, -2], one(2)),
    ConfigError,
    "variance of column 1 is -2, expected a finite number of at least 0",
  );
  assertThrows(
    () => explainScales(new Float32Array([NaN]), [1], one(1)),
    ConfigError,
    "rho of column 0 is NaN",
  );
});
