/** The updates of student and method, and which of both a step is for. */

import {
  Adam,
  AdamW,
  type Optimiser,
  type OptimiserOptions,
  type OptimiserState,
  type ParameterGroup,
  SGD,
  type State,
} from "../../nn/mod.ts";
import type { TrainSettings } from "../config.ts";
import type { Regulariser } from "../methods/mod.ts";
import type { Model } from "../model.ts";
import { learningParts, type StepRecord } from "./objective.ts";

/**
 * The optimiser of student and method: what a method learns has its own rate and never decays. Where
 * scales take more steps than the student (`rhoSteps`), they have an optimiser of their own, so that
 * the running averages of a student that stands still stand still too.
 */
export class Updates {
  /** The optimiser of the student, and of all that is trained where that is one. */
  readonly optimiser: Optimiser;
  readonly #own: Optimiser | undefined;
  readonly #every: number;

  /**
   * @param settings Rates, decay, kind of optimiser.
   * @param model The student.
   * @param regulariser The method at work.
   */
  constructor(settings: TrainSettings, model: Model, regulariser: Regulariser | undefined) {
    const { lr, weightDecay, rhoSteps } = settings;
    const student = {
      name: "student",
      parameters: model.student.parameters(),
      rate: lr,
      decay: weightDecay,
    };
    const learned = groupsOf(settings, regulariser);
    const apart = rhoSteps > 1 && learned.length > 0;
    this.#every = rhoSteps;
    this.optimiser = optimiserOf(settings, apart ? [student] : [student, ...learned]);
    // No average of scales alone: evaluation does not ask for them.
    this.#own = apart ? optimiserOf({ ...settings, ema: 0 }, learned) : undefined;
  }

  /** Whether the student stands still in a step, counted from 0. */
  isFrozen(step: number): boolean {
    return this.#own !== undefined && (step + 1) % this.#every !== 0;
  }

  /** Records the updates of one step, with the schedule's factor. */
  take({ student, ...learned }: StepRecord["grads"], step: number, scale: number): void {
    if (this.#own === undefined) return this.optimiser.step({ student, ...learned }, { scale });
    this.#own.step(learned, { scale });
    if (!this.isFrozen(step)) this.optimiser.step({ student }, { scale });
  }

  /** Adds gradients to those that the step's update takes together. */
  accumulate({ student, ...learned }: StepRecord["grads"], step: number): void {
    if (this.#own === undefined) return this.optimiser.accumulate({ student, ...learned });
    this.#own.accumulate(learned);
    if (!this.isFrozen(step)) this.optimiser.accumulate({ student });
  }

  /** Running averages of all, after so many steps. */
  async state(): Promise<OptimiserState> {
    const state = await this.optimiser.state();
    const own = await this.#own?.state();
    return own ? { steps: own.steps, tensors: { ...state.tensors, ...own.tensors } } : state;
  }

  /** Goes back to a state. */
  load({ steps, tensors }: OptimiserState): void {
    if (this.#own === undefined) return this.optimiser.load({ steps, tensors });
    const entries = Object.entries(tensors);
    const part = (student: boolean): State =>
      Object.fromEntries(entries.filter(([name]) => /^[^.]+\.student\./.test(name) === student));
    this.optimiser.load({ steps: Math.floor(steps / this.#every), tensors: part(true) });
    this.#own.load({ steps, tensors: part(false) });
  }
}

/** Groups of what a method learns; a combination has one for each of its methods. */
function groupsOf(
  { lr, regulariserLr }: TrainSettings,
  regulariser: Regulariser | undefined,
): ParameterGroup[] {
  return learningParts(regulariser)
    .map(({ name, regulariser: { parameters, rate } }) => ({
      name,
      parameters,
      rate: rate === "regulariser" ? regulariserLr : lr,
      decay: 0,
    }));
}

function optimiserOf(settings: TrainSettings, groups: ParameterGroup[]): Optimiser {
  const { clipNorm, momentum, optimiser, ema } = settings;
  const options: OptimiserOptions = {
    ...clipNorm > 0 && { clip: clipNorm },
    ...ema > 0 && { ema },
  };
  if (optimiser === "sgd") return new SGD(groups, { ...options, momentum });
  return optimiser === "adamw" ? new AdamW(groups, options) : new Adam(groups, options);
}
