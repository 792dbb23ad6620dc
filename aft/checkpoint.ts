/** Checkpoints: one safetensors file that says all that is needed to use a model or to train on. */

import { FormatError } from "../gpu/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  mergeLoRA,
  type OptimiserState,
  type SafeTensor,
  type SafeTensorInput,
  type SavedTensor,
  type State,
  toFloat32,
} from "../nn/mod.ts";
import { configFromJson, configToJson, type TrainConfig, type TrainSettings } from "./config.ts";
import type { DataShape } from "./data/types.ts";
import type { Score } from "./evaluate.ts";
import { readBytes, writeAtomic } from "./files.ts";
import { Model } from "./model.ts";
import type { Fingerprints } from "./training/fingerprint.ts";
import type { Scaling } from "./training/scaling.ts";

/** Name and width of a teacher. */
export interface TeacherColumns {
  /** The teacher's name. */
  readonly name: string;
  /** Columns of its features. */
  readonly columns: number;
}

/** Rows in use of each split. */
export interface RowCounts {
  /** Rows to learn from. */
  readonly train: number;
  /** Rows to choose by. */
  readonly val: number;
  /** Rows to measure on. */
  readonly test: number;
}

/** All that a run is, at one step. */
export interface Checkpoint {
  /** Updates taken. Row order and random draws follow from it and the configuration's seed. */
  readonly step: number;
  /** The configuration, without what only says where and how often to save. */
  readonly config: TrainSettings & Partial<TrainConfig>;
  /** Inputs and labels that the model was made for. */
  readonly data: DataShape;
  /** Rows in use. */
  readonly rows: RowCounts;
  /** What these rows hold; missing in checkpoints of programs that did not keep it. */
  readonly fingerprints?: Fingerprints;
  /** Teachers in the order of their columns; empty for a method without. */
  readonly teachers: readonly TeacherColumns[];
  /** Statistics of the training rows in use. */
  readonly scaling: Scaling;
  /** The student's parameters as they are trained. */
  readonly student: State;
  /** What the method learned. */
  readonly regulariser: State;
  /** What the method holds fixed. */
  readonly constants: State;
  /** The optimiser's running averages, that of the weights included where there is one. */
  readonly optimiser: OptimiserState;
  /** Sums since the last line of the log: task loss, regulariser, correct rows. */
  readonly metrics: readonly number[];
  /** Score on the test split, once the last step is done. */
  readonly test?: Score;
}

const FORMAT = "aft-checkpoint";
const VERSION = "1";

/** Parts of a checkpoint that are tensors by name, each with its prefix. */
const SECTIONS = ["student", "regulariser", "constants", "optimiser"] as const;

/**
 * Writes a checkpoint as bytes: tensors `student.…`, `regulariser.…`, `constants.…`, `optimiser.…`,
 * `scaling.…` and `metrics`, the rest as JSON in the metadata. The same run at the same step gives
 * the same bytes.
 *
 * @param checkpoint What is kept.
 * @returns A safetensors file.
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { step, config, data, rows, fingerprints, teachers, scaling, metrics, test } = checkpoint;
  const tensors: Record<string, SafeTensorInput> = {
    metrics: { dtype: "F64", shape: [metrics.length], values: Float64Array.from(metrics) },
  };
  const states = { ...checkpoint, optimiser: checkpoint.optimiser.tensors };
  for (const section of SECTIONS) {
    for (const [name, { shape, values }] of Object.entries(states[section])) {
      tensors[`${section}.${name}`] = { dtype: "F32", shape, values: Float32Array.from(values) };
    }
  }
  for (const [part, scale] of Object.entries(scaling)) {
    for (const [name, numbers] of Object.entries(scale as Record<string, number[]>)) {
      const values = Float64Array.from(numbers);
      tensors[`scaling.${part}.${name}`] = { dtype: "F64", shape: [values.length], values };
    }
  }
  const { checkpointEvery: _, out: __, ...kept } = config;
  const notes = { step, config: configToJson(kept), data, rows, fingerprints, teachers, test };
  const metadata: Record<string, string> = { format: FORMAT, version: VERSION };
  for (const [name, value] of Object.entries(notes)) {
    if (value !== undefined) metadata[name] = JSON.stringify(value);
  }
  return encodeSafetensors(tensors, metadata);
}

/**
 * Reads a checkpoint from bytes.
 *
 * @param bytes A safetensors file.
 * @param file Its name, for messages.
 * @returns What it holds.
 * @throws {FormatError} If it is no checkpoint, of another version, or damaged; file and place are
 * in the message.
 */
export function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>, file: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format !== FORMAT) {
    throw new FormatError(
      `Cannot read ${file}: it is no checkpoint, its format is ${metadata.format ?? "not named"}`,
      { file, place: "format" },
    );
  }
  if (metadata.version !== VERSION) {
    throw new FormatError(
      `Cannot read ${file}: it is a checkpoint of version ${metadata.version}, this program reads ` +
        `version ${VERSION}`,
      { file, place: "version" },
    );
  }
  const note = (name: string) => readNote(metadata, name, file);
  const states = Object.fromEntries(
    SECTIONS.map((section) => [section, sectionOf(tensors, section, file)]),
  ) as Record<typeof SECTIONS[number], State>;
  const step = note("step") as number;
  return {
    step,
    config: configFromJson(note("config"), file) as Checkpoint["config"],
    data: note("data") as DataShape,
    rows: note("rows") as RowCounts,
    ...metadata.fingerprints !== undefined && {
      fingerprints: note("fingerprints") as Fingerprints,
    },
    teachers: note("teachers") as TeacherColumns[],
    scaling: scalingOf(tensors, file),
    ...states,
    optimiser: { steps: step, tensors: states.optimiser },
    metrics: float64(tensors.get("metrics"), "metrics", file),
    ...metadata.test !== undefined && { test: note("test") as Score },
  };
}

/**
 * Writes a checkpoint file, which replaces an older one as a whole.
 *
 * @param path The file.
 * @param checkpoint What is kept.
 * @throws {Deno.errors.NotFound} If its folder is missing.
 *
 * @example
 * ```ts
 * import { openGpu } from "@aft/aft/gpu";
 * import { loadModel, readCheckpoint, Trainer, writeCheckpoint } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const inputs = Float32Array.of(0, 1, 2, 3);
 * const split = { rows: 4, inputs, labels: Int32Array.of(0, 0, 1, 1), labelled: true };
 * const trainer = new Trainer({
 *   inputShape: [1],
 *   layout: "table",
 *   task: "classification",
 *   classes: ["low", "high"],
 *   splits: { train: split, test: split },
 * }, { method: "stl", student: "mlp:4", steps: 2 });
 * for await (const _progress of trainer.run());
 *
 * const path = `${await Deno.makeTempDir()}/checkpoint.safetensors`;
 * await writeCheckpoint(path, await trainer.checkpoint());
 * assertEquals((await readCheckpoint(path)).step, 2);
 * const model = await loadModel(path);
 * assertEquals(await model.outputs(inputs), await trainer.model.outputs(inputs));
 * ```
 */
export function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  return writeAtomic(path, encodeCheckpoint(checkpoint));
}

/**
 * Reads a checkpoint file.
 *
 * @param path The file.
 * @returns What it holds.
 * @throws {FormatError} If it is no checkpoint, or damaged.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  return decodeCheckpoint(await readBytes(path), path);
}

/**
 * The trained model of a checkpoint, at the averaged weights where it has an average of them. Open
 * the GPU first.
 *
 * @param checkpoint What was read.
 * @returns The model, ready to be applied.
 * @throws {ConfigError} If the weights are not those of its student.
 */
export function modelOf(checkpoint: Checkpoint): Model {
  const { config, data, scaling } = checkpoint;
  const model = new Model({ student: config.student, data, scaling, seed: config.seed });
  model.student.load(weightsOf(checkpoint));
  return model;
}

/**
 * The trained weights of a checkpoint, as a plain student of its kind takes them: at their average
 * where it has one, and with changes of low rank worked in. It takes no GPU.
 *
 * @param checkpoint What was read.
 * @returns Shape and values by name.
 */
export function weightsOf(checkpoint: Checkpoint): State {
  const { student, config } = checkpoint;
  return mergeLoRA({ ...student, ...averageOf(checkpoint) }, config.loraAlpha || undefined);
}

/** The average of the student's weights; empty without one, or before the student's first update. */
function averageOf({ optimiser, step, config }: Checkpoint): State {
  const start = "ema.student.";
  const found = Object.entries(optimiser.tensors).filter(([name]) => name.startsWith(start));
  if (step < config.rhoSteps) return {}; // the student stands still in the steps before
  return Object.fromEntries(found.map(([name, saved]) => [name.slice(start.length), saved]));
}

/**
 * Reads the trained model of a checkpoint file. Open the GPU first.
 *
 * @param path The file.
 * @returns The model, ready to be applied.
 * @throws {FormatError} If it is no checkpoint, or damaged.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 */
export async function loadModel(path: string): Promise<Model> {
  return modelOf(await readCheckpoint(path));
}

function readNote(metadata: Record<string, string>, name: string, file: string): unknown {
  try {
    return JSON.parse(metadata[name]);
  } catch (cause) {
    throw new FormatError(
      `Cannot read ${file}: its note ${name} is ${
        metadata[name] === undefined ? "missing" : "no JSON"
      }`,
      { file, place: name, cause },
    );
  }
}

function sectionOf(tensors: ReadonlyMap<string, SafeTensor>, section: string, file: string): State {
  const state: Record<string, SavedTensor> = {};
  for (const [name, tensor] of tensors) {
    if (!name.startsWith(`${section}.`)) continue;
    const values = toFloat32(tensor, { file, tensor: name });
    state[name.slice(section.length + 1)] = { shape: tensor.shape, values };
  }
  return state;
}

function scalingOf(tensors: ReadonlyMap<string, SafeTensor>, file: string): Scaling {
  const scaling: Record<string, Record<string, number[]>> = {};
  for (const name of tensors.keys()) {
    const [section, part, statistic] = name.split(".");
    if (section !== "scaling") continue;
    (scaling[part] ??= {})[statistic] = float64(tensors.get(name), name, file);
  }
  if (!scaling.inputs?.mean || !scaling.inputs.deviation) {
    float64(undefined, "scaling.inputs.mean", file);
  }
  return scaling as unknown as Scaling;
}

function float64(tensor: SafeTensor | undefined, name: string, file: string): number[] {
  if (tensor?.dtype !== "F64") {
    throw new FormatError(
      `Cannot read ${file}: tensor ${name} is ${tensor?.dtype ?? "missing"}, it must be F64`,
      { file, place: name },
    );
  }
  const copy = tensor.bytes.slice(); // a view of the file may not be aligned
  return [...new Float64Array(copy.buffer)];
}

/** The first number that is not finite, and the tensor that holds it. */
export function firstBroken(
  ...states: readonly State[]
): { name: string; value: number } | undefined {
  for (const state of states) {
    for (const [name, { values }] of Object.entries(state)) {
      const value = values.find((number) => !Number.isFinite(number));
      if (value !== undefined) return { name, value };
    }
  }
  return undefined;
}
