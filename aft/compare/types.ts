/** What a comparison is asked, what it keeps, and what it says. */

import type { TrainConfig, TrainSettings } from "../config.ts";
import type { TaskKind } from "../data/types.ts";
import type { Score } from "../evaluate.ts";
import type { ScaleReport } from "../rho.ts";

/** Which of the feature files a method draws on: all together, each alone, every two. */
export type TeacherSets = "all" | "each" | "pairs";

/** One part of a comparison whose runs are shared among several processes, counted from 1. */
export interface Shard {
  /** Which part, from 1 to `count`. */
  readonly index: number;
  /** How many parts. */
  readonly count: number;
}

/** Options of {@linkcode compare}. */
export interface CompareOptions {
  /**
   * What all runs have in common: data, features, student, steps and so on. Method, strength, sizes
   * and run folder are the comparison's own.
   */
  readonly base: Partial<TrainConfig>;
  /** Methods as `parseMethodEntry` reads them, such as `aft` or `aft:rho=fixed`. */
  readonly methods: readonly string[];
  /** Folder of the comparison. */
  readonly out: string;
  /** Runs of each method, seeds `base.seed` and following; default 10. */
  readonly seeds?: number;
  /** Numbers of training rows, 0 for all; default all. */
  readonly trainSizes?: readonly number[];
  /** Strengths to choose from by validation rows; default 1, 3, 10, 30, 100. One is taken as it is. */
  readonly betas?: readonly number[];
  /** Seeds by which a strength is chosen; default 2. */
  readonly tuneSeeds?: number;
  /** Numbers of noise columns beside the teachers'; default 0 alone. */
  readonly noise?: readonly number[];
  /** Sets of teachers; default all together. */
  readonly teacherSets?: readonly TeacherSets[];
  /** Whether linear probes of the teachers are fitted, where their test rows are cached; default true. */
  readonly probe?: boolean;
  /** Runs at a time, each in a worker of its own where there are several; default 1. */
  readonly jobs?: number;
  /** The part to run; default all. */
  readonly shard?: Shard;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** Conditions that methods are compared under. */
export interface Setting {
  /** Training rows. */
  readonly trainSize: number;
  /** Noise columns beside the teachers'. */
  readonly noise: number;
  /** Names of the teachers. */
  readonly teachers: readonly string[];
}

/** One run: all that its numbers depend on, by which it has a name. */
export interface RunSpec {
  /** Its identity: a hash of what follows and of the files. */
  readonly key: string;
  /** Settings of training. */
  readonly settings: TrainSettings;
  /** Which of the feature files it reads. */
  readonly teachers: readonly number[];
  /** Noise columns. */
  readonly noise: number;
}

/** What came out of a run. */
export type RunResult = FinishedRun | {
  /** Why there is no student: its loss is not finite any more. */
  readonly failed: string;
};

/** What came out of a run that reached its last step. */
export interface FinishedRun {
  /** On the test rows. */
  readonly test: Score;
  /** On the validation rows, where there are any. */
  readonly val?: Score;
  /** What the scales say at the end, for methods that have any. */
  readonly scales?: ScaleReport;
  /** Seconds of training. */
  readonly seconds: number;
  /** Name of the GPU. */
  readonly device: string;
}

/** A run as its file keeps it. */
export interface RunRecord {
  /** Its identity. */
  readonly key: string;
  /** Its settings by the names of the flags. */
  readonly config: Record<string, unknown>;
  /** What came out. */
  readonly result: RunResult;
}

/** A run of one method: its identity, strength and seed. */
export interface CellRun {
  /** Identity of the run. */
  readonly key: string;
  /** Strength. */
  readonly beta: number;
  /** Seed. */
  readonly seed: number;
}

/** One method under one setting. */
export interface Cell {
  /** The method as it was written. */
  readonly method: string;
  /** Conditions. */
  readonly setting: Setting;
  /** Whether the method has a strength. */
  readonly hasStrength: boolean;
  /** Runs by which its strength is chosen; none where there is nothing to choose. */
  readonly tune: readonly CellRun[];
  /** Runs that the table is made from, for every strength that may be chosen. */
  readonly final: readonly CellRun[];
}

/** Linear probes of a set of teachers with a number of training rows. */
export interface ProbeCell {
  /** Training rows. */
  readonly trainSize: number;
  /** Names of the teachers. */
  readonly teachers: readonly string[];
  /** One probe for each of a few seeds. */
  readonly runs: readonly { readonly key: string; readonly seed: number }[];
}

/** A linear probe as its file keeps it. */
export interface ProbeRecord {
  /** Its identity. */
  readonly key: string;
  /** How good it is on the test rows. */
  readonly test: Score;
}

/** A comparison as `compare.json` keeps it: with the records of its runs it makes the table. */
export interface Comparison {
  /** Form of this file. */
  readonly version: 1;
  /** What labels mean. */
  readonly task: TaskKind;
  /** Classes of the data; none for values. */
  readonly classes: number;
  /** Steps of a run whose method has none of its own. */
  readonly steps: number;
  /** The student of a run whose method has none of its own. */
  readonly student: string;
  /** The labelled data. */
  readonly data: string;
  /** Feature files. */
  readonly features: readonly string[];
  /** The method that the others are compared with, as it was written. */
  readonly baseline?: string;
  /** Test rows. */
  readonly testRows: number;
  /** Validation rows by training size. */
  readonly validation: readonly { readonly trainSize: number; readonly rows: number }[];
  /** Columns of each teacher. */
  readonly columns: Readonly<Record<string, number>>;
  /** Every method under every setting. */
  readonly cells: readonly Cell[];
  /** What a linear model reads from the teachers; none where no method has any. */
  readonly probes: readonly ProbeCell[];
}

/** Share of one teacher in the energy of the scales. */
export interface EnergyShare {
  /** The teacher, or `noise`. */
  readonly name: string;
  /** Mean share over the seeds, from 0 to 1. */
  readonly share: number;
  /** Its share of the columns. */
  readonly columnShare: number;
}

/** One line of the table. Numbers are null where too few runs are there. */
export interface CompareRow {
  /** Method as it was written. */
  readonly method: string;
  /** Training rows. */
  readonly trainSize: number;
  /** Noise columns. */
  readonly noise: number;
  /** Teachers. */
  readonly teachers: readonly string[];
  /** Seeds that reached the end. */
  readonly seeds: number;
  /** Strength; null for a method without, or where it is not chosen yet. */
  readonly beta: number | null;
  /** Mean test accuracy from 0 to 1; for regression the coefficient of determination. */
  readonly accuracyMean: number | null;
  /** Its standard deviation over seeds. */
  readonly accuracySd: number | null;
  /** Mean over seeds of accuracy minus the baseline's with the same seed. */
  readonly diffMean: number | null;
  /** Lower end of its 95 % interval (Student's t). */
  readonly diffLow: number | null;
  /** Upper end. */
  readonly diffHigh: number | null;
  /** Seeds with which it is better than the baseline. */
  readonly signs: number | null;
  /** Seeds with which it is worse. */
  readonly signsAgainst: number | null;
  /** Mean error over the baseline's, where the error is 1 - accuracy. */
  readonly normalisedError: number | null;
  /** Mean task loss on the test rows. */
  readonly lossMean: number | null;
  /** Its standard deviation over seeds. */
  readonly lossSd: number | null;
  /**
   * Mean test accuracy of a linear probe of the teachers, without noise, on the same training rows;
   * null where there is none.
   */
  readonly probe: number | null;
  /** Mean seconds of a run. */
  readonly seconds: number | null;
  /** Where the energy of the scales lies, for methods that have any. */
  readonly energy?: readonly EnergyShare[];
}
