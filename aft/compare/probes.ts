/** Linear probes of the teachers: what their features alone say of the labels. */

import type { Teacher } from "../data/features.ts";
import { chooseRows } from "../data/split.ts";
import type { Dataset } from "../data/types.ts";
import { type Score, scoreOutputs } from "../evaluate.ts";
import { featureMatrix, pickLabels } from "../rank/features.ts";
import { linearProbe, probeOutputs } from "../rank/probe.ts";
import type { ProbeRows } from "./identity.ts";

/** A probe to be fitted. */
export interface ProbeSpec extends ProbeRows {
  /** Its identity. */
  readonly key: string;
  /** Which of the feature files it reads. */
  readonly teachers: readonly number[];
}

/** Whether a set of teachers can be probed: their features of the test rows are cached. */
export function canProbe(teachers: readonly Teacher[]): boolean {
  return teachers.length > 0 && teachers.every(({ splits }) => splits.test !== undefined);
}

/**
 * Fits a linear probe to the training rows of a seed, and measures it on all test rows. Its
 * strength is chosen on the validation rows of the comparison, or on a fifth of the training rows
 * where there are none.
 *
 * @param spec Rows and teachers.
 * @param dataset The labelled data.
 * @param all All teachers.
 * @returns Score on the test rows.
 */
export function fitProbe(spec: ProbeSpec, dataset: Dataset, all: readonly Teacher[]): Score {
  const { trainSize, valSize, seed } = spec;
  const { task, classes, splits: { train, test } } = dataset;
  const teachers = spec.teachers.map((i) => all[i].splits);
  const chosen = chooseRows(train.labels, { seed, task, trainSize, valSize });
  const rowsOf = (rows: Uint32Array) => ({
    features: featureMatrix(teachers.map((splits) => splits.train), rows),
    labels: pickLabels(train.labels, rows),
  });
  const probe = linearProbe(rowsOf(chosen.train), {
    ...valSize > 0 && { validation: rowsOf(chosen.val) },
    ...task === "classification" && { classes: classes.length },
  });
  const outputs = probeOutputs(probe, featureMatrix(teachers.map((splits) => splits.test!)));
  return scoreOutputs(outputs.values, test.labels, { task, classes }).score;
}
