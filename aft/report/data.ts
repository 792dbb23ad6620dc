/**
 * What a report is made from: plain values, as they stand in a run's configuration and log.
 *
 * @module
 */

import type { ScaleReport } from "../rho.ts";

/** One line of the training log: means over the batches since the line before. */
export interface ReportMetric {
  /** Step after which the line was written, from 1. */
  readonly step: number;
  /** Task loss on training batches: cross-entropy in nats, or squared error. */
  readonly taskLoss: number;
  /** Value of the regulariser before it is multiplied by beta, such as AFT's gap. */
  readonly regulariser?: number;
  /** Share of training rows answered correctly, from 0 to 1. */
  readonly accuracy?: number;
  /** The student's learning rate at this step. */
  readonly learningRate?: number;
}

/** Evaluation of a whole split during or after training. */
export interface ReportEvaluation {
  /** Step after which the split was evaluated. */
  readonly step: number;
  /** Which split. */
  readonly split: "val" | "test";
  /** Task loss on the whole split. */
  readonly loss: number;
  /** Share of rows answered correctly, from 0 to 1. */
  readonly accuracy?: number;
  /** Mean absolute error, in units of the label. */
  readonly mae?: number;
  /** Coefficient of determination, 1 being perfect and 0 the mean of the labels. */
  readonly r2?: number;
  /** What the scales said at this step, from `explainScales`. */
  readonly scales?: ScaleReport;
}

/** How good the student is on the whole test split. */
export interface ReportResult {
  /** Task loss. */
  readonly loss: number;
  /** Share of rows answered correctly, from 0 to 1. */
  readonly accuracy?: number;
  /** Mean absolute error, in units of the label. */
  readonly mae?: number;
  /** Coefficient of determination. */
  readonly r2?: number;
  /** Number of rows; by default counted from the confusion matrix. */
  readonly rows?: number;
  /**
   * Share of rows in the split's most frequent class, which answering always that class would
   * reach; by default counted from the confusion matrix.
   */
  readonly majority?: number;
}

/** A true value of the test split beside what the student made of it. */
export interface ReportPrediction {
  /** The label. */
  readonly true: number;
  /** The prediction. */
  readonly predicted: number;
}

/** A command that the reader can paste into a terminal. */
export interface ReportCommand {
  /** What it is for, a few words. */
  readonly purpose: string;
  /** The command, quoted for a shell. */
  readonly command: string;
}

/** Everything a report shows. Parts that are missing leave out their section, never the page. */
export interface ReportData {
  /** Name of the run, such as its folder. */
  readonly title: string;
  /**
   * Configuration of the run; nested values are shown with dotted names. `method`, `beta`, `data`
   * and `steps` also serve the headline and the commands.
   */
  readonly config: Record<string, unknown>;
  /** What the labels are. */
  readonly task: "classification" | "regression";
  /** Class names in the order of class numbers; empty for regression. */
  readonly classes: readonly string[];
  /** Lines of the training log, steps rising. */
  readonly metrics: readonly ReportMetric[];
  /** Evaluations, steps rising. */
  readonly evaluations: readonly ReportEvaluation[];
  /** Result on the test split; leave out where it was not evaluated. */
  readonly final?: ReportResult;
  /** Test rows by true class (rows) and predicted class (columns). */
  readonly confusion?: readonly (readonly number[])[];
  /** Test rows of a regression; at most 500 of them, evenly spread, are drawn. */
  readonly predictions?: readonly ReportPrediction[];
  /** What the learned scales say, from `explainScales`. */
  readonly scales?: ScaleReport;
  /** Adapter, versions, and `seconds` of training; nested values are shown with dotted names. */
  readonly environment: Record<string, unknown>;
  /** Files of the run, relative to the report or absolute; the checkpoint's serves the commands. */
  readonly files: readonly string[];
  /** Commands to show in place of those made from `files` and `config.data`. */
  readonly commands?: readonly ReportCommand[];
  /** Whether the run was stopped before its last step. */
  readonly interrupted?: boolean;
}
