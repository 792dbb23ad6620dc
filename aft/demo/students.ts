/** The demonstration's students: the same few labels, with and without teachers. */

import type { Teacher } from "../data/features.ts";
import type { Evaluation } from "../evaluate.ts";
import { type MethodName, methods } from "../methods/mod.ts";
import type { EvaluationProgress, StepProgress } from "../progress.ts";
import { Trainer } from "../trainer.ts";
import type { TrainingData } from "../training/prepare.ts";
import type { Plan } from "./task.ts";

/** Methods that are compared, in the order of the table. */
export const COMPARED: readonly MethodName[] = ["stl", "kd", "aft"];

/** Layers of every student. */
export const STUDENT = "mlp:64,64";

/** Which student is trained. */
export interface Choice {
  /** Transfer method. */
  readonly method: MethodName;
  /** Its strength. */
  readonly beta: number;
  /** Decides labelled rows, start values and batches: the same ones for every method. */
  readonly seed: number;
}

/** A student that has finished. */
export interface Trained extends Choice {
  /** The trainer, for its model and its scales. */
  readonly trainer: Trainer;
  /** What it is worth on the test images. */
  readonly test: Evaluation & { readonly score: { readonly accuracy: number } };
  /** Cross-entropy on the validation images, where there are any. */
  readonly validation: number | undefined;
  /** Lines of its log. */
  readonly metrics: readonly StepProgress[];
  /** Evaluations in its log. */
  readonly evaluations: readonly EvaluationProgress[];
  /** How long it took. */
  readonly seconds: number;
}

/** What all students share. */
export interface Classroom {
  /** The labelled images. */
  readonly data: TrainingData;
  /** Cached features. */
  readonly teachers: readonly Teacher[];
  /** Sizes. */
  readonly plan: Plan;
  /** Stops a run. */
  readonly signal: AbortSignal | undefined;
}

/** Trains one student; yields the steps done, and returns undefined where it was stopped. */
export async function* study(
  { data, teachers, plan, signal }: Classroom,
  { method, beta, seed }: Choice,
): AsyncGenerator<number, Trained | undefined> {
  const validates = plan.betas.length > 1 && methods[method].usesTeachers && seed === 0;
  const trainer = new Trainer(data, {
    ...{ method, beta, seed, teachers },
    student: STUDENT,
    steps: plan.studentSteps,
    logEvery: Math.min(20, plan.studentSteps),
    trainSize: plan.labelled,
    valSize: validates ? plan.validation : 0, // drawn after the training rows: these stay the same
  });
  const metrics: StepProgress[] = [];
  const evaluations: EvaluationProgress[] = [];
  let seconds = 0;
  for await (const progress of trainer.run({ signal })) {
    if (progress.event === "interrupted") return undefined;
    if (progress.event === "evaluation") evaluations.push(progress);
    if (progress.event === "done") seconds = progress.seconds;
    if (progress.event !== "step") continue;
    metrics.push(progress);
    yield progress.step;
  }
  return {
    ...{ method, beta, seed, trainer, metrics, evaluations, seconds },
    test: trainer.test as Trained["test"],
    validation: evaluations.find(({ split }) => split === "val")?.loss,
  };
}

/** The strength whose student has the smallest cross-entropy on the validation images. */
export function bestTrial(trials: readonly Trained[]): Trained {
  const loss = ({ validation = Infinity }: Trained) => validation;
  return trials.reduce((best, trial) => loss(trial) < loss(best) ? trial : best);
}
