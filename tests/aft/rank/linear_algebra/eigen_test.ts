import { assertAlmostEquals, assertThrows } from "@std/assert";
import { eigenOf } from "../../../../aft/rank/linear_algebra/eigen.ts";
import { columnGram, rowGram } from "../../../../aft/rank/linear_algebra/gram.ts";
import { type Matrix, matrix, transposed } from "../../../../aft/rank/linear_algebra/matrix.ts";
import { Tridiagonal } from "../../../../aft/rank/linear_algebra/tridiagonal.ts";
import { ConfigError } from "../../../../gpu/errors.ts";
import { assertClose, dot, eigenvalues, randomMatrix, type Table, tableOf } from "../plain.ts";

function column(table: Table, c: number): number[] {
  return table.map((row) => row[c]);
}

Deno.test("eigenvalues agree with Jacobi's rotations, also of matrices that lack rank", () => {
  const cases: Matrix[] = [
    columnGram(randomMatrix(30, 17, 1)),
    rowGram(randomMatrix(12, 5, 2)), // seven of twelve are 0
    matrix(3, 3, [2, 0, 0, 0, 2, 0, 0, 0, 2]),
    matrix(2, 2, [1, 2, 2, 1]),
    matrix(1, 1, [5]),
    matrix(4, 4, new Float64Array(16)),
  ];
  for (const a of cases) {
    const expected = eigenvalues(tableOf(a));
    const none = randomMatrix(a.rows, 1, 3);
    const { values } = eigenOf(new Tridiagonal({ ...a, values: a.values.slice() }), none);
    assertClose(values.toSorted(), expected, 1e-13 * Math.max(1, ...expected));
  }
});

Deno.test("coordinates hold what the matrix does to the vectors", () => {
  const a = columnGram(randomMatrix(40, 23, 4));
  const [table, vectors] = [tableOf(a), randomMatrix(23, 3, 5)];
  const tridiagonal = new Tridiagonal({ ...a, values: a.values.slice() });
  const { values, coordinates } = eigenOf(
    tridiagonal,
    transposed(tridiagonal.rotateIn(transposed(vectors))),
  );
  for (let c = 0; c < 3; c++) {
    const [v, x] = [column(tableOf(vectors), c), column(tableOf(coordinates), c)];
    let power = v;
    for (let k = 0; k <= 3; k++) { // v^T A^k v = sum of lambda^k x^2
      const expected = dot(v, power);
      const found = x.reduce((sum, value, i) => sum + values[i] ** k * value ** 2, 0);
      assertAlmostEquals(found / expected, 1, 1e-12);
      power = table.map((row) => dot(row, power));
    }
  }
});

Deno.test("numbers whose squares overflow are refused", () => {
  const huge = columnGram(matrix(2, 2, [1e200, 1, 1, 1e200]));
  assertThrows(
    () => eigenOf(new Tridiagonal(huge), matrix(2, 1, [1, 1])),
    ConfigError,
    "too large for float64",
  );
});
