/** Distances between two similarity matrices. */

import { add, div, mean, mul, sqrt, square, sub, sum, type Tensor } from "../../gpu/mod.ts";
import type { DistanceName } from "./options.ts";
import { safeRoot } from "./rows.ts";

/** Guards the root of the mean square; a perfect match has its root, 1e-4. */
const ROOT_GUARD = 1e-8;
/** Guards the division by the norms: where a similarity is zero nothing is aligned. */
const NORM_GUARD = 1e-12;

/** A distance of student and teacher similarities, `[B, B]` both, as a scalar. */
export type Distance = (student: Tensor, teacher: Tensor) => Tensor;

/** Distances by name. */
export const distances: Readonly<Record<DistanceName, Distance>> = {
  root: (k, t) => sqrt(add(mean(square(sub(k, t))), ROOT_GUARD)),
  squared: (k, t) => mean(square(sub(k, t))),
  cka: (k, t) => alignmentGap(doublyCentred(k), doublyCentred(t)),
};

/** 1 - <K, T> / (||K|| ||T||) of similarities that are centred; from 0 to 1 for kernels. */
export function alignmentGap(k: Tensor, t: Tensor): Tensor {
  const norms = mul(safeRoot(sum(square(k))), safeRoot(sum(square(t))));
  return sub(1, div(sum(mul(k, t)), add(norms, NORM_GUARD)));
}

/** H K H with H = I - 11^T/B: rows and columns less their means. */
export function doublyCentred(k: Tensor): Tensor {
  const columns = mean(k, { axes: 0, keepDims: true });
  const rows = mean(k, { axes: 1, keepDims: true });
  return add(sub(sub(k, columns), rows), mean(k));
}
