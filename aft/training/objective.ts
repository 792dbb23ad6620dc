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
import type { Regulariser } from "../methods/mod.ts";
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
    const student = model.student.parameters();
    const learned = regulariser?.parameters ?? {};
    this.parameters = Object.keys(learned).length > 0
      ? { student, regulariser: learned }
      : { student };
    const { teacher } = model.scaling;
    this.#standardise = settings.standardise && teacher
      ? scaler(teacher, [teacher.mean.length])
      : (psi) => psi;
  }

  /** Records losses and gradients of a batch; `step` seeds what the student draws. */
  record(batch: Batch, step: number): StepRecord {
    const losses = (_parameters: TrainedParameters) => this.#losses(batch, step);
    const { aux, grads } = valueAndGradWithAux(losses)(this.parameters);
    return { grads, told: aux };
  }

  #losses({ inputs, labels, features: psi }: Batch, step: number): { loss: Tensor; aux: Tensor } {
    const { logits, features } = this.#model.forward(inputs, step);
    const { task, correct } = taskLoss(this.#model.data.task, logits, labels, this.#settings);
    if (this.#regulariser === undefined || psi === undefined) {
      return { loss: task, aux: stack([task, zeros([]), correct]) };
    }
    const teacher = this.#standardise(psi);
    const regulariser = this.#regulariser.loss({ features, logits, teacher, labels });
    const loss = add(task, mul(regulariser, this.#settings.beta));
    return { loss, aux: stack([task, regulariser, correct]) };
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
