import { assertEquals, assertThrows } from "@std/assert";
import {
  matrix,
  times,
  transposed,
  transposeTimes,
} from "../../../../aft/rank/linear_algebra/matrix.ts";
import { ShapeError } from "../../../../gpu/errors.ts";
import { assertClose, product, randomMatrix, tableOf, transpose } from "../plain.ts";

Deno.test("matrix() refuses numbers that are no rows and columns", () => {
  assertThrows(() => matrix(2, 3, [1, 2]), ShapeError, "Cannot make a matrix [2, 3] of 2 numbers");
  assertThrows(() => matrix(0, 3, []), ShapeError, "[0, 3]");
});

Deno.test("transposes and products with a few columns agree with plain sums", () => {
  for (const [rows, columns, others] of [[1, 1, 1], [5, 3, 2], [40, 70, 3]]) {
    const [a, b, c] = [[rows, columns], [columns, others], [rows, others]].map(
      ([n, m], i) => randomMatrix(n, m, i),
    );
    assertEquals(tableOf(transposed(a)), transpose(tableOf(a)));
    assertClose(times(a, b).values, product(tableOf(a), tableOf(b)).flat(), 1e-12);
    const expected = product(transpose(tableOf(a)), tableOf(c)).flat();
    assertClose(transposeTimes(a, c).values, expected, 1e-12);
  }
});
