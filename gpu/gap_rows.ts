/** The rows of the similarity gap in plain ops: centred over the batch, and brought to length 1. */

import { add, div, equal, sub, where } from "./ops/binary.ts";
import { sum } from "./ops/reduce.ts";
import { mean } from "./ops/statistics.ts";
import { sqrt, square } from "./ops/unary.ts";
import type { Tensor } from "./tensor.ts";

/** Guards the division by a row's length. */
export const LENGTH_GUARD = 1e-8;

/** Rows of one side. */
export interface UnitRows {
  /** `[B, d]`, of length 1, or 0 where a row is the mean of all. */
  readonly rows: Tensor;
  /** Lengths before, `[B, 1]`. */
  readonly length: Tensor;
  /** Where that is 0: its derivative counts as 0 there. */
  readonly isEmpty: Tensor;
}

/** Centres and normalises `[B, d]`. */
export function unitRows(x: Tensor): UnitRows {
  const centred = sub(x, mean(x, { axes: 0, keepDims: true }));
  const squares = sum(square(centred), { axes: 1, keepDims: true });
  const isEmpty = equal(squares, 0);
  // Where a row is zero the root is kept away from it, which has no derivative there.
  const length = where(isEmpty, 0, sqrt(where(isEmpty, 1, squares)));
  return { rows: div(centred, add(length, LENGTH_GUARD)), length, isEmpty };
}
