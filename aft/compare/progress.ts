/** What a comparison says while it goes on: plain objects, one line of JSON each. */

import type { WorkStep } from "../bit_by_bit.ts";
import type { TaskKind } from "../data/types.ts";
import type { Score } from "../evaluate.ts";
import type { CompareRow, Comparison, Setting, Shard } from "./types.ts";

/** A strength that was tried. */
export interface Trial {
  /** The strength. */
  readonly beta: number;
  /** Mean validation error: 1 - accuracy, or squared error; null where a run failed. */
  readonly error: number | null;
  /** Mean validation loss. */
  readonly loss: number | null;
}

/** What a comparison says of one run. */
export interface AboutRun extends Setting {
  /** Method as it was written. */
  readonly method: string;
  /** Whether a strength is chosen by it, or the table made from it. */
  readonly purpose: "tune" | "final";
  /** Strength. */
  readonly beta: number;
  /** Seed. */
  readonly seed: number;
}

/** What a comparison says while it goes on; last of all `done` or `interrupted`. */
export type CompareProgress =
  | { readonly event: "reading" } & WorkStep
  | {
    readonly event: "plan";
    /** Runs to choose strengths by. */
    readonly tune: number;
    /** Runs for the table beyond those. */
    readonly final: number;
    /** Runs that are there already. */
    readonly finished: number;
    /** Runs at a time. */
    readonly jobs: number;
    /** What it compares. */
    readonly comparison: Comparison;
    /** The part to run. */
    readonly shard?: Shard;
  }
  | {
    readonly event: "progress";
    /** What is being done. */
    readonly text: string;
    /** Runs done. */
    readonly done: number;
    /** Runs in all, as far as it is known. */
    readonly total: number;
  }
  | {
    readonly event: "run";
    readonly test: Score;
    readonly val?: Score;
    readonly seconds: number;
    readonly done: number;
    readonly total: number;
  } & AboutRun
  | {
    readonly event: "failed";
    /** Why. */
    readonly message: string;
    /** Whether the failure is kept, so that the run is not tried again. */
    readonly kept: boolean;
    readonly done: number;
    readonly total: number;
  } & AboutRun
  | { readonly event: "note"; readonly text: string }
  | {
    readonly event: "probe";
    readonly teachers: readonly string[];
    readonly trainSize: number;
    readonly seed: number;
    readonly test: Score;
    readonly seconds: number;
  }
  | {
    readonly event: "chosen";
    readonly method: string;
    readonly beta: number;
    readonly trials: readonly Trial[];
  } & Setting
  | { readonly event: "interrupted"; readonly done: number; readonly total: number }
  | {
    readonly event: "done";
    /** The table; empty for one part of several. */
    readonly rows: readonly CompareRow[];
    /** What labels mean. */
    readonly task: TaskKind;
    /** Files that were written. */
    readonly files: readonly string[];
    /** Runs of the table that are missing because they failed, or wait for other parts. */
    readonly missing: number;
    /** How long it took. */
    readonly seconds: number;
  };
