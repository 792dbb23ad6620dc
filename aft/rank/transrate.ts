/** TransRate: how many more bits all features need than those of one class. */

import { ConfigError } from "../../gpu/errors.ts";
import { centred, rowsOf } from "./features.ts";
import { logDeterminant } from "./linear_algebra/cholesky.ts";
import type { Matrix } from "./linear_algebra/matrix.ts";
import { smallGram } from "./spectrum.ts";
import { checkRows, classRows } from "./targets.ts";

/** Options of {@linkcode transRate}. */
export interface TransRateOptions {
  /** Allowed distortion, above 0; default 1e-4. It is in units of the features' squares. */
  readonly distortion?: number;
}

/**
 * TransRate (Huang et al., ICML 2022): `R(f) - mean over classes of R(f_c)`, with the coding rate
 * `R = 1/2 log det(I + f^T f / (n eps))` of centred features in nats.
 *
 * @param features `[n, d]`.
 * @param labels Class of each row; classes without rows do not count.
 * @param options Distortion.
 * @returns Nats; larger is better.
 * @throws {ShapeError} If rows have no label.
 * @throws {ConfigError} If a feature is not finite, a label below 0 or the distortion not above 0.
 *
 * @example
 * ```ts
 * import { matrix, transRate } from "@aft/aft/aft";
 * import { assert } from "@std/assert";
 *
 * // Each class lies along an axis of its own, or both lie along both.
 * const features = matrix(4, 2, [1, 0, -1, 0, 0, 1, 0, -1]);
 * const apart = transRate(features, Int32Array.of(0, 0, 1, 1));
 * const mixed = transRate(features, Int32Array.of(0, 1, 0, 1));
 * assert(apart > 3 && Math.abs(mixed) < 1e-9);
 * ```
 */
export function transRate(
  features: Matrix,
  labels: Int32Array<ArrayBuffer>,
  options: TransRateOptions = {},
): number {
  checkRows(features, labels);
  return transRateOfCentred(centred(features), labels, options);
}

/**
 * {@linkcode transRate} for centred features.
 *
 * @param x Centred features `[n, d]`.
 * @param labels Class of each row.
 * @param options Distortion, and the squared singular values of all features where they are known.
 * @returns As {@linkcode transRate}.
 */
export function transRateOfCentred(
  x: Matrix,
  labels: Int32Array<ArrayBuffer>,
  { distortion = 1e-4, squares }: TransRateOptions & { squares?: Float64Array } = {},
): number {
  if (!(distortion > 0)) {
    throw new ConfigError(
      `Cannot take a coding rate with distortion ${distortion}: it must be above 0`,
      { field: "distortion", value: distortion },
    );
  }
  const whole = squares
    ? squares.reduce((sum, s2) => sum + Math.log1p(s2 / (x.rows * distortion)), 0) / 2
    : codingRate(x, distortion);
  const parts = [...classRows(labels).values()].map((rows) =>
    codingRate(rowsOf(x, rows), distortion)
  );
  return whole - parts.reduce((a, b) => a + b) / parts.length;
}

function codingRate(x: Matrix, distortion: number): number {
  const gram = smallGram(x);
  const factor = 1 / (x.rows * distortion);
  gram.values.forEach((value, at) => gram.values[at] = value * factor);
  for (let i = 0; i < gram.rows; i++) gram.values[i * gram.rows + i] += 1;
  return logDeterminant(gram) / 2;
}
