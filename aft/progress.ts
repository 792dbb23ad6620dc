/** What a run says while it goes on: plain objects, one line of JSON each. */

import type { WorkStep } from "./bit_by_bit.ts";
import type { RowCounts, TeacherColumns } from "./checkpoint.ts";
import type { Score } from "./evaluate.ts";
import type { ScaleReport } from "./rho.ts";
import type { StartWeights } from "./start_weights.ts";

/** Data of many files are being read; said before the run begins. */
export interface ReadingProgress extends WorkStep {
  /** Kind of progress. */
  readonly event: "reading";
  /** Updates taken: none. */
  readonly step: 0;
}

/** The student starts from weights of a file; said before the run begins. */
export interface InitProgress extends StartWeights {
  /** Kind of progress. */
  readonly event: "init";
  /** Updates taken: none. */
  readonly step: 0;
  /** The file. */
  readonly file: string;
}

/** The run begins, or goes on. */
export interface StartProgress {
  /** Kind of progress. */
  readonly event: "start";
  /** Updates taken before; above 0 for a run that is resumed. */
  readonly step: number;
  /** Updates of the whole run. */
  readonly steps: number;
  /** Transfer method. */
  readonly method: string;
  /** Student. */
  readonly student: string;
  /** Rank of the changes that are trained in place of its weights, where that is so. */
  readonly lora?: number;
  /** Numbers that are trained, the method's included. */
  readonly parameters: number;
  /** Rows in use. */
  readonly rows: RowCounts;
  /** Rows of a batch. */
  readonly batch: number;
  /** Teachers in use. */
  readonly teachers: readonly TeacherColumns[];
  /** What lies on the device for the whole run; the rest travels batch by batch. */
  readonly onDevice: readonly string[];
  /** Name of the GPU. */
  readonly device: string;
}

/** The method looks at the training rows before the first step, which takes a while. */
export interface PreparationProgress extends WorkStep {
  /** Kind of progress. */
  readonly event: "preparation";
  /** Updates taken: none. */
  readonly step: 0;
}

/** A line of the log: means over the batches since the line before. */
export interface StepProgress {
  /** Kind of progress. */
  readonly event: "step";
  /** Updates taken. */
  readonly step: number;
  /** Task loss: cross-entropy in nats, or squared error in units of the labels. */
  readonly taskLoss: number;
  /** The method's loss before it is multiplied by beta; missing for a method without. */
  readonly regulariser?: number;
  /** Classification: share of rows answered correctly, from 0 to 1. */
  readonly accuracy?: number;
  /** The student's learning rate in the last of these steps. */
  readonly learningRate: number;
  /** Seconds of training so far. */
  readonly seconds: number;
}

/** A whole split was evaluated. */
export type EvaluationProgress = {
  /** Kind of progress. */
  readonly event: "evaluation";
  /** Updates taken. */
  readonly step: number;
  /** Which split. */
  readonly split: "val" | "test";
  /** What the method's scales say at this step; missing for a method without. */
  readonly scales?: ScaleReport;
} & Score;

/** A checkpoint was written. */
export interface CheckpointProgress {
  /** Kind of progress. */
  readonly event: "checkpoint";
  /** Updates taken. */
  readonly step: number;
  /** The file. */
  readonly checkpoint: string;
}

/** The last step is done: the last event of a run. */
export interface DoneProgress {
  /** Kind of progress. */
  readonly event: "done";
  /** Updates taken. */
  readonly step: number;
  /** Score on the whole test split. */
  readonly test: Score;
  /** Seconds of training in all, those before a resumption included. */
  readonly seconds: number;
  /** The file with the final weights, where one was written. */
  readonly checkpoint?: string;
}

/** The run was asked to stop, and did: the last event of a run that can be resumed. */
export interface InterruptedProgress {
  /** Kind of progress. */
  readonly event: "interrupted";
  /** Updates taken. */
  readonly step: number;
  /** The file to resume from, where one was written. */
  readonly checkpoint?: string;
}

/** What a run says while it goes on. */
export type Progress =
  | ReadingProgress
  | InitProgress
  | StartProgress
  | PreparationProgress
  | StepProgress
  | EvaluationProgress
  | CheckpointProgress
  | DoneProgress
  | InterruptedProgress;
