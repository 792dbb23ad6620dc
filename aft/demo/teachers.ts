/** The demonstration's teachers: trained on plenty of data, then only their features are kept. */

import { deriveSeed, encodeSafetensors } from "../../nn/mod.ts";
import type { FeatureSplit, Teacher } from "../data/features.ts";
import { Trainer } from "../trainer.ts";
import type { RawInputs } from "../model.ts";
import { type Lesson, type Plan, type Task, teacherData } from "./task.ts";
import type { DemoTeacher } from "./types.ts";

/** Layers of every teacher; the last hidden one gives the features. */
const NETWORK = "mlp:128,64";

/** A teacher that has finished: what it is worth, and its features. */
export interface Taught {
  /** What is said of it, all but the probe. */
  readonly about: Omit<DemoTeacher, "probe">;
  /** Its features of the pool and of the test images. */
  readonly splits: { readonly train: FeatureSplit; readonly test: FeatureSplit };
}

/** Trains one teacher; yields the steps done, and returns undefined where it was stopped. */
export async function* teach(
  task: Task,
  lesson: Lesson,
  plan: Plan,
  signal: AbortSignal | undefined,
): AsyncGenerator<number, Taught | undefined> {
  const trainer = new Trainer(teacherData(task, lesson), {
    method: "stl",
    student: NETWORK,
    lr: 3e-3,
    steps: plan.teacherSteps,
    logEvery: Math.min(50, plan.teacherSteps),
    seed: deriveSeed(1, lesson.name),
  });
  for await (const progress of trainer.run({ signal })) {
    if (progress.event === "interrupted") return undefined;
    if (progress.event === "step") yield progress.step;
  }
  const score = trainer.test!.score;
  const { name, summary, labelOf } = lesson;
  const accuracy = labelOf && "accuracy" in score ? score.accuracy : null;
  const columns = trainer.model.width;
  const splits = await cacheFeatures(trainer, [task.pool.pixels, task.test.pixels]);
  return { about: { name, columns, summary, accuracy }, splits };
}

/** Features in half precision, divided by one number, so that no teacher weighs more by its scale. */
async function cacheFeatures(
  { model }: Trainer,
  [pool, test]: readonly [RawInputs, RawInputs],
): Promise<Taught["splits"]> {
  const train = await model.features(pool);
  const square = train.reduce((sum, value) => sum + value * value, 0) / train.length;
  const scale = 1 / Math.sqrt(square || 1);
  const halves = (features: Float32Array): FeatureSplit => {
    const values = new Uint16Array(Float16Array.from(features, (value) => value * scale).buffer);
    return { rows: features.length / model.width, columns: model.width, values, dtype: "f16" };
  };
  return { train: halves(train), test: halves(await model.features(test)) };
}

/** The features as the training loop takes them. */
export function teacherOf({ about, splits }: Taught, path: string): Teacher {
  return { name: about.name, path, columns: about.columns, splits, metadata: {} };
}

/** The features as a file. */
export function featureFile({ about, splits }: Taught): Uint8Array<ArrayBuffer> {
  const tensors = Object.entries(splits).map(([name, { rows, columns, values }]) =>
    [name, { dtype: "F16" as const, shape: [rows, columns], values }] as const
  );
  const { name, summary } = about;
  return encodeSafetensors(Object.fromEntries(tensors), { name, model: NETWORK, summary });
}
