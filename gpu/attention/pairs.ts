/** Attention with the matrix of all pairs of a query and a key in memory. */

import { stopGradient } from "../grad.ts";
import { add, and, div, equal, lessEqual, mul, sub, where } from "../ops/binary.ts";
import { arange } from "../ops/create.ts";
import { matmul } from "../ops/product.ts";
import { max, sum } from "../ops/reduce.ts";
import { softmax } from "../ops/softmax.ts";
import { exp } from "../ops/unary.ts";
import { broadcastTo, reshape } from "../ops/view.ts";
import type { Shape } from "../shape.ts";
import { constant, type Tensor } from "../tensor.ts";

/** What an attention does with its pairs. */
export interface Setting {
  /** Factor of the scores, a number or a scalar. */
  readonly scale: Tensor;
  readonly causal: boolean;
  /** Keys that even the first query sees behind its own place, where `causal`; may be below 0. */
  readonly ahead: number;
  /** bool, four axes, of which some may have size 1. */
  readonly mask: Tensor | undefined;
}

/** Score of a pair that is not seen: its exponential is 0 beside that of any score that is. */
const UNSEEN = -Infinity;

/** Queries, keys and values `[batch, heads, rows, columns]`. */
export type Sides = readonly [q: Tensor, k: Tensor, v: Tensor];

/** Attention by two products with a softmax between them; `[batch, heads, queries, columns]`. */
export function attendInPairs([q, k, v]: Sides, setting: Setting): Tensor {
  const scores = mul(matmul(q, k, { transposeB: true }), setting.scale);
  const { causal, mask, ahead } = setting;
  if (!causal && !mask) return matmul(softmax(scores), v);
  const seen = seenPairs(scores.shape, setting);
  const shares = softmax(where(seen, scores, UNSEEN));
  // Where all keys are unseen shares are NaN, until they are taken out.
  const maybeBlind = mask !== undefined || ahead < 0;
  return matmul(maybeBlind ? where(seen, shares, 0) : shares, v);
}

/** The same composed from plain ops. */
export function attendFromOps([q, k, v]: Sides, setting: Setting): Tensor {
  const scores = mul(matmul(q, k, { transposeB: true }), setting.scale);
  const seen = seenPairs(scores.shape, setting);
  const row = { axes: -1, keepDims: true };
  const held = where(seen, scores, UNSEEN);
  const shares = where(seen, exp(sub(held, stopGradient(max(held, row)))), 0);
  const total = sum(shares, row);
  return matmul(div(shares, where(equal(total, 0), 1, total)), v);
}

/** Which query sees which key, bool of the scores' shape. */
function seenPairs(shape: Shape, { causal, mask, ahead }: Setting): Tensor {
  const [queries, keys] = shape.slice(-2);
  const places = reshape(add(arange(queries, "i32"), ahead), [queries, 1]);
  const last = causal ? places : constant(keys, "i32");
  const seen = lessEqual(arange(keys, "i32"), last);
  return broadcastTo(mask ? and(seen, mask) : seen, shape);
}
