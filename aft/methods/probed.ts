/** What linear probes of the teachers say of the training rows. */

import { crossFit } from "../rank/cross_fit.ts";
import type { Matrix } from "../rank/linear_algebra/matrix.ts";
import { linearProbe, probeOutputs } from "../rank/probe.ts";
import type { Preparation } from "./preparation.ts";
import { teacherMatrices } from "./teacher_columns.ts";

/**
 * Outputs of a probe per teacher.
 *
 * @param rows The training rows in use.
 * @param blocks Columns of each teacher.
 * @param folds Parts that the rows are dealt into, so that no probe is asked for rows it was fitted
 * to; with 1 the probe of all rows is asked for all.
 * @returns Of each teacher the logits of all classes, or values, `[rows, outputs]`.
 */
export function probedOutputs(
  rows: Preparation,
  blocks: readonly number[],
  folds: number,
): Matrix[] {
  const classes = rows.classes > 0 ? { classes: rows.classes } : {};
  return teacherMatrices(rows, blocks).map((features) => {
    const labelled = { features, labels: rows.labels };
    if (folds > 1) return crossFit(labelled, { folds, seed: rows.seed, ...classes }).outputs;
    return probeOutputs(linearProbe(labelled, classes), features);
  });
}
