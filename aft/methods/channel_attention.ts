/** How much each of the student's columns matters for the labels, as weights. */

import { scaled, scaleOf } from "../rank/features.ts";
import { type Matrix, matrix } from "../rank/linear_algebra/matrix.ts";
import { type LinearProbe, linearProbe, probeOutputs } from "../rank/probe.ts";
import { crossEntropyOf } from "../score.ts";
import type { Preparation } from "./preparation.ts";

/** Rows that columns are judged by, at most: the first ones, which were drawn at random. */
const MOST_ROWS = 4096;
/** Deviations of the rise in loss that the weight of a column grows e-fold with. */
const TEMPERATURE = 5;

/**
 * Weights of columns: dPhi softmax(r / 5), where r, at mean 0 and deviation 1 over columns, is how far
 * the task loss of a linear head on these features rises when a column is set to 0. The head is a
 * probe whose strength of L2 every fifth row chooses. This is the attention of DELTA (Li et al. 2019;
 * that r is standardised and divided by 5 is from its authors' code).
 *
 * @param features Features of all rows, `[rows, dPhi]`, row-major.
 * @param rows The training rows in use.
 * @returns One weight per column, mean 1; all alike where no column matters more than another, and
 * for fewer than two rows.
 */
export function channelAttention(
  features: Float32Array<ArrayBuffer>,
  { rows, labels, classes }: Preparation,
): Float32Array<ArrayBuffer> {
  const columns = features.length / rows;
  if (rows < 2) return new Float32Array(columns).fill(1);
  const count = Math.min(rows, MOST_ROWS);
  const x = matrix(count, columns, features.subarray(0, count * columns));
  const targets = labels.slice(0, count);
  const head = linearProbe({ features: x, labels: targets }, classes > 0 ? { classes } : {});
  const losses = lossesWithout(x, targets, head);
  const raised = scaled(losses, scaleOf(losses)).values.map((rise) => Math.exp(rise / TEMPERATURE));
  const mean = raised.reduce((a, b) => a + b, 0) / columns;
  return Float32Array.from(raised, (value) => value / mean);
}

/** The head's loss with each column at 0, `[dPhi, 1]`. */
function lossesWithout(x: Matrix, labels: ArrayLike<number>, head: LinearProbe): Matrix {
  const outputs = probeOutputs(head, x);
  const { weights, scale } = head;
  const losses = new Float64Array(x.columns);
  const without = new Float64Array(outputs.columns);
  const lossOf = labels instanceof Int32Array ? crossEntropyOf : squaredError;
  for (let row = 0; row < x.rows; row++) {
    for (let column = 0; column < x.columns; column++) {
      const part = x.values[row * x.columns + column] / scale.deviation[column];
      for (let o = 0; o < without.length; o++) {
        without[o] = outputs.values[row * without.length + o] -
          weights.values[o * x.columns + column] * part;
      }
      losses[column] += lossOf(without, labels[row]) / x.rows;
    }
  }
  return matrix(x.columns, 1, losses);
}

function squaredError([value]: Float64Array, label: number): number {
  return (value - label) ** 2;
}
