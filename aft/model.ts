/** A student with what it takes to be applied to raw inputs. */

import { ShapeError } from "../gpu/errors.ts";
import { evaluate, read, type Tensor, tensor, type Variable, variable } from "../gpu/mod.ts";
import { addLoRA, deriveSeed } from "../nn/mod.ts";
import { firstOutside, wholeInputs } from "./data/tokens.ts";
import type { DataShape, Inputs } from "./data/types.ts";
import { parseStudent, type Student, type StudentOutput } from "./student.ts";
import { inputRows } from "./training/rows.ts";
import { inputScaler, type Scaling } from "./training/scaling.ts";

/** What a {@linkcode Model} is made from. */
export interface ModelOptions {
  /** Student, such as `mlp:128,128`. */
  readonly student: string;
  /** Inputs it takes and labels it gives. */
  readonly data: DataShape;
  /** Statistics that bring inputs (and values) to one scale. */
  readonly scaling: Scaling;
  /** Decides the start values. */
  readonly seed: number;
  /** Rank of changes that are trained in place of the weights; default 0, the weights themselves. */
  readonly lora?: number;
  /** Alpha of these changes; default 0, which stands for their rank. */
  readonly loraAlpha?: number;
}

/** Raw inputs, row-major: numbers, token ids, or pixels from 0 to 255. */
export type RawInputs = Inputs;

/** Rows that are applied at once, at most. Fixed, so that the same rows give the same bits. */
const CHUNK_ROWS = 512;
/** Bytes of inputs that are applied at once, at most. */
const CHUNK_BYTES = 2 ** 25;
/** Tokens that are applied at once, at most: attention of more takes kernels that are slower. */
const CHUNK_TOKENS = 8192;
/** Chunks whose results are read together. */
const CHUNKS_PER_READ = 16;

/**
 * A student, the normalisation of its inputs, and for regression the scale of its values. Raw
 * inputs go in, as files hold them.
 *
 * @example
 * ```ts
 * import { openGpu } from "@aft/aft/gpu";
 * import { Model } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const model = new Model({
 *   student: "mlp:4",
 *   data: { inputShape: [2], layout: "table", task: "classification", classes: ["a", "b"] },
 *   scaling: { inputs: { mean: [0, 0], deviation: [1, 1] } },
 *   seed: 0,
 * });
 * const logits = await model.outputs(Float32Array.of(1, 2, 3, 4, 5, 6));
 * assertEquals(logits.length, 3 * 2);
 * assertEquals((await model.features(Float32Array.of(1, 2))).length, 4);
 * ```
 */
export class Model {
  /** The student itself, which takes normalised inputs. */
  readonly student: Student;
  /** Columns of its features. */
  readonly width: number;
  /** Inputs it takes and labels it gives. */
  readonly data: DataShape;
  /** Statistics that bring inputs and values to one scale. */
  readonly scaling: Scaling;
  readonly #normalise: (x: Tensor) => Tensor;
  readonly #chunks: Map<number, Variable> = new Map();

  /**
   * Makes the model with its start values.
   *
   * @param options Student, data, statistics, seed, rank.
   * @throws {ConfigError} If there is no such student, or a number is out of range.
   */
  constructor(options: ModelOptions) {
    const { data, scaling, seed, lora = 0, loraAlpha = 0 } = options;
    const plan = parseStudent(options.student);
    const outputs = data.task === "classification" ? data.classes.length : 1;
    this.data = data;
    this.scaling = scaling;
    this.width = plan.width;
    this.student = plan.make({
      inputShape: data.inputShape,
      outputs,
      seed: deriveSeed(seed, "student"),
      ...data.vocabulary && { vocabulary: data.vocabulary.size },
    });
    if (lora !== 0) {
      const start = { alpha: loraAlpha === 0 ? lora : loraAlpha, seed: deriveSeed(seed, "lora") };
      addLoRA(this.student, { rank: lora, whole: ["head"], ...start });
    }
    this.#normalise = inputScaler(scaling, data);
  }

  /**
   * Applies normalisation and student.
   *
   * @param x Raw inputs, `[batch, ...inputShape]`.
   * @param step Step of training; left out where the model is applied and not trained.
   * @returns Logits and features; for regression one standardised value a row as logits.
   */
  forward(x: Tensor, step?: number): StudentOutput {
    const context = step === undefined ? {} : { training: true, seed: step };
    return this.student.forward(this.#normalise(x), context);
  }

  /**
   * What the model says of rows.
   *
   * @param inputs rows x product(inputShape) raw numbers, or token ids.
   * @param rows Numbers of the rows that are asked for; default all, in order.
   * @returns For each row the logits of all classes, or the value in units of the labels.
   * @throws {ShapeError} If numbers are no whole rows, a row is not there, or token ids are not those of the
   * model's vocabulary.
   */
  async outputs(inputs: RawInputs, rows?: ArrayLike<number>): Promise<Float32Array<ArrayBuffer>> {
    const outputs = await this.#apply(inputs, rows, ({ logits }) => logits);
    const { labels } = this.scaling;
    if (labels === undefined) return outputs;
    return outputs.map((value) => value * labels.deviation[0] + labels.mean[0]);
  }

  /**
   * The student's features of rows, such as to teach another student by them.
   *
   * @param inputs rows x product(inputShape) raw numbers, or token ids.
   * @param rows Numbers of the rows that are asked for; default all, in order.
   * @returns {@linkcode Model.width} numbers for each row.
   * @throws {ShapeError} If numbers are no whole rows, a row is not there, or token ids are not those of the
   * model's vocabulary.
   */
  features(inputs: RawInputs, rows?: ArrayLike<number>): Promise<Float32Array<ArrayBuffer>> {
    return this.#apply(inputs, rows, ({ features }) => features);
  }

  /** Applies the model in chunks; results stay on the device until several are read at once. */
  async #apply(
    inputs: RawInputs,
    rows: ArrayLike<number> | undefined,
    part: (output: StudentOutput) => Tensor,
  ): Promise<Float32Array<ArrayBuffer>> {
    checkIds(inputs, this.data);
    const { inputShape, layout } = this.data;
    const size = inputShape.reduce((a, b) => a * b, 1);
    checkRows(inputs, size, rows);
    const numbers = rows ?? Array.from({ length: inputs.length / size }, (_, i) => i);
    const source = inputRows(inputs, this.data);
    const room = layout === "tokens" ? CHUNK_TOKENS : CHUNK_BYTES / 4;
    const most = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(room / size)));
    // Few sizes of chunks, whatever is asked for: each has a plan and memory of its own.
    const x = this.#chunk(Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(1, numbers.length)))));
    const values = this.#rowValues(x.size);
    const results: Float32Array[] = [];
    let waiting: Tensor[] = [];
    for (let start = 0; start < numbers.length; start += x.shape[0]) {
      // A last short chunk keeps rows of the one before behind its own: one plan serves them all.
      source.copy(values, Array.prototype.slice.call(numbers, start, start + x.shape[0]));
      x.write(values);
      const result = part(this.forward(x));
      evaluate([result]);
      waiting.push(result);
      if (waiting.length < CHUNKS_PER_READ && start + x.shape[0] < numbers.length) continue;
      results.push(...await read(waiting) as Float32Array[]);
      for (const tensor of waiting) tensor.dispose();
      waiting = [];
    }
    return join(results, numbers.length / x.shape[0]);
  }

  /** Host memory for rows as the device takes them. */
  #rowValues(size: number): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
    return this.data.layout === "tokens" ? new Int32Array(size) : new Float32Array(size);
  }

  #chunk(rows: number): Variable {
    let chunk = this.#chunks.get(rows);
    if (chunk === undefined) {
      const shape = [rows, ...this.data.inputShape];
      const size = shape.reduce((a, b) => a * b, 1);
      this.#chunks.set(rows, chunk = variable(tensor(this.#rowValues(size), { shape })));
    }
    return chunk;
  }
}

/** Refuses a part of a row, and rows that are not there. */
function checkRows(inputs: RawInputs, size: number, rows: ArrayLike<number> = []): void {
  const count = inputs.length / size;
  if (!Number.isInteger(count)) {
    throw new ShapeError(
      `Cannot apply a model to ${inputs.length} numbers: each row has ${size} of them`,
    );
  }
  const other = Array.prototype.find.call(
    rows,
    (row) => !Number.isInteger(row) || row < 0 || row >= count,
  );
  if (other === undefined) return;
  throw new ShapeError(
    `Cannot apply a model to row ${other}: the ${count} rows are numbered from 0 to ${count - 1}`,
  );
}

/** Refuses ids that the model has no row for: a lookup would give those of another word. */
function checkIds(inputs: RawInputs, { vocabulary }: DataShape): void {
  if (vocabulary === undefined) return;
  const ids = wholeInputs(inputs);
  const at = ids && firstOutside(ids, vocabulary.size);
  if (at === -1) return;
  const found = at === undefined ? "inputs are floats" : `input ${at} is ${ids![at]}`;
  throw new ShapeError(
    `Cannot apply a model of text: ${found}, token ids are integers from 0 to ${
      vocabulary.size - 1
    }`,
  );
}

/** Joins results; only a share of the last one may be asked for. */
function join(results: readonly Float32Array[], count: number): Float32Array<ArrayBuffer> {
  const length = results[0]?.length ?? 0;
  const joined = new Float32Array(Math.round(length * count));
  results.forEach((result, i) => {
    joined.set(result.subarray(0, joined.length - i * length), i * length);
  });
  return joined;
}
