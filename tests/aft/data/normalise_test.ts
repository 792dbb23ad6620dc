import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { readDataset } from "../../../aft/data/dataset.ts";
import { columnStatistics, inputStatistics } from "../../../aft/data/normalise.ts";
import type { Split } from "../../../aft/data/types.ts";
import { ShapeError } from "../../../gpu/errors.ts";
import { DATA, WITHOUT_DATA } from "./shared.ts";

function split(inputs: Split["inputs"], rows: number): Split {
  return { rows, inputs, labels: new Int32Array(rows), labelled: true };
}

Deno.test("tables have a mean and deviation for each column, over the rows in use alone", () => {
  const table = split(Float32Array.of(1, 10, 999, 999, 3, 30, 5, 20), 4);
  const { mean, variance, deviation } = inputStatistics(table, [0, 2, 3], "table", [2]);
  assertEquals(mean, [3, 20]);
  assertAlmostEquals(variance[0], 8 / 3, 1e-15);
  assertAlmostEquals(variance[1], 200 / 3, 1e-13);
  assertAlmostEquals(deviation[0], Math.sqrt(8 / 3), 1e-15);
});

Deno.test("images have a mean and deviation for each channel, over all pixels", () => {
  const images = split(Uint8Array.of(0, 255, 7, 7, 10, 20, 1, 2, 100, 100, 100, 100), 3);
  const { mean, variance } = inputStatistics(images, [0, 1], "image", [2, 1, 2]);
  assertEquals(mean, [(0 + 255 + 10 + 20) / 4, (7 + 7 + 1 + 2) / 4]);
  const second = [7, 7, 1, 2].reduce((sum, v) => sum + (v - 4.25) ** 2, 0) / 4;
  assertAlmostEquals(variance[1], second, 1e-13);
});

Deno.test("a column of equal values has variance 0 and deviation 1, whatever the rounding", () => {
  // The mean of 0.1 (as float32) over 1,000 rows is off by a rounding in float64.
  const table = split(new Float32Array(2000).fill(0.1), 1000);
  const rows = Array.from({ length: 1000 }, (_, i) => i);
  const { variance, deviation } = inputStatistics(table, rows, "table", [2]);
  assertEquals([variance, deviation], [[0, 0], [1, 1]]);
});

Deno.test("a small spread on a large offset is not lost", () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => 1e6 + (i % 2));
  const rows = Array.from({ length: 1000 }, (_, i) => i);
  const { mean, deviation } = inputStatistics(split(values, 1000), rows, "table", [1]);
  assertEquals([mean, deviation], [[1e6 + 0.5], [0.5]]);
});

Deno.test("features in half precision have the statistics of the same numbers in single", () => {
  const numbers = [1, -2, 0.5, 4, 3, 6];
  const single = { rows: 3, columns: 2, values: Float32Array.from(numbers), dtype: "f32" as const };
  const bits = new Uint16Array(Float16Array.from(numbers).buffer);
  const half = { rows: 3, columns: 2, values: bits, dtype: "f16" as const };
  assertEquals(columnStatistics(half, [0, 2]), columnStatistics(single, [0, 2]));
  assertEquals(columnStatistics(half, [0, 2]).mean, [2, 2]);
});

Deno.test("no rows, and rows that do not exist, are refused", () => {
  const table = split(Float32Array.of(1, 2), 2);
  assertThrows(
    () => inputStatistics(table, [], "table", [1]),
    ShapeError,
    "Cannot take statistics of inputs: no row is in use",
  );
  assertThrows(
    () => inputStatistics(table, [0, 2], "table", [1]),
    ShapeError,
    "Cannot take statistics of inputs: row 2 is not among 2",
  );
});

Deno.test({
  name: "the real CIFAR-10 has about the means and deviations that are known of it",
  ignore: WITHOUT_DATA,
  fn: async () => {
    const { splits: { train }, layout, inputShape } = await readDataset(`${DATA}/cifar10`);
    const rows = Array.from({ length: train.rows }, (_, i) => i);
    const { mean, deviation } = inputStatistics(train, rows, layout, inputShape);
    // Of all 50,000 images: 0.4914, 0.4822, 0.4465 and 0.2470, 0.2435, 0.2616 of 255.
    [0.4914, 0.4822, 0.4465].forEach((m, i) => assertAlmostEquals(mean[i] / 255, m, 0.01));
    [0.2470, 0.2435, 0.2616].forEach((d, i) => assertAlmostEquals(deviation[i] / 255, d, 0.01));
  },
});
