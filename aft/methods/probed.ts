/** What linear probes of the teachers say of the training rows. */

import type { WorkStep } from "../bit_by_bit.ts";
import { crossFitSteps } from "../rank/cross_fit.ts";
import type { LabelledFeatures } from "../rank/features.ts";
import type { Matrix } from "../rank/linear_algebra/matrix.ts";
import { probeOutputs, probeSteps, STRENGTHS } from "../rank/probe.ts";
import type { Preparation } from "./preparation.ts";
import { teacherMatrices } from "./teacher_columns.ts";

/**
 * Outputs of a probe per teacher, fit by fit.
 *
 * @param rows The training rows in use.
 * @param blocks Columns of each teacher.
 * @param folds Parts that the rows are dealt into, so that no probe is asked for rows it was fitted
 * to; with 1 the probe of all rows is asked for all.
 * @returns How far it is; at last, of each teacher the logits of all classes, or values,
 * `[rows, outputs]`.
 * @throws {ShapeError} If there are fewer than two rows.
 * @throws {ConfigError} If a feature is not finite.
 */
export function* probedOutputs(
  rows: Preparation,
  blocks: readonly number[],
  folds: number,
): Generator<WorkStep, Matrix[]> {
  const outputs: Matrix[] = [];
  for (const features of teacherMatrices(rows, blocks)) {
    const fits = outputsOf({ features, labels: rows.labels }, rows, folds);
    let fit = fits.next();
    for (; !fit.done; fit = fits.next()) {
      const { done, of } = fit.value;
      yield { done: outputs.length * of + done, of: blocks.length * of };
    }
    outputs.push(fit.value);
  }
  return outputs;
}

/** The fits of one teacher. */
function* outputsOf(
  labelled: LabelledFeatures,
  { classes, seed }: Preparation,
  folds: number,
): Generator<WorkStep, Matrix> {
  const known = classes > 0 ? { classes } : {};
  if (folds > 1) return (yield* crossFitSteps(labelled, { folds, seed, ...known })).outputs;
  const fits = probeSteps(labelled, known);
  let fit = fits.next();
  for (let done = 1; !fit.done; fit = fits.next()) yield { done: done++, of: STRENGTHS.length };
  return probeOutputs(fit.value, labelled.features);
}
