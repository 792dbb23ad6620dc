/** What methods do to the rows of a batch before they compare them. */

import {
  add,
  cast,
  div,
  lessEqual,
  matmul,
  maximum,
  mean,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Variable,
  where,
} from "../../gpu/mod.ts";

import { ShapeError } from "../../gpu/errors.ts";
import type { MethodBatch } from "./method.ts";

/** Guards the division by a length in AFT's code. */
export const LENGTH_GUARD = 1e-8;
/** Shortest length that rows are divided by where methods take the larger of the two. */
const SHORTEST = 1e-12;

/** Features as f32, whatever they are stored as. */
export function computed(x: Tensor): Tensor {
  return x.dtype === "f32" ? x : cast(x, "f32");
}

/** Square root with slope 0 where x is 0 (or below, by rounding), so that no gradient is NaN. */
export function safeRoot(x: Tensor): Tensor {
  const empty = lessEqual(x, 0);
  return where(empty, 0, sqrt(where(empty, 1, x)));
}

/** Columns less their means over the batch: `[B, d]` -> `[B, d]`. */
export function centred(x: Tensor): Tensor {
  return sub(x, mean(x, { axes: 0, keepDims: true }));
}

/** Lengths of rows, `[B, 1]`; the slope at length 0 is 0. */
function lengths(x: Tensor): Tensor {
  return safeRoot(sum(square(x), { axes: 1, keepDims: true }));
}

/** x / (||x|| + guard) for each row. */
export function guardedRows(x: Tensor, guard: number = LENGTH_GUARD): Tensor {
  return div(x, add(lengths(x), guard));
}

/** x / max(||x||, 1e-12) for each row. */
export function unitRows(x: Tensor): Tensor {
  return div(x, maximum(lengths(x), SHORTEST));
}

/** Places of a batch's rows among the training rows, for methods that keep something of each. */
export function placesOf({ positions }: MethodBatch): Tensor {
  if (positions !== undefined) return positions;
  throw new ShapeError(
    "Cannot tell the rows of a batch apart: it does not say their places among the training rows",
  );
}

/** Products of all pairs of rows: `[B, d]` -> `[B, B]`. */
export function gram(rows: Tensor): Tensor {
  return matmul(rows, rows, { transposeB: true });
}

/** Variables under a common name: `{ weight }` -> `{ "map.weight" }`. */
export function named(
  prefix: string,
  variables: Record<string, Variable>,
): Record<string, Variable> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`${prefix}.${name}`, value]),
  );
}
