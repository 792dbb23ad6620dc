/** What is made of a claim's comparisons: files before them, an answer and drawings after. */

import type { Figure } from "../../aft/report/frame.ts";
import type { ClaimDefinition } from "./definitions.ts";
import type { Kept } from "./kept.ts";
import type { TeacherScore } from "./scores.ts";

/** The answer to a claim's question. */
export interface Verdict {
  /** Whether what the paper says is seen here; undefined where too few runs are there to tell. */
  readonly holds: boolean | undefined;
  /** Sentences with the figures that decide. */
  readonly text: string;
}

/** What a claim's answer and drawings are made from. */
export interface Evidence {
  /** Kept tables by the names of the comparisons; those that were not run are missing. */
  readonly tables: Readonly<Record<string, Kept>>;
  /** Scores of sets of teachers, for the claim that needs them. */
  readonly scores?: readonly TeacherScore[];
}

/** A drawing. */
export interface ClaimChart {
  /** Name of its file, without ending. */
  readonly name: string;
  /** The drawing. */
  readonly chart: Figure;
}

/** A claim with all that is done for it. */
export interface Claim extends ClaimDefinition {
  /** Makes the files that its comparisons read beside the data; the folder is there. */
  readonly prepare?: (data: string, made: string) => Promise<void>;
  /** Computes scores of teachers, which are kept beside the tables. */
  readonly score?: (data: string) => Promise<readonly TeacherScore[]>;
  /** Reads the answer. */
  readonly verdict: (evidence: Evidence) => Verdict;
  /** Draws. */
  readonly charts: (evidence: Evidence) => ClaimChart[];
}
