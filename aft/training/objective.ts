/** What training makes small: task loss + beta * regulariser. */

import {
  add,
  argmax,
  cast,
  equal,
  type Grads,
  mul,
  reshape,
  stack,
  sum,
  type Tensor,
  valueAndGradWithAux,
  type Variable,
  zeros,
} from "../../gpu/mod.ts";
import { crossEntropy, meanSquaredError } from "../../nn/mod.ts";
import type { TrainSettings } from "../config.ts";
import type { TaskKind } from "../data/types.ts";
import type { MethodBatch, MethodPart, Regulariser } from "../methods/mod.ts";
import type { Model } from "../model.ts";
import { scaler } from "./scaling.ts";

/** Variables that are trained: the student's, and the method's where it has any. */
export type TrainedParameters = Record<string, Record<string, Variable>>;

/** One batch on the device. */
export interface Batch {
  /** Raw inputs, `[batch, ...inputShape]`. */
  readonly inputs: Tensor;
  /** Class numbers, or standardised values, `[batch]`. */
  readonly labels: Tensor;
  /** Teachers' features side by side, `[batch, columns]`; missing for a method without. */
  readonly features?: Tensor;
  /** Places of these rows among the training rows in use, u32 `[batch]`. */
  readonly positions: Tensor;
}

/** The methods at work that learn something, each with the name of its group. */
export function learningParts(regulariser: Regulariser | undefined): readonly MethodPart[] {
  if (regulariser === undefined) return [];
  const parts = regulariser.parts ?? [{ name: "regulariser", regulariser }];
  return parts.filter(({ regulariser }) => Object.keys(regulariser.parameters).length > 0);
}

/** What a step records: gradients, and `[task, regulariser, correct]` for the log. */
export interface StepRecord {
  readonly grads: Grads<TrainedParameters>;
  readonly told: Tensor;
}

/** The total loss of a student and a method. */
export class Objective {
  /** What it is differentiated by. */
  readonly parameters: TrainedParameters;
  readonly #settings: TrainSettings;
  readonly #model: Model;
  readonly #regulariser: Regulariser | undefined;
  readonly #standardise: (psi: Tensor) => Tensor;

  /**
   * @param settings Beta, label smoothing, whether teachers are standardised.
   * @param model The student with its normalisation.
   * @param regulariser The method at work.
   */
  constructor(settings: TrainSettings, model: Model, regulariser: Regulariser | undefined) {
    this.#settings = settings;
    this.#model = model;
    this.#regulariser = regulariser;
    const learned = learningParts(regulariser).map(({ name, regulariser }) => {
      return [name, regulariser.parameters] as const;
    });
    this.parameters = { student: model.student.parameters(), ...Object.fromEntries(learned) };
    const { teacher } = model.scaling;
    this.#standardise = settings.standardise && teacher
      ? scaler(teacher, [teacher.mean.length])
      : (psi) => psi;
  }

  /**
   * Records losses and gradients of a batch.
   *
   * @param batch The rows.
   * @param step Seeds what student and method draw.
   * @param frozen Whether the student stands still in this step.
   */
  record(batch: Batch, step: number, frozen = false): StepRecord {
    const losses = (_parameters: TrainedParameters) => this.#losses(batch, step, frozen);
    const { aux, grads } = valueAndGradWithAux(losses)(this.parameters);
    return { grads, told: aux };
  }

  #losses(batch: Batch, step: number, frozen: boolean): { loss: Tensor; aux: Tensor } {
    const { inputs, labels, positions } = batch;
    // A student that stands still is applied as outside training: its running statistics stay.
    const { logits, features } = this.#model.forward(inputs, frozen ? undefined : step);
    const { task, correct } = taskLoss(this.#model.data.task, logits, labels, this.#settings);
    if (this.#regulariser === undefined) {
      return { loss: task, aux: stack([task, zeros([]), correct]) };
    }
    const teacher = batch.features ? this.#standardise(batch.features) : zeros([labels.size, 1]);
    const seen = { features, logits, teacher, labels, positions, seed: step };
    const { added, told } = this.#added(seen);
    return { loss: add(task, added), aux: stack([task, told, correct]) };
  }

  /**
   * What methods add to the task loss, and what is told of it: the loss of a single method before its
   * beta; of a combination, whose losses have units of their own, what they add together.
   */
  #added(batch: MethodBatch): { added: Tensor; told: Tensor } {
    const { parts } = this.#regulariser!;
    const betas = [this.#settings.beta].flat();
    if (parts === undefined) {
      const told = this.#regulariser!.loss(batch);
      return { added: mul(told, betas[0]), told };
    }
    const weighted = parts.map(({ regulariser }, i) => mul(regulariser.loss(batch), betas[i]));
    const added = weighted.reduce((a, b) => add(a, b));
    return { added, told: added };
  }
}

/** Cross-entropy of class numbers, or squared error of standardised values. */
function taskLoss(
  task: TaskKind,
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing }: TrainSettings,
): { task: Tensor; correct: Tensor } {
  if (task === "regression") {
    const values = reshape(logits, labels.shape); // [batch, 1] -> [batch]
    return { task: meanSquaredError(values, labels), correct: zeros([]) };
  }
  return {
    task: crossEntropy(logits, labels, { labelSmoothing }),
    correct: sum(cast(equal(argmax(logits, { axis: 1 }), labels), "f32")),
  };
}
