/** What a checkpoint says of new rows, and how good it is on labelled ones. */

import { openGpu } from "../gpu/mod.ts";
import { FormatError } from "../gpu/errors.ts";
import type { Told } from "./bit_by_bit.ts";
import { type Checkpoint, modelOf, readCheckpoint } from "./checkpoint.ts";
import type { DataFormat } from "./data/types.ts";
import { type InputRows, readInputs } from "./data/inputs.ts";
import { evaluateModel, type Evaluation, largest, probabilities, rowOf } from "./evaluate.ts";
import { samePlace } from "./files.ts";
import type { Model } from "./model.ts";

/** Options of {@linkcode predict} and {@linkcode evaluateCheckpoint}. */
export interface PredictOptions {
  /** Format of the data, where content and names must not decide. */
  readonly format?: DataFormat;
  /** Split of data that have splits; default `test`. */
  readonly split?: "train" | "test" | "val";
  /** Name of the label's column in tables; by default that of the training data. */
  readonly label?: string;
  /** Name of the column of sentences in tables; by default that of the training data. */
  readonly text?: string;
  /** Rows to cut from a single file as training does, and to take alone. */
  readonly testSize?: number;
  /** Is told, of images, after every 500 how many of all are read. */
  readonly told?: Told;
}

/** The row that a prediction is about. */
export interface PredictedRow {
  /** Number of the row, from 0. */
  readonly row: number;
  /** The file that it is, where rows are files of their own (images). */
  readonly file?: string;
}

/** What a classifier says of a row. */
export interface ClassPrediction extends PredictedRow {
  /** Name of the most probable class. */
  readonly class: string;
  /** Its probability, from 0 to 1. */
  readonly probability: number;
  /** Probabilities of all classes, in their order. */
  readonly probabilities: readonly number[];
  /** Name of the true class, where the rows have labels. */
  readonly label?: string;
}

/** What a model of values says of a row. */
export interface ValuePrediction extends PredictedRow {
  /** The predicted value, in units of the labels. */
  readonly value: number;
  /** The true value, where the rows have labels. */
  readonly label?: number;
}

/** What a model says of a row. */
export type Prediction = ClassPrediction | ValuePrediction;

/**
 * Applies a checkpoint to rows of a file or folder: the test split of labelled data, or rows
 * without labels.
 *
 * @param checkpoint Checkpoint file.
 * @param data File or folder of any format that training reads.
 * @param options Format and split.
 * @returns One prediction for each row, in order.
 * @throws {FormatError} If a file is not as its format asks, or its rows do not fit the model.
 * @throws {Deno.errors.NotFound} If a file is missing; the path is in the message.
 *
 * @example
 * ```ts
 * import { predict, train, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const rows = Array.from({ length: 32 }, (_, i) => `${i % 4},${i % 4 < 2 ? "low" : "high"}`);
 * for (const name of ["train", "test"]) {
 *   await writeAtomic(`${folder}/${name}.csv`, ["size,label", ...rows].join("\n"));
 * }
 * const config = { data: folder, method: "stl", student: "mlp:8", steps: 40, lr: 0.05 } as const;
 * for await (const _progress of train({ ...config, out: `${folder}/run` }));
 *
 * await writeAtomic(`${folder}/new.csv`, "size\n0\n3\n");
 * const answers: unknown[] = [];
 * const checkpoint = `${folder}/run/checkpoint.safetensors`;
 * for await (const answer of predict(checkpoint, `${folder}/new.csv`)) {
 *   if ("class" in answer) answers.push(answer.class);
 * }
 * assertEquals(answers, ["low", "high"]);
 * ```
 */
export async function* predict(
  checkpoint: string,
  data: string,
  options: PredictOptions = {},
): AsyncGenerator<Prediction> {
  const { config, ...saved } = await readCheckpoint(checkpoint);
  const { told, ...asked } = options;
  const label = asked.label || config.label;
  const reading = { ...asked, ...label && { label } };
  const { split, sources } = await readInputs(data, saved.data, reading, told);
  await openGpu();
  const model = modelOf({ config, ...saved });
  const outputs = await model.outputs(split.inputs);
  for (let row = 0; row < split.rows; row++) {
    const said = answer(model, outputs, row, split.labelled ? split.labels[row] : undefined);
    yield { ...said, ...sources && { file: sources[row] } };
  }
}

function answer(
  { data }: Model,
  outputs: Float32Array,
  row: number,
  label: number | undefined,
): Prediction {
  const { task, classes } = data;
  if (task === "regression") {
    return { row, value: outputs[row], ...label !== undefined && { label } };
  }
  const shares = probabilities(rowOf(outputs, row, classes.length));
  const best = largest(shares);
  return {
    row,
    class: classes[best],
    probability: shares[best],
    probabilities: shares,
    ...label !== undefined && { label: classes[label] },
  };
}

/** How good a checkpoint is on a split of some data. */
export interface CheckpointEvaluation extends Evaluation {
  /** Steps that the model was trained for. */
  readonly step: number;
  /** The split; `all` where the data have none. */
  readonly split: InputRows["group"];
  /** Names of the classes; empty for values. */
  readonly classes: readonly string[];
}

/**
 * Measures a checkpoint on labelled rows: the test split, or all rows of data without splits. Of
 * the one file that the model was trained on, the rows that were cut off for the test.
 *
 * @param checkpoint Checkpoint file.
 * @param data File or folder of any format that training reads.
 * @param options Format and split.
 * @returns Score, and confusion matrix or predictions.
 * @throws {FormatError} If the rows have no labels, or do not fit the model.
 * @throws {Deno.errors.NotFound} If a file is missing; the path is in the message.
 */
export async function evaluateCheckpoint(
  checkpoint: string,
  data: string,
  options: PredictOptions = {},
): Promise<CheckpointEvaluation> {
  const saved = await readCheckpoint(checkpoint);
  const { config } = saved;
  const { told, ...asked } = options;
  const label = asked.label || config.label;
  const testSize = asked.testSize ?? await testSizeOf(data, config);
  const reading = { ...asked, ...label && { label }, ...testSize && { testSize } };
  const { split, group } = await readInputs(data, saved.data, reading, told);
  if (!split.labelled) {
    throw new FormatError(`Cannot evaluate on ${data}: its rows have no labels`, { file: data });
  }
  await openGpu();
  const evaluation = await evaluateModel(modelOf(saved), split);
  return { step: saved.step, split: group, classes: saved.data.classes, ...evaluation };
}

/** What training cut off for the test, where it was trained on these data. */
async function testSizeOf(
  data: string,
  { data: trainedOn, testSize }: Checkpoint["config"],
): Promise<number | undefined> {
  return trainedOn !== undefined && await samePlace(data, trainedOn) ? testSize : undefined;
}
