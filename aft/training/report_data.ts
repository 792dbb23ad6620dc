/** From a run to what its report shows. */

import { configToJson, type TrainConfig } from "../config.ts";
import type { EvaluationProgress, StepProgress } from "../progress.ts";
import type { ReportData } from "../report/data.ts";
import { explainScales, type ScaleReport } from "../rho.ts";
import type { RunFolder } from "../run.ts";
import type { Trainer } from "../trainer.ts";

/** What a report needs beside the trainer, its folder and facts about the machine. */
export function reportData(
  config: TrainConfig,
  trainer: Trainer,
  folder: RunFolder,
  scales: ScaleReport | undefined,
  { files, ...facts }: { files: readonly string[]; [fact: string]: unknown },
): ReportData {
  const { test, step } = trainer;
  const { task, classes } = trainer.model.data;
  const { lines } = folder;
  const ofKind = <K extends string>(event: K) => lines.filter((line) => line.event === event);
  return {
    title: folder.path,
    config: configToJson(config),
    task,
    classes,
    metrics: ofKind("step") as StepProgress[],
    evaluations: ofKind("evaluation") as EvaluationProgress[],
    ...test && { final: { ...test.score, rows: test.rows } },
    ...test?.confusion && { confusion: test.confusion },
    ...test?.predictions && { predictions: test.predictions },
    ...scales && { scales },
    environment: { ...facts, rows: trainer.rows, seconds: folder.seconds },
    files: [...files, folder.checkpoint, folder.metrics, folder.config],
    interrupted: step < config.steps,
  };
}

/** What learned (or fixed) scales say, where the method has any. */
export async function scalesOf(trainer: Trainer): Promise<ScaleReport | undefined> {
  const { parameters = {}, constants = {} } = trainer.regulariser ?? {};
  const s = parameters.s ?? constants.s;
  const { teacher } = trainer.model.scaling;
  if (s === undefined || teacher === undefined) return undefined;
  const variances = trainer.settings.standardise
    ? teacher.variance.map((variance, i) => variance / teacher.deviation[i] ** 2)
    : teacher.variance;
  return explainScales(await s.data(), variances, trainer.teachers);
}
