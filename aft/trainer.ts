/** The trainer: one student, one method, one loop. */

import { currentGpu, submit } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { deriveSeed, type Optimiser, parseSchedule, type Schedule } from "../nn/mod.ts";
import { type Checkpoint, firstBroken, type RowCounts } from "./checkpoint.ts";
import { resolveSettings, type TrainConfig, type TrainSettings } from "./config.ts";
import type { ChosenRows } from "./data/split.ts";
import type { Split } from "./data/types.ts";
import { evaluateModel, type Evaluation } from "./evaluate.ts";
import { type Method, methodOf, type Regulariser } from "./methods/mod.ts";
import { preparing } from "./methods/preparation.ts";
import { scalesIn } from "./methods/rho_values.ts";
import { Model } from "./model.ts";
import type {
  EvaluationProgress,
  PreparationProgress,
  Progress,
  StartProgress,
  StepProgress,
} from "./progress.ts";
import type { ScaleReport } from "./rho.ts";
import { requireFinite } from "./training/error.ts";
import { type Fingerprints, fingerprintsOf } from "./training/fingerprint.ts";
import { Meter } from "./training/meter.ts";
import { Objective } from "./training/objective.ts";
import { BatchOrder } from "./training/order.ts";
import { preparationOf } from "./training/preparation.ts";
import {
  type BatchPart,
  checkData,
  measureScaling,
  rowsInUse,
  shapeOf,
  type TeacherFeatures,
  type TrainingData,
  trainingRows,
} from "./training/prepare.ts";
import { dataFor } from "./training/tokens.ts";
import { checkSameData, loadMethod, stateOf } from "./training/restore.ts";
import { BatchRows, type Placement } from "./training/rows.ts";
import { Updates } from "./training/updates.ts";
import { scalesOf } from "./training/scales.ts";

/** Options of {@linkcode Trainer}. */
export interface TrainerOptions extends Partial<TrainSettings> {
  /** Teachers' features, in the order of their columns; a method without teachers ignores them. */
  readonly teachers?: readonly TeacherFeatures[];
  /** Where training rows lie: on the device where they fit (`auto`), always there, or never. */
  readonly placement?: Placement;
}

/** Options of {@linkcode Trainer.run}. */
export interface RunOptions {
  /** Stops the run before its next step. */
  readonly signal?: AbortSignal;
  /** Keeps a checkpoint and says where; called when one is due, at a stop, and at the end. */
  readonly save?: (trainer: Trainer) => Promise<string>;
  /** Steps between checkpoints; default 0, none before the end. */
  readonly checkpointEvery?: number;
  /** Seconds that were trained before, in a run that is resumed; default 0. */
  readonly secondsBefore?: number;
}

/** Milliseconds after which the host waits for the device, so that signals are seen in time. */
const BREATH = 100;
/** Times that a long preparation says how far it is, at most. */
const PREPARATION_LINES = 20;

/**
 * Trains a student on labelled rows in memory, with the help of teachers' features. Open the GPU
 * first. For classification the task loss is the cross-entropy; for regression it is the squared
 * error of values that are learned at mean 0 and variance 1 (so that beta means the same whatever
 * the unit) and reported in units of the labels.
 *
 * @example
 * ```ts
 * import { openGpu } from "@aft/aft/gpu";
 * import { Trainer } from "@aft/aft/aft";
 * import { assert } from "@std/assert";
 *
 * await openGpu();
 * const inputs = Float32Array.from({ length: 64 }, (_, i) => i % 8);
 * const labels = Int32Array.from({ length: 64 }, (_, i) => i % 8 < 4 ? 0 : 1);
 * const split = { rows: 64, inputs, labels, labelled: true };
 * const features = { rows: 64, columns: 1, values: inputs, dtype: "f32" as const };
 * const trainer = new Trainer({
 *   inputShape: [1],
 *   layout: "table",
 *   task: "classification",
 *   classes: ["low", "high"],
 *   splits: { train: split, test: split },
 * }, {
 *   method: "aft",
 *   beta: 1,
 *   teachers: [{ name: "ruler", columns: 1, splits: { train: features } }],
 *   ...{ student: "mlp:8", batchSize: 32, steps: 40, lr: 0.05 },
 * });
 *
 * let accuracy = 0;
 * for await (const progress of trainer.run()) {
 *   if (progress.event === "done" && "accuracy" in progress.test) accuracy = progress.test.accuracy;
 * }
 * assert(accuracy > 0.9);
 * ```
 */
export class Trainer {
  /** All settings, defaults filled in. */
  readonly settings: TrainSettings;
  /**
   * The student with its normalisation, at the weights that are trained; where `ema` is set,
   * evaluations are those of `optimiser.withAverage()`.
   */
  readonly model: Model;
  /** The method at work; undefined for one that adds nothing to the task loss. */
  readonly regulariser: Regulariser | undefined;
  /** The optimiser of student and method. */
  readonly optimiser: Optimiser;
  /** Teachers in use. */
  readonly teachers: readonly TeacherFeatures[];
  /** Numbers of the training and validation rows in use. */
  readonly chosen: ChosenRows;
  readonly #data: TrainingData;
  readonly #order: BatchOrder;
  readonly #updates: Updates;
  readonly #batches: BatchRows<BatchPart>;
  readonly #schedule: Schedule;
  readonly #objective: Objective;
  readonly #meter: Meter = new Meter();
  #step = 0;
  #test: Evaluation | undefined;
  #fingerprints: Fingerprints | undefined;

  /**
   * Draws the rows in use, takes their statistics, and makes student, method and optimiser.
   *
   * @param rows Labelled rows; integers are token ids to a student that reads text.
   * @param options Settings that differ from the defaults, and teachers.
   * @throws {ConfigError} If a setting is out of range, or does not go with the data.
   * @throws {ShapeError} If features are not as many as training rows.
   */
  constructor(rows: TrainingData, options: TrainerOptions) {
    const { teachers = [], placement, ...given } = options;
    const settings = resolveSettings(given);
    const method = methodOf(settings.method);
    const data = dataFor(settings.student, rows);
    this.#data = data;
    this.settings = settings;
    this.teachers = method.usesTeachers ? teachers : [];
    if (method.usesTeachers && teachers.length === 0) {
      throw new ConfigError(`Cannot train with method ${method.name}: it needs a teacher`, {
        field: "features",
        value: [],
      });
    }
    checkData(data, this.teachers, settings);
    this.chosen = rowsInUse(data, settings);
    const { train } = this.chosen;
    const scaling = measureScaling(data, this.teachers, train);
    this.model = new Model({ ...settings, data: shapeOf(data), scaling });
    this.regulariser = this.#makeMethod(method);
    this.#updates = new Updates(settings, this.model, this.regulariser);
    this.optimiser = this.#updates.optimiser;
    this.#order = new BatchOrder(train.length, settings.batchSize, settings.seed);
    this.#schedule = parseSchedule(settings.schedule);
    this.#batches = new BatchRows(trainingRows(data, this.teachers, scaling, settings), {
      size: this.#order.size,
      inUse: train,
      placement,
    });
    this.#objective = new Objective(settings, this.model, this.regulariser);
  }

  #makeMethod(method: Method): Regulariser | undefined {
    const blocks = this.teachers.map(({ columns }) => columns);
    const { task, classes } = this.model.data;
    return method.create({
      features: this.model.width,
      teacher: blocks.reduce((a, b) => a + b, 0),
      blocks,
      outputs: task === "classification" ? classes.length : 1,
      rows: this.chosen.train.length,
      student: this.model.student.parameters(),
      seed: deriveSeed(this.settings.seed, "regulariser"),
    }, this.settings);
  }

  /** Lets the method look at the training rows, once; what it finds is in every checkpoint. */
  async *#prepare(signal?: AbortSignal): AsyncGenerator<PreparationProgress> {
    const { teachers, model, settings, chosen, regulariser } = this;
    if (regulariser === undefined || signal?.aborted) return;
    const run = { data: this.#data, teachers, inUse: chosen.train, model, settings };
    let told = 0;
    for await (const { done, of } of preparing(regulariser, preparationOf(run))) {
      if (signal?.aborted) return;
      const line = Math.floor(PREPARATION_LINES * done / of);
      if (line > told) yield { event: "preparation", step: 0, done, of };
      told = line;
    }
  }

  /** Updates taken. */
  get step(): number {
    return this.#step;
  }

  /** Rows in use of each split. */
  get rows(): RowCounts {
    const { splits } = this.#data;
    const [val] = this.#splitRows("val");
    const count = this.chosen.val.length || (val?.rows ?? 0);
    return { train: this.chosen.train.length, val: count, test: splits.test.rows };
  }

  /** What the test split said after the last step. */
  get test(): Evaluation | undefined {
    return this.#test;
  }

  /**
   * Trains to the last step, or until it is asked to stop. Nothing is waited for within a step: sums
   * stay on the device until a line of the log is due.
   *
   * @param options Stop signal and where checkpoints go.
   * @returns Progress as it happens, last of all `done` or `interrupted`.
   * @throws {TrainingError} If a loss or a weight is not finite any more.
   * @throws {GpuError} If the device fails.
   */
  async *run(options: RunOptions = {}): AsyncGenerator<Progress> {
    const { signal, save, checkpointEvery = 0, secondsBefore = 0 } = options;
    const { steps, logEvery, evalEvery } = this.settings;
    const start = performance.now();
    const seconds = () => secondsBefore + (performance.now() - start) / 1000;
    const isDue = (every: number) => every > 0 && this.#step % every === 0;
    let breath = start;

    yield this.#started();
    if (this.#step === 0) yield* this.#prepare(signal);
    while (this.#step < steps) {
      if (signal?.aborted) {
        yield { event: "interrupted", step: this.#step, checkpoint: await save?.(this) };
        return;
      }
      this.#update();
      const isLast = this.#step === steps;
      if (isDue(logEvery) || isLast) yield await this.#logLine(seconds());
      else if (performance.now() - breath > BREATH) {
        await currentGpu().settled();
        breath = performance.now();
      }
      if (isLast) break;
      if (isDue(evalEvery)) yield await this.#evaluated(this.rows.val > 0 ? "val" : "test");
      if (isDue(checkpointEvery) && save) {
        yield { event: "checkpoint", step: this.#step, checkpoint: await save(this) };
      }
    }
    if (this.rows.val > 0) yield await this.#evaluated("val");
    yield await this.#evaluated("test");
    const checkpoint = await save?.(this);
    const { score } = this.#test!;
    yield { event: "done", step: this.#step, test: score, seconds: seconds(), checkpoint };
  }

  /** One step: the batches of its update, each recorded and sent as one submit. */
  #update(): void {
    const { accumulate, steps } = this.settings;
    const scale = this.#schedule(this.#step, steps);
    const frozen = this.#updates.isFrozen(this.#step);
    const end = (this.#step + 1) * accumulate;
    for (let batch = end - accumulate; batch < end; batch++) {
      this.#batches.load(this.#order.at(batch));
      const rows = { ...this.#batches.batch(), positions: this.#batches.positions };
      const { grads, told } = this.#objective.record(rows, batch, frozen);
      if (batch < end - 1) this.#updates.accumulate(grads, this.#step);
      else this.#updates.take(grads, this.#step, scale);
      this.#meter.add(told);
      submit();
    }
    this.#step++;
  }

  #started(): StartProgress {
    const { steps, method, student, lora } = this.settings;
    const { description, device, vendor } = currentGpu().info;
    const variables = Object.values(this.#objective.parameters).flatMap((part) =>
      Object.values(part)
    );
    return {
      event: "start",
      step: this.#step,
      ...{ steps, method, student },
      ...lora > 0 && { lora },
      parameters: variables.reduce((total, { size }) => total + size, 0),
      rows: this.rows,
      batch: this.#order.size,
      teachers: this.#teacherColumns(),
      onDevice: this.#batches.onDevice,
      device: description || device || vendor,
    };
  }

  /** The one readback of a line: means of what the device has summed up. */
  async #logLine(seconds: number): Promise<StepProgress> {
    const { logEvery, steps, lr, accumulate } = this.settings;
    const step = this.#step;
    const count = step - Math.floor((step - 1) / logEvery) * logEvery;
    const { task, regulariser, correct } = await this.#meter.take(count * accumulate);
    const learningRate = lr * this.#schedule(step - 1, steps);
    const { labels } = this.model.scaling;
    const taskLoss = task * (labels ? labels.deviation[0] ** 2 : 1);
    this.#refuseBroken("the task loss", taskLoss, learningRate);
    if (this.regulariser) {
      const { undefinedWhere } = this.regulariser;
      this.#refuseBroken("the regulariser", regulariser, learningRate, undefinedWhere);
    }
    return {
      event: "step",
      step,
      taskLoss,
      ...this.regulariser && { regulariser },
      ...!labels && { accuracy: correct / this.#order.size },
      learningRate,
      seconds,
    };
  }

  #refuseBroken(what: string, loss: number, learningRate: number, reason?: string): void {
    requireFinite(what, loss, { step: this.#step, learningRate, reason });
  }

  async #evaluated(name: "val" | "test"): Promise<EvaluationProgress> {
    const rows = this.#splitRows(name) as [Split];
    const evaluation = await this.optimiser.withAverage(() => evaluateModel(this.model, ...rows));
    if (name === "test" && this.#step === this.settings.steps) this.#test = evaluation;
    const scales = await this.scales();
    const { score } = evaluation;
    return {
      event: "evaluation",
      step: this.#step,
      split: name,
      ...score,
      ...scales && { scales },
    };
  }

  /**
   * What the method's scales say now, learned or fixed.
   *
   * @returns Scale-free numbers per teacher; undefined for a method without scales.
   */
  async scales(): Promise<ScaleReport | undefined> {
    const { parameters = {}, constants = {} } = this.regulariser ?? {};
    const variable = scalesIn({ ...parameters, ...constants });
    if (variable === undefined) return undefined;
    const held = { s: { shape: variable.shape, values: await variable.data() } };
    const { teachers, settings, model: { scaling } } = this;
    return scalesOf(held, { teachers, settings, scaling });
  }

  /** A split, and which of its rows are meant where not all are. */
  #splitRows(name: "val" | "test"): [Split | undefined, Uint32Array?] {
    const { train, val, test } = this.#data.splits;
    if (name === "test") return [test];
    return this.chosen.val.length > 0 ? [train, this.chosen.val] : [val];
  }

  /** What tells this run's data from others', as a checkpoint keeps it. */
  #dataOfRun() {
    const { model: { data, scaling }, rows } = this;
    return {
      ...{ data, rows, scaling },
      fingerprints: this.#fingerprints ??= this.#takeFingerprints(),
      teachers: this.#teacherColumns(),
    };
  }

  #takeFingerprints(): Fingerprints {
    const [val, chosen] = this.#splitRows("val");
    const { train, test } = this.#data.splits;
    return fingerprintsOf({
      train: [train, this.chosen.train],
      ...val && { val: [val, chosen] },
      test: [test],
    }, this.teachers);
  }

  #teacherColumns() {
    return this.teachers.map(({ name, columns }) => ({ name, columns }));
  }

  /**
   * All that is needed to use the model or to go on later with the same bits.
   *
   * @param config Fields of the configuration beyond the settings, such as paths.
   * @returns The run at this step.
   * @throws {TrainingError} If a weight is not finite.
   */
  async checkpoint(config: Partial<TrainConfig> = {}): Promise<Checkpoint> {
    const { parameters = {}, constants = {} } = this.regulariser ?? {};
    const student = await this.model.student.state();
    const regulariser = await stateOf(parameters);
    const fixed = await stateOf(constants);
    const optimiser = await this.#updates.state();
    const metrics = await this.#meter.sums();
    const broken = firstBroken(student, regulariser, optimiser.tensors);
    if (broken) this.#refuseBroken(`a number of ${broken.name}`, broken.value, this.settings.lr);
    return {
      step: this.#step,
      config: { ...config, ...this.settings },
      ...this.#dataOfRun(),
      ...{ student, regulariser, constants: fixed, optimiser, metrics },
      ...this.#test && { test: this.#test.score },
    };
  }

  /**
   * Goes back to a checkpoint of a run with the same settings and data.
   *
   * @param checkpoint What {@linkcode Trainer.checkpoint} gave.
   * @throws {ConfigError} If it is of other data or teachers, or of another student.
   */
  restore(checkpoint: Checkpoint): void {
    const { step, student, regulariser, constants, optimiser, metrics } = checkpoint;
    checkSameData(checkpoint, this.#dataOfRun());
    this.model.student.load(student);
    loadMethod(this.regulariser?.parameters, regulariser);
    loadMethod(this.regulariser?.constants, constants);
    this.#updates.load(optimiser);
    this.#meter.load(metrics);
    this.#step = step;
  }

  /**
   * Gives back the memory on the device that holds training rows, at once instead of when nothing
   * refers to the trainer any more: for many runs one after the other. Training cannot go on then;
   * the model stays.
   */
  dispose(): void {
    this.#batches.dispose();
  }

  /** Same as {@link Trainer.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
