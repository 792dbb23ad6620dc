/** H-score: how much of the features' variance is between classes. */

import { ConfigError } from "../../gpu/errors.ts";
import { centred } from "./features.ts";
import { type Matrix, zeroMatrix } from "./linear_algebra/matrix.ts";
import { type Spectrum, spectrumOf } from "./spectrum.ts";
import { checkRows, classCount, classRows } from "./targets.ts";

/** Options of {@linkcode hscore}. */
export interface HscoreOptions {
  /**
   * Share of the covariance that is replaced by a multiple of the identity, from 0 to 1; default
   * the estimate of {@linkcode ledoitWolf}. 0 gives the plain H-score with a pseudo-inverse, which
   * says nothing where columns are as many as rows.
   */
  readonly shrinkage?: number;
}

/**
 * Regularised H-score (Bao et al., ICIP 2019; with shrinkage as in Ibrahim, Ponomareva and Mazumder,
 * ECML 2022): `tr(C^-1 (1 - a) cov(E[f | y]))` with `C = (1 - a) cov(f) + a tr(cov f)/d I`. Without
 * shrinkage it is `tr(pinv(cov f) cov(E[f | y]))`.
 *
 * @param features `[n, d]`.
 * @param labels Class of each row.
 * @param options Shrinkage.
 * @returns From 0 to the number of classes less one; larger is better.
 * @throws {ShapeError} If rows have no label.
 * @throws {ConfigError} If a feature is not finite, a label below 0 or shrinkage out of range.
 *
 * @example
 * ```ts
 * import { hscore, matrix } from "@aft/aft/aft";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // One column, half of whose variance is between the classes.
 * const features = matrix(4, 1, [-2, 0, 0, 2]);
 * assertAlmostEquals(hscore(features, Int32Array.of(0, 0, 1, 1), { shrinkage: 0 }), 0.5, 1e-12);
 * ```
 */
export function hscore(
  features: Matrix,
  labels: Int32Array<ArrayBuffer>,
  options: HscoreOptions = {},
): number {
  checkRows(features, labels);
  const x = centred(features);
  return hscoreOfSpectrum(x, spectrumOf(x, scaledClasses(labels)), options);
}

/**
 * {@linkcode hscore} for features that were taken apart already.
 *
 * @param x Centred features `[n, d]`.
 * @param spectrum Theirs, with {@linkcode scaledClasses}.
 * @param options Shrinkage.
 * @returns As {@linkcode hscore}.
 */
export function hscoreOfSpectrum(
  x: Matrix,
  { squares, coordinates }: Spectrum,
  { shrinkage = ledoitWolf(x, squares) }: HscoreOptions = {},
): number {
  if (!(shrinkage >= 0 && shrinkage <= 1)) {
    throw new ConfigError(
      `Cannot take an H-score with shrinkage ${shrinkage}: it must be a number from 0 to 1`,
      { field: "shrinkage", value: shrinkage },
    );
  }
  const identity = shrinkage * sum(squares) / x.columns;
  const least = largest(squares) * Number.EPSILON * Math.max(x.rows, x.columns);
  let score = 0;
  squares.forEach((s2, i) => {
    if (s2 <= least) return; // what features do not have is not between classes either
    const row = coordinates.values.subarray(i * coordinates.columns, (i + 1) * coordinates.columns);
    const between = s2 * row.reduce((total, value) => total + value ** 2, 0);
    score += (1 - shrinkage) * between / ((1 - shrinkage) * s2 + identity);
  });
  return score;
}

/** One column for each class: 1 over the root of its rows there, 0 elsewhere. */
export function scaledClasses(labels: Int32Array<ArrayBuffer>): Matrix {
  const targets = zeroMatrix(labels.length, classCount(labels));
  for (const [label, rows] of classRows(labels)) {
    for (const row of rows) {
      targets.values[row * targets.columns + label] = 1 / Math.sqrt(rows.length);
    }
  }
  return targets;
}

/**
 * Best shrinkage of a covariance toward a multiple of the identity (Ledoit and Wolf, Journal of
 * Multivariate Analysis 88, 2004, lemma 3.2 to 3.5).
 *
 * @param x Centred features `[n, d]`.
 * @param squares Their squared singular values.
 * @returns A share from 0 to 1.
 */
export function ledoitWolf({ rows, columns, values }: Matrix, squares: Float64Array): number {
  const mean = sum(squares) / (rows * columns);
  const norm = sum(squares.map((s2) => (s2 / rows) ** 2)); // of the covariance
  const distance = norm - columns * mean ** 2; // from the multiple of the identity
  let fourth = 0;
  for (let row = 0; row < rows; row++) {
    const one = values.subarray(row * columns, (row + 1) * columns);
    fourth += one.reduce((total, value) => total + value ** 2, 0) ** 2;
  }
  const error = (fourth / rows - norm) / rows; // of the covariance, as the rows show it
  return distance > 0 ? Math.min(1, Math.max(0, error / distance)) : 1;
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

function largest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
