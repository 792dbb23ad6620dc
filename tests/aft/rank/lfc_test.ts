import { assertAlmostEquals, assertEquals } from "@std/assert";
import { lfc } from "../../../aft/rank/lfc.ts";
import { matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { classTask, mean, product, randomMatrix, sum } from "./plain.ts";
import { type Table, tableOf, transpose } from "./plain.ts";

/** The correlation of two tables of pairs, entry by entry. */
function correlation(a: Table, b: Table): number {
  const [x, y] = [a.flat(), b.flat()];
  const [mx, my] = [mean(x), mean(y)];
  const products = sum(x.map((value, i) => (value - mx) * (y[i] - my)));
  const squares = (values: number[], m: number) => sum(values.map((value) => (value - m) ** 2));
  return products / Math.sqrt(squares(x, mx) * squares(y, my));
}

Deno.test("LFC agrees with a correlation over all pairs of rows, for classes and for values", () => {
  for (const [rows, columns] of [[25, 4], [9, 20]]) {
    const { features, labels } = classTask(rows, columns, 5);
    const pairs = product(tableOf(features), transpose(tableOf(features)));
    const same = [...labels].map((a) => [...labels].map((b) => a === b ? 1 : 0));
    assertAlmostEquals(lfc(features, labels), correlation(pairs, same), 1e-10);
    const values = randomMatrix(rows, 1, 6).values.map((value) => 50 + value);
    const m = mean([...values]);
    const products = [...values].map((a) => [...values].map((b) => (a - m) * (b - m)));
    assertAlmostEquals(lfc(features, values), correlation(pairs, products), 1e-9);
  }
});

Deno.test("LFC of features or labels that do not vary is 0", () => {
  const { features, labels } = classTask(10, 3, 7);
  assertEquals(lfc(features, new Int32Array(10)), 0);
  assertEquals(lfc(matrix(10, 1, new Float64Array(10).fill(2)), labels), 0);
});
