/** Means and deviations of the rows in use, for bringing inputs and features to one scale. */

import { ShapeError } from "../../gpu/errors.ts";
import { numbersOf } from "./numbers.ts";
import type { FeatureSplit, InputLayout, Split } from "./types.ts";

/** One mean, deviation and variance for each channel or column. */
export interface Statistics {
  /** Mean over the rows (and pixels). */
  mean: number[];
  /** Root of the variance; 1 where all values are equal, so that dividing by it is harmless. */
  deviation: number[];
  /** Mean squared distance from the mean (divided by the number of values, not by one less). */
  variance: number[];
}

/**
 * Statistics of inputs: for each channel of images, for each column of tables. Sums are taken in
 * float64, in two passes, in the order of `rows`.
 *
 * @param split Where the rows are.
 * @param rows Numbers of the rows in use, one or more.
 * @param layout Pixels in channels, or columns.
 * @param inputShape Extents of one row, channels first.
 * @returns One entry for each channel, or for each column; pixels stored as bytes count 0 to 255.
 * @throws {ShapeError} If there is no row, or a row number is not in the split.
 *
 * @example
 * ```ts
 * import { inputStatistics } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const split = {
 *   rows: 3,
 *   inputs: Float32Array.of(1, 7, 3, 7, 100, 100),
 *   labels: new Int32Array(3),
 *   labelled: true,
 * };
 * const { mean, deviation } = inputStatistics(split, [0, 1], "table", [2]);
 * assertEquals([mean, deviation], [[2, 7], [1, 1]]);
 * ```
 */
export function inputStatistics(
  split: Split,
  rows: ArrayLike<number>,
  layout: InputLayout,
  inputShape: readonly number[],
): Statistics {
  const size = inputShape.reduce((a, b) => a * b, 1);
  const groups = layout === "image" ? inputShape[0] : size;
  checkRows(rows, split.rows, "inputs");
  return statistics(split.inputs, rows, size, groups);
}

/**
 * Statistics of a teacher's columns over the rows in use.
 *
 * @param features Cached features, in single or half precision.
 * @param rows Numbers of the rows in use, one or more.
 * @returns One entry for each column.
 * @throws {ShapeError} If there is no row, or a row number is not among the features.
 *
 * @example
 * ```ts
 * import { columnStatistics } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const values = Float32Array.of(0, 5, 4, 5);
 * const features = { rows: 2, columns: 2, values, dtype: "f32" as const };
 * assertEquals(columnStatistics(features, [0, 1]).variance, [4, 0]);
 * ```
 */
export function columnStatistics(features: FeatureSplit, rows: ArrayLike<number>): Statistics {
  checkRows(rows, features.rows, "features");
  const { columns } = features;
  return statistics(numbersOf(features), rows, columns, columns);
}

function checkRows(rows: ArrayLike<number>, count: number, what: string): void {
  if (rows.length === 0) {
    throw new ShapeError(`Cannot take statistics of ${what}: no row is in use`);
  }
  for (let i = 0; i < rows.length; i++) {
    if (!(rows[i] < count)) {
      throw new ShapeError(
        `Cannot take statistics of ${what}: row ${rows[i]} is not among ${count}`,
      );
    }
  }
}

/** A row is `groups` stretches of equal length: channels of many pixels, or columns of one number. */
export function statistics(
  values: ArrayLike<number>,
  rows: ArrayLike<number>,
  size: number,
  groups: number,
): Statistics {
  const length = size / groups;
  const mean = new Float64Array(groups);
  const variance = new Float64Array(groups);
  const varies = new Uint8Array(groups);
  for (let i = 0; i < rows.length; i++) {
    for (let group = 0, at = rows[i] * size; group < groups; group++) {
      for (const end = at + length; at < end; at++) mean[group] += values[at];
    }
  }
  for (let group = 0; group < groups; group++) mean[group] /= rows.length * length;
  for (let i = 0; i < rows.length; i++) {
    for (let group = 0, at = rows[i] * size; group < groups; group++) {
      const first = values[rows[0] * size + group * length];
      for (const end = at + length; at < end; at++) {
        variance[group] += (values[at] - mean[group]) ** 2;
        if (values[at] !== first) varies[group] = 1;
      }
    }
  }
  for (let group = 0; group < groups; group++) {
    // Equal values can have a mean that is off by a rounding, and so a variance that is not quite 0.
    variance[group] = varies[group] ? variance[group] / (rows.length * length) : 0;
  }
  const deviation = Array.from(variance, (value) => value === 0 ? 1 : Math.sqrt(value));
  return { mean: [...mean], variance: [...variance], deviation };
}
