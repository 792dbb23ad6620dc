import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { eigenOf } from "../../../../aft/rank/linear_algebra/eigen.ts";
import { columnGram, rowGram } from "../../../../aft/rank/linear_algebra/gram.ts";
import { type Matrix, matrix, transposed } from "../../../../aft/rank/linear_algebra/matrix.ts";
import { Tridiagonal } from "../../../../aft/rank/linear_algebra/tridiagonal.ts";
import { ConfigError, ShapeError } from "../../../../gpu/errors.ts";
import { dot, eigenvalues, product, randomMatrix, tableOf, transpose } from "../plain.ts";
import { invert, shifted, type Table } from "../plain.ts";

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) assertAlmostEquals(actual[i], expected[i], tolerance);
}

function column(table: Table, c: number): number[] {
  return table.map((row) => row[c]);
}

Deno.test("Gram matrices of rows and columns agree with plain sums at every size", () => {
  for (const [rows, columns] of [[1, 1], [2, 3], [3, 2], [5, 7], [66, 9], [9, 131], [4, 513]]) {
    const a = randomMatrix(rows, columns, rows);
    const table = tableOf(a);
    assertClose(rowGram(a).values, product(table, transpose(table)).flat(), 1e-12);
    assertClose(columnGram(a).values, product(transpose(table), table).flat(), 1e-12);
  }
});

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

Deno.test("shifted systems agree with elimination", () => {
  const a = columnGram(randomMatrix(9, 14, 6)); // rank 9 of 14
  const vectors = randomMatrix(5, 14, 7); // four at once, and one alone
  const tridiagonal = new Tridiagonal({ ...a, values: a.values.slice() });
  const shifts = [0.5, 3, 1, 2, 0.1];
  const solved = tridiagonal.rotateOut(tridiagonal.solve(tridiagonal.rotateIn(vectors), shifts));
  shifts.forEach((shift, c) => {
    const { inverse } = invert(shifted(tableOf(a), shift));
    const expected = inverse.map((row) => dot(row, tableOf(vectors)[c]));
    assertClose(tableOf(solved)[c], expected, 1e-10);
  });
});

Deno.test("numbers whose squares overflow are refused", () => {
  const huge = columnGram(matrix(2, 2, [1e200, 1, 1, 1e200]));
  assertThrows(
    () => eigenOf(new Tridiagonal(huge), matrix(2, 1, [1, 1])),
    ConfigError,
    "too large for float64",
  );
});

Deno.test("matrix() refuses numbers that are no rows and columns", () => {
  assertThrows(() => matrix(2, 3, [1, 2]), ShapeError, "Cannot make a matrix [2, 3] of 2 numbers");
  assertThrows(() => matrix(0, 3, []), ShapeError, "[0, 3]");
});
