/** One set of outputs from those of several teachers. */

import { crossEntropyOf, probabilities, rowOf } from "../score.ts";
import { entropyOf } from "../statistics.ts";
import type { Matrix } from "../rank/linear_algebra/matrix.ts";
import type { EnsembleName } from "./options.ts";
import type { Preparation } from "./preparation.ts";

/** How unsure a teacher is of a row, given its outputs and the row's label. */
type Doubt = (outputs: readonly number[], label: number, classes: number) => number;

/** Doubts by the ensemble that weighs by them; the mean weighs all alike. */
const doubts: Readonly<Record<EnsembleName, Doubt>> = {
  mean: () => 0,
  entropy: (outputs, _, classes) => classes === 0 ? 0 : entropyOf(probabilities(outputs)),
  confidence: (outputs, label, classes) =>
    classes === 0 ? (outputs[0] - label) ** 2 : crossEntropyOf(outputs, label),
};

/**
 * The weighted mean of outputs, row by row. Of K teachers, k has the weight
 * (1 - softmax(doubt)_k) / (K - 1): its doubt is the cross-entropy with the row's label for
 * `confidence` (of values the squared error), the entropy of its answer for `entropy` (values have
 * none and are averaged).
 *
 * @param outputs Of each teacher, `[rows, outputs]`.
 * @param rows The training rows in use.
 * @param ensemble How teachers are weighed.
 * @returns `[rows, outputs]`, row-major.
 */
export function ensembleOf(
  outputs: readonly Matrix[],
  { labels, classes }: Pick<Preparation, "labels" | "classes">,
  ensemble: EnsembleName,
): Float32Array<ArrayBuffer> {
  const [{ rows, columns }] = outputs;
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const said = outputs.map(({ values }) => rowOf(values, row, columns));
    const doubt = said.map((one) => doubts[ensemble](one, labels[row], classes));
    const weights = weightsOf(doubt);
    for (let c = 0; c < columns; c++) {
      result[row * columns + c] = said.reduce((sum, one, k) => sum + weights[k] * one[c], 0);
    }
  }
  return result;
}

function weightsOf(doubt: readonly number[]): number[] {
  if (doubt.length === 1) return [1];
  return probabilities(doubt).map((share) => (1 - share) / (doubt.length - 1));
}
