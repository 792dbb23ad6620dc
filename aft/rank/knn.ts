/** k nearest neighbours: what rows with like features say. */

import { type RegressionScore, scoreOutputs } from "../score.ts";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import type { LabelledFeatures } from "./features.ts";
import { timesTransposed } from "./linear_algebra/gram.ts";
import type { Matrix } from "./linear_algebra/matrix.ts";
import { areClasses, checkRows } from "./targets.ts";

/** Options of {@linkcode knn}. */
export interface KnnOptions {
  /** How many neighbours are asked, from 1; default 10. All training rows where they are fewer. */
  readonly neighbours?: number;
}

/**
 * Answers each validation row by the training rows whose features point in the most similar
 * direction (cosine): by the most frequent class, where two are as frequent by that of the nearest
 * among their rows, or by the mean of their values.
 *
 * @param rows Training rows; values must be one a row.
 * @param validation Rows to be answered.
 * @param options How many neighbours.
 * @returns Accuracy from 0 to 1; for values the coefficient of determination, at most 1.
 * @throws {ShapeError} If numbers of columns differ, or rows have no label.
 * @throws {ConfigError} If a feature or label is not finite or no class, or neighbours are not
 * from 1.
 *
 * @example
 * ```ts
 * import { knn, matrix } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const train = { features: matrix(2, 2, [1, 0, 0, 1]), labels: Int32Array.of(0, 1) };
 * const validation = { features: matrix(2, 2, [3, 1, 1, 2]), labels: Int32Array.of(0, 1) };
 * assertEquals(knn(train, validation, { neighbours: 1 }), 1);
 * ```
 */
export function knn(
  rows: LabelledFeatures,
  validation: LabelledFeatures,
  { neighbours = 10 }: KnnOptions = {},
): number {
  for (const { features, labels } of [rows, validation]) checkRows(features, labels);
  if (rows.features.columns !== validation.features.columns) {
    throw new ShapeError(
      `Cannot look for neighbours of rows with ${validation.features.columns} columns among rows ` +
        `with ${rows.features.columns}`,
    );
  }
  if (!Number.isInteger(neighbours) || neighbours < 1) {
    throw new ConfigError(
      `Cannot ask ${neighbours} neighbours: neighbours must be an integer from 1`,
      { field: "neighbours", value: neighbours },
    );
  }
  const cosines = timesTransposed(directions(validation.features), directions(rows.features));
  const nearest = nearestRows(cosines, Math.min(neighbours, cosines.columns));
  const isVote = areClasses(rows.labels);
  const answers = nearest.map((near) => {
    const labels = near.map((row) => rows.labels[row]);
    return isVote ? mostFrequent(labels) : labels.reduce((a, b) => a + b) / labels.length;
  });
  return isVote ? accuracy(answers, validation.labels) : r2(answers, validation.labels);
}

/** Rows of length 1; a row of zeros stays as it is, and is like no other. */
function directions({ rows, columns, values }: Matrix): Matrix {
  const result = values.slice();
  for (let row = 0; row < rows; row++) {
    const one = result.subarray(row * columns, (row + 1) * columns);
    const norm = Math.sqrt(one.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0) one.forEach((value, j) => one[j] = value / norm);
  }
  return { rows, columns, values: result };
}

/** Numbers of the most similar rows, the nearest first; of equal ones the first. */
function nearestRows({ rows, columns, values }: Matrix, count: number): number[][] {
  return Array.from({ length: rows }, (_, row) => {
    return largestPlaces(values.subarray(row * columns, (row + 1) * columns), count);
  });
}

/** Places of the largest values, found in one pass: sorting all of them takes longer than they do. */
function largestPlaces(values: Float64Array, count: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const isFull = places.length === count;
    if (isFull && !(values[i] > values[places[count - 1]])) continue;
    if (isFull) places.pop();
    let at = places.length;
    while (at > 0 && values[i] > values[places[at - 1]]) at--;
    places.splice(at, 0, i);
  }
  return places;
}

function mostFrequent(labels: readonly number[]): number {
  const counts = new Map<number, number>(); // in the order of the nearest
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].reduce((best, one) => one[1] > best[1] ? one : best)[0];
}

function accuracy(answers: readonly number[], labels: ArrayLike<number>): number {
  return answers.filter((answer, i) => answer === labels[i]).length / answers.length;
}

function r2(answers: readonly number[], labels: ArrayLike<number>): number {
  const { score } = scoreOutputs(answers, labels, { task: "regression", classes: [] });
  return (score as RegressionScore).r2;
}
