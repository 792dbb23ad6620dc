import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { knn } from "../../../aft/rank/knn.ts";
import { type Matrix, matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { ConfigError, ShapeError } from "../../../gpu/errors.ts";
import { classTask, dot, mean, randomMatrix, sum, type Table, tableOf } from "./plain.ts";

/** Rows by falling cosine, by sorting all of them. */
function byCosine(row: number[], rows: Table): number[] {
  const cosines = rows.map((other) => dot(row, other) / Math.hypot(...row) / Math.hypot(...other));
  return rows.map((_, i) => i).sort((a, b) => cosines[b] - cosines[a]);
}

Deno.test("kNN agrees with sorting all rows by their cosine, for classes and for values", () => {
  const [train, validation] = [classTask(30, 5, 8), classTask(20, 5, 9)];
  const rows = tableOf(train.features);
  const near = (k: number) =>
    tableOf(validation.features).map((row) => byCosine(row, rows).slice(0, k));
  const right = near(7).filter((found, i) => {
    const votes = found.map((row) => train.labels[row]);
    const count = (label: number) => votes.filter((vote) => vote === label).length;
    const most = Math.max(...votes.map(count));
    return votes.find((vote) => count(vote) === most) === validation.labels[i];
  });
  assertEquals(knn(train, validation, { neighbours: 7 }), right.length / 20);
  const [y, z] = [randomMatrix(30, 1, 10).values, randomMatrix(20, 1, 11).values];
  const errors = near(10).map((found, i) => z[i] - mean(found.map((row) => y[row])));
  const spread = sum([...z].map((value) => (value - mean([...z])) ** 2));
  const expected = 1 - sum(errors.map((error) => error ** 2)) / spread;
  const values = (features: Matrix, labels: Float64Array<ArrayBuffer>) => ({ features, labels });
  assertAlmostEquals(
    knn(values(train.features, y), values(validation.features, z)),
    expected,
    1e-12,
  );
});

Deno.test("kNN asks all rows where they are fewer than the neighbours, and takes rows of zeros", () => {
  const train = { features: matrix(3, 1, [1, 1, 0]), labels: Int32Array.of(1, 1, 0) };
  assertEquals(knn(train, { features: matrix(1, 1, [0]), labels: Int32Array.of(1) }), 1);
});

Deno.test("neighbours below 1 and rows with other columns are refused", () => {
  const rows = classTask(10, 3, 13);
  assertThrows(() => knn(rows, rows, { neighbours: 0 }), ConfigError, "Cannot ask 0 neighbours");
  assertThrows(() => knn(rows, classTask(10, 4, 14)), ShapeError, "4 columns among rows with 3");
});
