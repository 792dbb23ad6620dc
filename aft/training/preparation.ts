/** The training rows in use, as methods look at them before the first step. */

import { deriveSeed } from "../../nn/mod.ts";
import type { TrainSettings } from "../config.ts";
import type { Preparation } from "../methods/mod.ts";
import type { Model } from "../model.ts";
import type { TeacherFeatures, TrainingData } from "./prepare.ts";
import { featureRows } from "./rows.ts";

/** What a run knows of its rows. */
export interface PreparedRun {
  readonly data: TrainingData;
  readonly teachers: readonly TeacherFeatures[];
  /** Numbers of the training rows in use. */
  readonly inUse: Uint32Array<ArrayBuffer>;
  readonly model: Model;
  readonly settings: TrainSettings;
}

/** Rows by their position among those in use; teacher columns standardised where that is asked for. */
export function preparationOf(run: PreparedRun): Preparation {
  const { data, inUse, model, settings } = run;
  const { inputs, labels } = data.splits.train;
  const classes = data.task === "classification" ? data.classes.length : 0;
  return {
    rows: inUse.length,
    labels: classes > 0 ? Int32Array.from(inUse, (row) => labels[row]) : valuesOf(run),
    classes,
    seed: deriveSeed(settings.seed, "preparation"),
    teacher: teacherRows(run),
    student: () => model.features(inputs, inUse),
  };
}

/** Values at mean 0 and variance 1, as they are learned. */
function valuesOf({ data, inUse, model }: PreparedRun): Float32Array<ArrayBuffer> {
  const { labels } = data.splits.train;
  const { mean, deviation } = model.scaling.labels!;
  return Float32Array.from(inUse, (row) => (labels[row] - mean[0]) / deviation[0]);
}

function teacherRows({ teachers, inUse, model, settings }: PreparedRun): Preparation["teacher"] {
  const source = featureRows(teachers.map(({ splits }) => splits.train));
  const [columns] = source.rowShape;
  const { teacher: scale } = model.scaling;
  return (positions = inUse.map((_, i) => i)) => {
    const values = new Float32Array(positions.length * columns);
    source.copy(values, Array.from(positions, (position) => inUse[position]));
    if (!settings.standardise || scale === undefined) return values;
    return values.map((value, i) => {
      const column = i % columns;
      return (value - scale.mean[column]) * Math.fround(1 / scale.deviation[column]);
    });
  };
}
