/** LFC: whether rows with like labels have like features. */

import { centred } from "./features.ts";
import { type Matrix, transposeTimes, zeroMatrix } from "./linear_algebra/matrix.ts";
import { columnGram } from "./linear_algebra/gram.ts";
import { smallGram } from "./spectrum.ts";
import { areClasses, checkRows, type Labels, targetsOf } from "./targets.ts";

/**
 * Label-feature correlation (Deshpande et al., 2021): the correlation, over all pairs of rows, of
 * the features' inner products with those of the labels. Labels of classes count 1 for two rows of
 * one class and 0 for others; values count by the product of their distances from the mean.
 *
 * @param features `[n, d]`, as they are.
 * @param labels Class numbers, or values in one or more columns.
 * @returns From -1 to 1, larger is better; 0 where features or labels do not vary.
 * @throws {ShapeError} If rows have no label.
 * @throws {ConfigError} If a feature or value is not finite, or a class number is below 0.
 *
 * @example
 * ```ts
 * import { lfc, matrix } from "@aft/aft/aft";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // Inner products are 1 within the classes and 0 between them.
 * const features = matrix(3, 2, [1, 0, 1, 0, 0, 1]);
 * assertAlmostEquals(lfc(features, Int32Array.of(0, 0, 1)), 1, 1e-12);
 * ```
 */
export function lfc(features: Matrix, labels: Labels): number {
  checkRows(features, labels);
  return lfcOfSquares(features, labels, squaredNorm(smallGram(features)));
}

/**
 * {@linkcode lfc} where the sum of all squared inner products is known. Neither matrix of pairs is
 * made: sums over pairs of rows are sums over columns.
 *
 * @param features `[n, d]`.
 * @param labels Class numbers, or values.
 * @param featureSquares Sum of the fourth powers of the singular values.
 * @returns As {@linkcode lfc}.
 */
export function lfcOfSquares(features: Matrix, labels: Labels, featureSquares: number): number {
  const { rows } = features;
  const y = areClasses(labels) ? targetsOf(labels, rows) : centred(targetsOf(labels, rows));
  const ones = { ...zeroMatrix(rows, 1), values: new Float64Array(rows).fill(1) };
  const pairs = rows * rows;
  const featureSum = squaredNorm(transposeTimes(features, ones));
  const labelSum = squaredNorm(transposeTimes(y, ones));
  const common = squaredNorm(transposeTimes(features, y)) - featureSum * labelSum / pairs;
  const features2 = featureSquares - featureSum ** 2 / pairs;
  const labels2 = squaredNorm(columnGram(y)) - labelSum ** 2 / pairs;
  // What is left of equal numbers is rounding.
  const varies = features2 > 1e-14 * featureSquares && labels2 > 1e-14 * pairs;
  return varies ? common / Math.sqrt(features2 * labels2) : 0;
}

function squaredNorm({ values }: Matrix): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
