/** Means and deviations that a run takes from its training rows, and what they do to tensors. */

import { mul, sub, type Tensor, tensor } from "../../gpu/mod.ts";
import type { DataShape } from "../data/types.ts";

/** What brings numbers to mean 0 and variance 1. */
export interface Scale {
  /** One mean for each channel or column. */
  readonly mean: readonly number[];
  /** One deviation for each, never 0. */
  readonly deviation: readonly number[];
}

/** A scale of teacher columns, with the variances that explain learned scales. */
export interface TeacherScale extends Scale {
  /** Variance of each column as it was cached. */
  readonly variance: readonly number[];
}

/** Statistics over the training rows in use, as a checkpoint keeps them. */
export interface Scaling {
  /**
   * Of the inputs: per channel of images, per column of tables. Those of token ids tell data apart
   * and scale nothing.
   */
  readonly inputs: Scale;
  /** Of the labels of regression, which are learned at mean 0 and variance 1. */
  readonly labels?: Scale;
  /** Of the teachers' columns, side by side; used on them only where they are standardised. */
  readonly teacher?: TeacherScale;
}

/**
 * What a scale does to a batch, on the device.
 *
 * @param scale Means and deviations.
 * @param shape Shape that spreads them over a row.
 * @returns A function from `[batch, ...]` to the same shape: (x - mean) / deviation.
 */
export function scaler(scale: Scale, shape: readonly number[]): (x: Tensor) => Tensor {
  const mean = tensor(Float32Array.from(scale.mean), { shape });
  const inverse = tensor(Float32Array.from(scale.deviation, (d) => 1 / d), { shape });
  return (x) => mul(sub(x, mean), inverse);
}

/**
 * The {@linkcode scaler} of inputs: channels stand before the pixels, columns at the end; token ids
 * stay as they are.
 */
export function inputScaler(
  { inputs }: Scaling,
  { layout, inputShape }: DataShape,
): (x: Tensor) => Tensor {
  if (layout === "tokens") return (ids) => ids;
  const shape = layout === "image" ? inputShape.map((size, i) => i === 0 ? size : 1) : inputShape;
  return scaler(inputs, shape);
}
