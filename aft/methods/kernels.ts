/** Kernels over the rows of a batch, all from the products of rows. */

import {
  add,
  arange,
  cast,
  div,
  equal,
  exp,
  greaterEqual,
  lessEqual,
  max,
  maximum,
  mul,
  neg,
  pow,
  reshape,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from "../../gpu/mod.ts";
import type { KernelName, MethodOptions } from "./options.ts";
import { safeRoot } from "./rows.ts";

/** A kernel: products of all pairs of rows, `[B, B]` -> likeness of the rows, `[B, B]`. */
export type Kernel = (products: Tensor, options: Required<MethodOptions>) => Tensor;

/** Kernels by name; `none` is no kernel and has no entry. */
export const kernels: Readonly<Record<Exclude<KernelName, "none">, Kernel>> = {
  linear: (products) => products,
  rbf: (products, { bandwidth }) => {
    const squares = squaredDistances(products);
    return exp(neg(div(squares, widthOf(squares, bandwidth))));
  },
  laplace: (products, { bandwidth }) => {
    const distances = safeRoot(squaredDistances(products));
    return exp(neg(div(distances, widthOf(distances, bandwidth))));
  },
  poly: (products, { degree }) => pow(add(products, 1), degree),
};

/** True on the diagonal of a `[count, count]` matrix. */
export function diagonal(count: number): Tensor {
  const places = arange(count, "i32");
  return equal(reshape(places, [count, 1]), places);
}

/** The diagonal of a square matrix, `[B, B]` -> `[B]`. */
export function diagonalOf(x: Tensor): Tensor {
  return sum(where(diagonal(x.shape[0]), x, 0), { axes: 1 });
}

/** Squared distances of all pairs of rows, from their products; exactly 0 of a row to itself. */
export function squaredDistances(products: Tensor): Tensor {
  const [rows] = products.shape;
  const squares = diagonalOf(products);
  const distances = sub(add(reshape(squares, [rows, 1]), squares), mul(products, 2));
  return where(diagonal(rows), 0, maximum(distances, 0)); // rounding may go below 0
}

/** The bandwidth itself, or for 0 the median of the distances between different rows. */
function widthOf(distances: Tensor, bandwidth: number): Tensor | number {
  if (bandwidth > 0) return bandwidth;
  const middle = stopGradient(medianApart(distances));
  return where(lessEqual(middle, 0), 1, middle); // equal rows: any width gives the same
}

/** Intervals that each round of the search for a median tells apart. */
const INTERVALS = 64;
/** Rounds: the median is found to 1 / 64^3 of the largest distance. */
const ROUNDS = 3;

/**
 * Median (the lower of the middle two) of the entries off the diagonal. By counting how many lie
 * below 64 bounds, three times over: no sort, three reductions.
 */
export function medianApart(distances: Tensor): Tensor {
  const [rows] = distances.shape;
  const half = Math.ceil(rows * (rows - 1) / 2);
  const apart = reshape(where(diagonal(rows), Infinity, distances), [1, rows * rows]);
  let width = max(distances);
  let low = mul(width, 0);
  for (let round = 0; round < ROUNDS; round++) {
    width = mul(width, 1 / INTERVALS);
    const bounds = add(low, mul(width, add(arange(INTERVALS), 1))); // upper ends of the intervals
    const below = sum(cast(lessEqual(apart, reshape(bounds, [INTERVALS, 1])), "f32"), { axes: 1 });
    const skipped = sum(cast(greaterEqual(half - 0.5, below), "f32"));
    const last = where(lessEqual(skipped, INTERVALS - 1), skipped, INTERVALS - 1);
    low = add(low, mul(width, last));
  }
  return add(low, width);
}
