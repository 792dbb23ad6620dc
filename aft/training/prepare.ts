/** From data and settings to what the training loop works with. */

import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import type { TrainSettings } from "../config.ts";
import type { Teacher } from "../data/features.ts";
import { columnStatistics, inputStatistics } from "../data/normalise.ts";
import { chooseRows, type ChosenRows } from "../data/split.ts";
import type { DataShape, Split } from "../data/types.ts";
import { arrayRows, featureRows, type HostRows, inputRows } from "./rows.ts";
import type { Scaling, TeacherScale } from "./scaling.ts";

/** Labelled rows in memory: what `readDataset` returns, or made by hand. */
export interface TrainingData extends DataShape {
  /** The rows by purpose. */
  readonly splits: {
    /** Rows to learn from. */
    readonly train: Split;
    /** Rows to measure on. */
    readonly test: Split;
    /** Rows to choose by. */
    readonly val?: Split;
  };
}

/** Cached features in memory: what `readFeatures` returns, or made by hand. */
export type TeacherFeatures = Pick<Teacher, "name" | "columns"> & {
  /** Features by split; training needs those of the training rows. */
  readonly splits: Pick<Teacher["splits"], "train">;
};

/** Largest number of half precision. */
const LARGEST_HALF = 65504;

/** Refuses what does not go together before anything is made. */
export function checkData(
  data: TrainingData,
  teachers: readonly TeacherFeatures[],
  settings: TrainSettings,
): void {
  const { train } = data.splits;
  if (data.task === "classification") refuseOtherClasses(data);
  for (const { name, columns, splits } of teachers) {
    if (splits.train.rows === train.rows && splits.train.columns === columns) continue;
    const { rows: found, columns: wide } = splits.train;
    throw new ShapeError(
      `Cannot train with teacher ${name}: its features are [${found}, ${wide}], ` +
        `the data ask for [${train.rows}, ${columns}]`,
    );
  }
  if (settings.featureStorage === "f16") teachers.forEach(refuseBeyondHalf);
  const { labelSmoothing } = settings;
  if (data.task === "regression" && labelSmoothing !== 0) {
    throw new ConfigError(
      `Cannot train with label-smoothing ${labelSmoothing}: it is for classes, these labels are values`,
      { field: "label-smoothing", value: labelSmoothing },
    );
  }
}

/** Refuses labels that are no numbers of classes. */
function refuseOtherClasses({ splits, classes: { length: count } }: TrainingData): void {
  for (const [name, { labels }] of Object.entries(splits) as [string, Split][]) {
    const row = labels.findIndex((label) =>
      !Number.isInteger(label) || label < 0 || label >= count
    );
    if (row < 0) continue;
    throw new ConfigError(
      `Cannot train on these data: row ${row} of ${name} has label ${labels[row]}, the ${count} ` +
        `classes have numbers from 0 to ${count - 1}`,
      { field: "data", value: labels[row] },
    );
  }
}

/** Refuses features that half precision would make infinite. */
function refuseBeyondHalf({ name, splits: { train } }: TeacherFeatures): void {
  if (train.dtype === "f16") return;
  const at = train.values.findIndex((value) => Math.abs(value) > LARGEST_HALF);
  if (at < 0) return;
  const [row, column] = [Math.floor(at / train.columns), at % train.columns];
  throw new ConfigError(
    `Cannot train with feature-storage f16: teacher ${name} holds ${
      train.values[at]
    } in row ${row}, ` +
      `column ${column}, and half precision ends at ${LARGEST_HALF}`,
    { field: "feature-storage", value: "f16" },
  );
}

/** What a checkpoint says of the data, in one order. */
export function shapeOf(data: TrainingData): DataShape {
  const { inputShape, layout, task, classes, columns, label, text, vocabulary } = data;
  return {
    inputShape: [...inputShape],
    layout,
    task,
    classes: [...classes],
    ...columns && { columns: [...columns] },
    ...label !== undefined && { label },
    ...text !== undefined && { text },
    ...vocabulary && { vocabulary },
  };
}

/** Draws the rows in use. */
export function rowsInUse(data: TrainingData, settings: TrainSettings): ChosenRows {
  const { seed, trainSize, perClass, valSize } = settings;
  const sizes = {
    ...trainSize > 0 && { trainSize },
    ...perClass > 0 && { perClass },
    valSize,
  };
  return chooseRows(data.splits.train.labels, { seed, task: data.task, ...sizes });
}

/** Statistics of the rows in use. */
export function measureScaling(
  data: TrainingData,
  teachers: readonly TeacherFeatures[],
  rows: Uint32Array<ArrayBuffer>,
): Scaling {
  const { train } = data.splits;
  const { mean, deviation } = inputStatistics(train, rows, data.layout, data.inputShape);
  const scaling: Scaling = { inputs: { mean, deviation } };
  const labels = data.task === "regression" ? labelScale(train, rows) : undefined;
  const teacher = teachers.length > 0 ? teacherScale(teachers, rows) : undefined;
  return { ...scaling, ...labels && { labels }, ...teacher && { teacher } };
}

/** Mean and deviation of values, as of a table with one column. */
function labelScale(train: Split, rows: Uint32Array<ArrayBuffer>) {
  const column = { ...train, inputs: train.labels as Float32Array<ArrayBuffer> };
  const { mean, deviation } = inputStatistics(column, rows, "table", [1]);
  return { mean, deviation };
}

function teacherScale(
  teachers: readonly TeacherFeatures[],
  rows: Uint32Array<ArrayBuffer>,
): TeacherScale {
  const parts = teachers.map(({ splits }) => columnStatistics(splits.train, rows));
  return {
    mean: parts.flatMap(({ mean }) => mean),
    deviation: parts.flatMap(({ deviation }) => deviation),
    variance: parts.flatMap(({ variance }) => variance),
  };
}

/** What a step needs of a row. */
export type BatchPart = "inputs" | "labels" | "features";

/** The rows of training by part, values of regression standardised. */
export function trainingRows(
  data: TrainingData,
  teachers: readonly TeacherFeatures[],
  { labels: scale }: Scaling,
  { featureStorage }: Pick<TrainSettings, "featureStorage">,
): Map<BatchPart, HostRows> {
  const { inputs, labels } = data.splits.train;
  const targets = scale
    ? Float32Array.from(labels, (label) => (label - scale.mean[0]) / scale.deviation[0])
    : labels;
  const rows = new Map<BatchPart, HostRows>([
    ["inputs", inputRows(inputs, data)],
    ["labels", arrayRows(targets, [])],
  ]);
  if (teachers.length > 0) {
    rows.set("features", featureRows(teachers.map((t) => t.splits.train), featureStorage));
  }
  return rows;
}
