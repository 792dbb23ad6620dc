/** How good answers are, in float64. */

import type { DataShape } from "./data/types.ts";

/** How good a classifier is. */
export interface ClassificationScore {
  /** Share of rows answered correctly, from 0 to 1. */
  readonly accuracy: number;
  /** Cross-entropy in nats, mean over the rows, without label smoothing. */
  readonly loss: number;
}

/** How good predicted values are, in units of the labels. */
export interface RegressionScore {
  /** Squared error, mean over the rows. */
  readonly loss: number;
  /** Absolute error, mean over the rows. */
  readonly mae: number;
  /** Coefficient of determination: 1 is perfect, 0 is the mean of the split's labels. */
  readonly r2: number;
}

/** How good a model is: of both kinds the task loss, named `loss`. */
export type Score = ClassificationScore | RegressionScore;

/** A model's answers to a split, beside the labels. */
export interface Evaluation {
  /** Number of rows. */
  readonly rows: number;
  /** How good they are. */
  readonly score: Score;
  /** Classification: rows by true class (rows) and answered class (columns). */
  readonly confusion?: readonly (readonly number[])[];
  /** Regression: label and predicted value of every row. */
  readonly predictions?: readonly { readonly true: number; readonly predicted: number }[];
}

/**
 * Scores what a model said, in float64.
 *
 * @param outputs Logits of all classes for each row, or one value for each row.
 * @param labels Class numbers, or values.
 * @param data Task and classes.
 * @returns Score, and confusion matrix or predictions.
 *
 * @example
 * ```ts
 * import { scoreOutputs } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const { score } = scoreOutputs([1, 4], [2, 4], { task: "regression", classes: [] });
 * assertEquals(score, { loss: 0.5, mae: 0.5, r2: 0.5 });
 * ```
 */
export function scoreOutputs(
  outputs: ArrayLike<number>,
  labels: ArrayLike<number>,
  data: Pick<DataShape, "task" | "classes">,
): Evaluation {
  return data.task === "classification"
    ? scoreClasses(outputs, labels, data.classes.length)
    : scoreValues(outputs, labels);
}

function scoreClasses(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): Evaluation {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let [loss, correct] = [0, 0];
  for (let row = 0; row < labels.length; row++) {
    const one = rowOf(logits, row, classes);
    const answer = largest(one);
    loss += crossEntropyOf(one, labels[row]);
    correct += answer === labels[row] ? 1 : 0;
    confusion[labels[row]][answer]++;
  }
  const rows = labels.length;
  return { rows, score: { accuracy: correct / rows, loss: loss / rows }, confusion };
}

function scoreValues(outputs: ArrayLike<number>, labels: ArrayLike<number>): Evaluation {
  const rows = labels.length;
  const predictions = Array.from(labels, (label, i) => ({ true: label, predicted: outputs[i] }));
  const mean = predictions.reduce((sum, { true: label }) => sum + label, 0) / rows;
  let [squares, distances, spread] = [0, 0, 0];
  for (const { true: label, predicted } of predictions) {
    squares += (predicted - label) ** 2;
    distances += Math.abs(predicted - label);
    spread += (label - mean) ** 2;
  }
  // Where all labels are equal only a perfect answer explains them.
  const r2 = spread > 0 ? 1 - squares / spread : squares === 0 ? 1 : 0;
  return { rows, score: { loss: squares / rows, mae: distances / rows, r2 }, predictions };
}

/** The logits of one row. */
export function rowOf(logits: ArrayLike<number>, row: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, i) => logits[row * classes + i]);
}

/** Place of the largest number, the first among equals. */
export function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => value > values[best] ? i : best, 0);
}

/** Softmax in float64. */
export function probabilities(logits: readonly number[]): number[] {
  const total = logSumExp(logits);
  return logits.map((logit) => Math.exp(logit - total));
}

/** Cross-entropy of one row's logits with its label, in nats. */
export function crossEntropyOf(logits: ArrayLike<number>, label: number): number {
  return logSumExp(logits) - logits[label];
}

function logSumExp(logits: ArrayLike<number>): number {
  let [top, sum] = [-Infinity, 0];
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i]);
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - top);
  return top + Math.log(sum);
}
