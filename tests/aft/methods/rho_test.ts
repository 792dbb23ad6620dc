/** Scales that do not follow gradients alone: in closed form, and from what columns say of labels. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { aft } from "../../../aft/methods/aft.ts";
import { relevantScales } from "../../../aft/methods/relevance.ts";
import { hostArray } from "../../nn/support.ts";
import {
  centred,
  dot,
  lossOf,
  type Matrix,
  matrixOf,
  mean,
  rowsOf,
  sigmoid,
  sum,
  transposed,
} from "./support.ts";

/** Weights w = rho^2 >= 0 that descent on ||K - sum_i w_i psi_i psi_i^T||_F^2 ends at, in float64. */
function descended(phi: Matrix, psi: Matrix): number[] {
  const [columns, student] = [transposed(centred(psi)), transposed(centred(phi))];
  const g = columns.map((a) => columns.map((b) => dot(a, b) ** 2));
  const b = columns.map((a) => sum(student.map((f) => dot(f, a) ** 2)));
  let rho = columns.map(() => 0.5);
  for (let step = 0; step < 100_000; step++) {
    const weights = rho.map((r) => r * r);
    rho = rho.map((r, i) => r - 2e-3 * r * (dot(g[i], weights) - b[i]));
  }
  return rho.map((r) => r * r);
}

const [PHI, PSI] = [matrixOf(hostArray([12, 3], 1)), matrixOf(hostArray([12, 4], 2))];
const NEAREST = descended(PHI, PSI);

function closed() {
  return aft.create({ features: 3, teacher: 4, seed: 1 }, { rho: "closed" })!;
}

/** Weights after many batches of the same rows. */
async function settled(method: ReturnType<typeof closed>): Promise<ArrayLike<number>> {
  for (let batch = 0; batch < 150; batch++) await lossOf(method, PHI, PSI);
  return await method.constants.weight.data();
}

function assertNearest(weights: ArrayLike<number>): void {
  NEAREST.forEach((w, i) => assertAlmostEquals(weights[i], w, 1e-3, `weight ${i}`));
}

Deno.test("rho in closed form is the minimum that descent finds", async () => {
  const method = closed();
  assertNearest(await settled(method));
  assertEquals(Object.keys(method.parameters), []);
});

Deno.test("a column that is constant at first still comes to its weight", async () => {
  const method = closed();
  const still = PSI.map(([, ...others]) => [0, ...others]);
  for (let batch = 0; batch < 3; batch++) await lossOf(method, PHI, still);
  assertEquals((await method.constants.weight.data())[0], 0);
  assertNearest(await settled(method));
});

Deno.test("a column that student features do not follow at first still comes to its weight", async () => {
  const method = closed();
  const apart = PSI.map(([, ...others], row) => [row < 2 ? 1 - 2 * row : 0, ...others]);
  const alike = PHI.map((row, i) => i === 1 ? PHI[0] : row);
  for (let batch = 0; batch < 3; batch++) await lossOf(method, alike, apart);
  const [first, ...others] = await method.constants.weight.data();
  assert(first > 0 && first < 1e-11 * Math.max(...others), `${first}`);
  assertNearest(await settled(method));
});

Deno.test("student features that are constant at first hold no column down", async () => {
  const method = closed();
  await lossOf(method, PHI.map((row) => row.map(() => 0)), PSI);
  assertNearest(await settled(method));
});

Deno.test("a batch without any variation leaves the closed form finite", async () => {
  const method = closed();
  assert(Number.isFinite(await lossOf(method, PHI.slice(0, 1), PSI.slice(0, 1))));
  assertEquals([...await method.constants.weight.data()], [0, 0, 0, 0]);
  assertNearest(await settled(method));
});

/** Rows of three classes: a column that tells them apart, one that does not, one that does a little. */
function columnsOfThree(): { psi: Matrix; classes: number[] } {
  const psi = matrixOf(hostArray([30, 3], 4)).map(([a, b, c], row) => {
    return [a + 3 * (row % 3), b + 100, c + 0.5 * (row % 3)];
  });
  return { psi, classes: psi.map((_, row) => row % 3) };
}

/** What lies above chance, over the largest, in [0.001, 0.999]. */
function assertRelevance(scales: ArrayLike<number>, above: readonly number[]): void {
  const largest = Math.max(...above);
  above.forEach((value, i) => {
    const wanted = Math.min(0.999, Math.max(0.001, value / largest));
    assertAlmostEquals(sigmoid(scales[i]), wanted, 1e-5, `column ${i}`);
  });
}

const spread = (column: readonly number[]) => sum(column.map((v) => (v - mean(column)) ** 2));

Deno.test("rho starts at the adjusted correlation ratio of a column with the classes", () => {
  const { psi, classes } = columnsOfThree();
  const chance = 2 / 29;
  const above = transposed(psi).map((column) => {
    const between = [0, 1, 2].map((group) => {
      const own = column.filter((_, row) => classes[row] === group);
      return own.length * (mean(own) - mean(column)) ** 2;
    });
    return Math.max(0, (sum(between) / spread(column) - chance) / (1 - chance));
  });
  assertRelevance(relevantScales(rowsOf(psi, classes, { classes: 3 })), above);
  assert(above[0] > above[2] && above[2] > above[1]);
});

Deno.test("rho starts at the adjusted squared correlation of a column with values", () => {
  const { psi, classes } = columnsOfThree();
  const values = classes.map((group, row) => 2 * group + Math.sin(row));
  const off = (column: readonly number[]) => column.map((v) => v - mean(column));
  const above = transposed(psi).map((column) => {
    const along = dot(off(column), off(values)) ** 2 / (spread(column) * spread(values));
    return Math.max(0, (along - 1 / 29) / (1 - 1 / 29));
  });
  assertRelevance(relevantScales(rowsOf(psi, values)), above);
});

Deno.test("columns that say nothing all start alike", () => {
  const psi = [[1, 5], [1, 5], [1, 5], [1, 5]];
  assertEquals([...relevantScales(rowsOf(psi, [0, 1, 0, 1], { classes: 2 }))], [0, 0]);
});
