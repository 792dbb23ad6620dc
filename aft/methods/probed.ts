/** What linear probes of the teachers say of the training rows. */

import { aMoment } from "../moment.ts";
import { type CrossFit, type CrossFitOptions, crossFitSteps } from "../rank/cross_fit.ts";
import type { LabelledFeatures } from "../rank/features.ts";
import type { Matrix } from "../rank/linear_algebra/matrix.ts";
import { linearProbe, probeOutputs } from "../rank/probe.ts";
import type { Preparation, PreparationStep } from "./preparation.ts";
import { teacherMatrices } from "./teacher_columns.ts";

/** A cross-fit that says how far it is, and lets events in between its fits. */
export async function* crossFitted(
  rows: LabelledFeatures,
  options: CrossFitOptions,
): AsyncGenerator<PreparationStep, CrossFit> {
  const steps = crossFitSteps(rows, options);
  let step = steps.next();
  while (!step.done) {
    yield step.value;
    await aMoment();
    step = steps.next();
  }
  return step.value;
}

/**
 * Outputs of a probe per teacher.
 *
 * @param rows The training rows in use.
 * @param blocks Columns of each teacher.
 * @param folds Parts that the rows are dealt into, so that no probe is asked for rows it was fitted
 * to; with 1 the probe of all rows is asked for all.
 * @returns How far it is; at last, of each teacher the logits of all classes, or values,
 * `[rows, outputs]`.
 */
export async function* probedOutputs(
  rows: Preparation,
  blocks: readonly number[],
  folds: number,
): AsyncGenerator<PreparationStep, Matrix[]> {
  const classes = rows.classes > 0 ? { classes: rows.classes } : {};
  const teachers = teacherMatrices(rows, blocks);
  const outputs: Matrix[] = [];
  for (const features of teachers) {
    const labelled = { features, labels: rows.labels };
    if (folds > 1) {
      const steps = crossFitted(labelled, { folds, seed: rows.seed, ...classes });
      outputs.push((yield* among(steps, outputs.length, teachers.length)).outputs);
    } else {
      outputs.push(probeOutputs(linearProbe(labelled, classes), features));
      yield { done: outputs.length, of: teachers.length };
      await aMoment();
    }
  }
  return outputs;
}

/** Steps of one work out of several alike, of which `before` are done. */
async function* among<T>(
  steps: AsyncGenerator<PreparationStep, T>,
  before: number,
  count: number,
): AsyncGenerator<PreparationStep, T> {
  let step = await steps.next();
  while (!step.done) {
    const { done, of } = step.value;
    yield { done: before * of + done, of: count * of };
    step = await steps.next();
  }
  return step.value;
}
