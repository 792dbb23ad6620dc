/** From a run to what its report shows. */

import { configToJson, type TrainConfig } from "../config.ts";
import type { EvaluationProgress, StepProgress } from "../progress.ts";
import type { ReportData } from "../report/data.ts";
import type { ScaleReport } from "../rho.ts";
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
