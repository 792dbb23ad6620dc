/** Small generated tasks for tests of training, in memory and as files. */

import { encodeSafetensors, type SafeTensorInput } from "../../nn/safetensors.ts";
import { randomBits } from "../../gpu/mod.ts";
import type { FeatureSplit } from "../../aft/data/features.ts";
import type { Split } from "../../aft/data/types.ts";
import { train, type TrainOptions } from "../../aft/train.ts";
import type { TrainConfig } from "../../aft/config.ts";
import type { Progress } from "../../aft/progress.ts";
import type { TeacherFeatures, TrainingData } from "../../aft/training/prepare.ts";

/** A number in ±1 for each place of a stream. */
export function noise(stream: number, place: number): number {
  return 2 * (randomBits(7, stream, place) / 2 ** 32) - 1;
}

const CLASSES = ["ant", "bee", "cow"];

/** Class of a row and six numbers about it, with noise. */
function rowOf(stream: number, row: number): { label: number; numbers: number[] } {
  const label = row % CLASSES.length;
  const numbers = Array.from({ length: 6 }, (_, i) => {
    return 10 * i + Math.cos(label * 2 + i) + 0.6 * noise(stream, 6 * row + i);
  });
  return { label, numbers };
}

function table(stream: number, rows: number): Split {
  const all = Array.from({ length: rows }, (_, row) => rowOf(stream, row));
  return {
    rows,
    inputs: Float32Array.from(all.flatMap(({ numbers }) => numbers)),
    labels: Int32Array.from(all, ({ label }) => label),
    labelled: true,
  };
}

/** Three classes of rows with six columns. */
export function tableData(train = 96, test = 40): TrainingData {
  return {
    inputShape: [6],
    layout: "table",
    task: "classification",
    classes: CLASSES,
    splits: { train: table(1, train), test: table(2, test) },
  };
}

/** Two classes of images [2, 3, 4] with pixels in bytes. */
export function imageData(train = 50, test = 20): TrainingData {
  const split = (stream: number, rows: number): Split => {
    const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
    const inputs = Uint8Array.from({ length: rows * 24 }, (_, i) => {
      const light = labels[Math.floor(i / 24)] === i % 2 ? 150 : 90;
      return light + 80 * noise(stream, i);
    });
    return { rows, inputs, labels, labelled: true };
  };
  return {
    inputShape: [2, 3, 4],
    layout: "image",
    task: "classification",
    classes: ["dark", "light"],
    splits: { train: split(3, train), test: split(4, test) },
  };
}

/**
 * Two classes of sentences of up to six tokens: among words of no meaning stands one of ids 2 and 3, or
 * of ids 4 and 5, at any place. Ids go up to 11, integers in a table as files hold them.
 */
export function tokenData(train = 96, test = 40): TrainingData {
  const split = (stream: number, rows: number): Split => {
    const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
    const inputs = Int32Array.from({ length: rows * 6 }, (_, i) => {
      const [row, place] = [Math.floor(i / 6), i % 6];
      const draw = (of: number, count: number) => randomBits(7, of, i) % count;
      const length = 3 + randomBits(7, stream + 20, row) % 4;
      if (place >= length) return 0;
      if (place === row % 3) return 2 + 2 * labels[row] + draw(stream, 2);
      return 6 + draw(stream + 40, 6);
    });
    return { rows, inputs, labels, labelled: true };
  };
  return {
    inputShape: [6],
    layout: "table",
    task: "classification",
    classes: ["bad", "good"],
    splits: { train: split(10, train), test: split(11, test) },
  };
}

/** Values around 1,000 that two columns explain. */
export function valueData(train = 96, test = 40): TrainingData {
  const split = (stream: number, rows: number): Split => {
    const inputs = Float32Array.from({ length: rows * 2 }, (_, i) => 5 * noise(stream, i));
    const labels = Float32Array.from({ length: rows }, (_, row) => {
      return 1000 + 30 * inputs[2 * row] - 20 * inputs[2 * row + 1];
    });
    return { rows, inputs, labels, labelled: true };
  };
  return {
    inputShape: [2],
    layout: "table",
    task: "regression",
    classes: [],
    splits: { train: split(5, train), test: split(6, test) },
  };
}

/** A teacher that knows the class of a row and has some noise of its own. */
export function teacherOf(
  data: TrainingData,
  { name = "teacher", columns = 4, dtype = "f16" as "f16" | "f32", stream = 8 } = {},
): TeacherFeatures {
  const { rows, labels } = data.splits.train;
  const numbers = Float32Array.from({ length: rows * columns }, (_, i) => {
    const label = labels[Math.floor(i / columns)];
    return (label % columns === i % columns ? 1 : 0) + 0.3 * noise(stream, i);
  });
  const halves = new Float16Array(numbers);
  const values = dtype === "f32" ? numbers : new Uint16Array(halves.buffer);
  const train: FeatureSplit = { rows, columns, values, dtype };
  return { name, columns, splits: { train } };
}

function labelTensor({ labels }: Split): SafeTensorInput {
  return labels instanceof Int32Array
    ? { dtype: "I64", shape: [labels.length], values: BigInt64Array.from(labels, BigInt) }
    : { dtype: "F32", shape: [labels.length], values: labels };
}

function inputTensor({ inputs, rows }: Split, inputShape: readonly number[]): SafeTensorInput {
  const dtype = inputs instanceof Uint8Array ? "U8" : inputs instanceof Int32Array ? "I32" : "F32";
  return { dtype, shape: [rows, ...inputShape], values: inputs };
}

/** Writes data and teachers as safetensors; returns their paths. */
export async function writeTask(
  folder: string,
  data: TrainingData,
  teachers: readonly TeacherFeatures[] = [],
): Promise<{ data: string; features: string[] }> {
  const { splits: { train, test }, inputShape, classes } = data;
  const tensors = {
    "train.inputs": inputTensor(train, inputShape),
    "train.labels": labelTensor(train),
    "test.inputs": inputTensor(test, inputShape),
    "test.labels": labelTensor(test),
  };
  const metadata: Record<string, string> = classes.length > 0 ? { classes: classes.join(",") } : {};
  await Deno.writeFile(`${folder}/data.safetensors`, encodeSafetensors(tensors, metadata));
  const features: string[] = [];
  for (const { name, splits } of teachers) {
    const { rows, columns, values, dtype } = splits.train;
    const kind = dtype === "f16" ? "F16" : "F32";
    const bytes = encodeSafetensors({ train: { dtype: kind, shape: [rows, columns], values } });
    await Deno.writeFile(`${folder}/${name}.safetensors`, bytes);
    features.push(`${folder}/${name}.safetensors`);
  }
  return { data: `${folder}/data.safetensors`, features };
}

/** Runs training and collects what it says; `until` stops it after the first event it is true of. */
export async function follow(
  config: Partial<TrainConfig>,
  options: TrainOptions & { until?: (progress: Progress) => boolean } = {},
): Promise<Progress[]> {
  const { until, ...rest } = options;
  const stop = new AbortController();
  const said: Progress[] = [];
  for await (const progress of train(config, { signal: stop.signal, ...rest })) {
    said.push(progress);
    if (until?.(progress)) stop.abort();
  }
  return said;
}

/** The only event of a kind. */
export function only<E extends Progress["event"]>(
  said: readonly Progress[],
  event: E,
): Extract<Progress, { event: E }> {
  const found = said.filter((progress) => progress.event === event);
  if (found.length !== 1) throw new Error(`Found ${found.length} events ${event}, expected 1`);
  return found[0] as Extract<Progress, { event: E }>;
}
