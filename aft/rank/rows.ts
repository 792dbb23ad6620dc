/** Which rows teachers are ranked on: training rows alone. */

import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { chooseRows, type ChosenRows, validationCount } from "../data/split.ts";
import type { TeacherFeatures, TrainingData } from "../training/prepare.ts";
import { featureMatrix, pickLabels } from "./features.ts";
import { FeatureView } from "./view.ts";

/** Options that say which rows teachers are ranked on. */
export interface RankRowsOptions {
  /** Decides the rows; the same seed as in training gives the same training rows. Default 0. */
  readonly seed?: number;
  /** Training rows drawn, each class by its share; default all that are not validation rows. */
  readonly trainSize?: number;
  /** Training rows drawn of each class, in place of `trainSize`. */
  readonly perClass?: number;
  /**
   * Validation rows: a number, or a fraction of the training rows. They are training rows that were
   * not drawn, where there are any. Default as many as are left, at most 1,000, or a tenth of the
   * training rows where none are left.
   */
  readonly valSize?: number;
}

/** Data and teachers to be ranked, and the rows in use. */
export class RankTask {
  readonly data: TrainingData;
  readonly teachers: readonly TeacherFeatures[];
  readonly rows: ChosenRows;

  /**
   * @throws {ShapeError} If there is no teacher, or one has other rows than the data.
   * @throws {ConfigError} If a number of rows is out of range.
   */
  constructor(
    data: TrainingData,
    teachers: readonly TeacherFeatures[],
    options: RankRowsOptions,
  ) {
    checkTeachers(data, teachers);
    this.data = data;
    this.teachers = teachers;
    this.rows = rankRows(data, options);
  }

  /** The features of some teachers side by side, as scores look at them. */
  view(teachers: readonly TeacherFeatures[]): FeatureView {
    const splits = teachers.map(({ splits }) => splits.train);
    const { labels } = this.data.splits.train;
    const pick = (rows: Uint32Array) => ({
      features: featureMatrix(splits, rows),
      labels: pickLabels(labels, rows),
    });
    const isClasses = this.data.task === "classification";
    const classes = isClasses ? this.data.classes.length : undefined;
    return new FeatureView(pick(this.rows.train), pick(this.rows.val), classes);
  }
}

function checkTeachers(data: TrainingData, teachers: readonly TeacherFeatures[]): void {
  if (teachers.length === 0) throw new ShapeError("Cannot rank 0 teachers: name one or more");
  const wanted = data.splits.train.rows;
  for (const { name, splits } of teachers) {
    const { rows, columns } = splits.train;
    if (rows === wanted) continue;
    throw new ShapeError(
      `Cannot rank teacher ${name}: its features are [${rows}, ${columns}], the data have ` +
        `${wanted} training rows`,
      { shapes: [[rows, columns], [wanted]] },
    );
  }
}

function rankRows({ splits, task }: TrainingData, options: RankRowsOptions): ChosenRows {
  const { seed = 0, valSize, ...sizes } = options;
  if (valSize === 0) {
    throw new ConfigError("Cannot rank with val-size 0: scores are measured on validation rows", {
      field: "val-size",
      value: 0,
    });
  }
  const { labels } = splits.train;
  const drawn = chooseRows(labels, { seed, task, ...sizes }).train.length;
  const count = valSize ?? validationCount(drawn, labels.length - drawn);
  return chooseRows(labels, { seed, task, ...sizes, valSize: count });
}
