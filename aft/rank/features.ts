/** Teachers' cached features as matrices, with labels. */

import { statistics } from "../data/normalise.ts";
import { numbersOf } from "../data/numbers.ts";
import type { FeatureSplit } from "../data/types.ts";
import { ShapeError } from "../../gpu/errors.ts";
import type { Scale } from "../training/scaling.ts";
import { type Matrix, matrix, zeroMatrix } from "./linear_algebra/matrix.ts";
import { areClasses, type Labels } from "./targets.ts";

/** Rows of features, each with its label. */
export interface LabelledFeatures {
  /** `[n, d]`. */
  readonly features: Matrix;
  /** `n` class numbers, or values in one or more columns. */
  readonly labels: Labels;
}

/**
 * Takes rows of cached features as a matrix, several teachers side by side.
 *
 * @param splits One split of each teacher, all with the same rows.
 * @param rows Numbers of the rows; default all.
 * @returns `[rows, columns of all teachers]` in float64.
 * @throws {ShapeError} If there is no teacher, numbers of rows differ, or a row does not exist.
 *
 * @example
 * ```ts
 * import { featureMatrix } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const a = { rows: 2, columns: 2, values: Float32Array.of(1, 2, 3, 4), dtype: "f32" as const };
 * const b = { rows: 2, columns: 1, values: Float32Array.of(5, 6), dtype: "f32" as const };
 * assertEquals([...featureMatrix([a, b], [1]).values], [3, 4, 6]);
 * ```
 */
export function featureMatrix(
  splits: readonly FeatureSplit[],
  rows?: ArrayLike<number>,
): Matrix {
  const total = splits.reduce((sum, { columns }) => sum + columns, 0);
  const counts = new Set(splits.map((split) => split.rows));
  if (counts.size !== 1) {
    throw new ShapeError(
      `Cannot put features of ${splits.length} teachers side by side: their numbers of rows are ` +
        ([...counts].join(" and ") || "none"),
    );
  }
  const [count] = counts;
  const numbers = rows ?? Array.from({ length: count }, (_, row) => row);
  const result = zeroMatrix(numbers.length, total);
  let start = 0;
  for (const split of splits) {
    copyRows(split, numbers, result, start);
    start += split.columns;
  }
  return result;
}

function copyRows(
  split: FeatureSplit,
  rows: ArrayLike<number>,
  target: Matrix,
  start: number,
): void {
  const { rows: count, columns } = split;
  const numbers = numbersOf(split);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!(row < count)) throw new ShapeError(`Cannot take row ${row}: there are ${count} rows`);
    const part = numbers.subarray(row * columns, (row + 1) * columns);
    target.values.set(part, i * target.columns + start);
  }
}

/**
 * Picks the labels of rows.
 *
 * @param labels One label for each row.
 * @param rows Numbers of the rows.
 * @returns Their labels, of the same type.
 */
export function pickLabels<L extends Labels>(labels: L, rows: ArrayLike<number>): L {
  const Kind = labels.constructor as new (values: ArrayLike<number>) => L;
  return new Kind(Array.from(rows, (row) => labels[row]));
}

/** Some rows with their labels, of which a row may have several values. */
export function labelledRows(
  { features, labels }: LabelledFeatures,
  rows: ArrayLike<number>,
): LabelledFeatures {
  const width = labels.length / features.rows;
  const picked = areClasses(labels)
    ? pickLabels(labels, rows)
    : rowsOf(matrix(features.rows, width, labels), rows).values;
  return { features: rowsOf(features, rows), labels: picked };
}

/** Mean and deviation of every column; the deviation of a constant column is 1. */
export function scaleOf({ rows, columns, values }: Matrix): Scale {
  const all = Array.from({ length: rows }, (_, row) => row);
  const { mean, deviation } = statistics(values, all, columns, columns);
  return { mean, deviation };
}

/** Features with the mean of every column taken away, divided by its deviation. */
export function scaled({ rows, columns, values }: Matrix, { mean, deviation }: Scale): Matrix {
  const result = zeroMatrix(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      result.values[at] = (values[at] - mean[j]) / deviation[j];
    }
  }
  return result;
}

/** Features with the mean of every column taken away. */
export function centred(features: Matrix): Matrix {
  const { mean } = scaleOf(features);
  return scaled(features, { mean, deviation: mean.map(() => 1) });
}

/** Some rows of a matrix. */
export function rowsOf({ columns, values }: Matrix, rows: ArrayLike<number>): Matrix {
  const result = zeroMatrix(rows.length, columns);
  for (let i = 0; i < rows.length; i++) {
    const row = values.subarray(rows[i] * columns, (rows[i] + 1) * columns);
    result.values.set(row, i * columns);
  }
  return result;
}
