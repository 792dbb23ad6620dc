import { assertAlmostEquals, assertThrows } from "@std/assert";
import { logDeterminant } from "../../../../aft/rank/linear_algebra/cholesky.ts";
import { matrix } from "../../../../aft/rank/linear_algebra/matrix.ts";
import { ConfigError } from "../../../../gpu/errors.ts";
import { invert, product, randomMatrix, shifted, tableOf, transpose } from "../plain.ts";

Deno.test("the determinant agrees with elimination, and a matrix without one is refused", () => {
  const a = tableOf(randomMatrix(13, 13, 12));
  const positive = shifted(product(a, transpose(a)), 0.1);
  const found = logDeterminant(matrix(13, 13, positive.flat()));
  assertAlmostEquals(found, invert(positive).logDeterminant, 1e-10);
  assertThrows(() => logDeterminant(matrix(2, 2, [1, 2, 2, 1])), ConfigError, "pivot 1 is -3");
});
