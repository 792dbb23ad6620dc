import { columnGram, rowGram, timesTransposed } from "../../../../aft/rank/linear_algebra/gram.ts";
import { assertClose, product, randomMatrix, tableOf, transpose } from "../plain.ts";

Deno.test("Gram matrices of rows and columns agree with plain sums at every size", () => {
  for (const [rows, columns] of [[1, 1], [2, 3], [3, 2], [5, 7], [66, 9], [9, 131], [4, 513]]) {
    const a = randomMatrix(rows, columns, rows);
    const table = tableOf(a);
    assertClose(rowGram(a).values, product(table, transpose(table)).flat(), 1e-12);
    assertClose(columnGram(a).values, product(transpose(table), table).flat(), 1e-12);
  }
});

Deno.test("products of rows agree with plain sums at every size", () => {
  for (const [rows, others, columns] of [[1, 1, 1], [3, 5, 2], [2, 4, 9], [7, 10, 33]]) {
    const [a, b] = [randomMatrix(rows, columns, 1), randomMatrix(others, columns, 2)];
    const expected = product(tableOf(a), transpose(tableOf(b))).flat();
    assertClose(timesTransposed(a, b).values, expected, 1e-12);
  }
});
