/** What a method's scales say, from a run that goes on or from its checkpoint. */

import type { TeacherColumns } from "../checkpoint.ts";
import { explainScales, type ScaleReport } from "../rho.ts";
import type { Scaling } from "./scaling.ts";

/** What explaining scales needs to know of a run. */
export interface ScaledRun {
  /** Teachers in the order of their columns. */
  readonly teachers: readonly TeacherColumns[];
  /** Statistics over the training rows in use. */
  readonly scaling: Scaling;
  /** Whether the method sees columns at variance 1. */
  readonly standardise: boolean;
}

/**
 * Explains scales by the variances that the method sees.
 *
 * @param s One number per teacher column; undefined for a method without scales.
 * @param run Teachers and statistics of the run.
 * @returns The report; undefined where there is nothing to explain.
 */
export function scalesOf(
  s: ArrayLike<number> | undefined,
  { teachers, scaling: { teacher }, standardise }: ScaledRun,
): ScaleReport | undefined {
  if (s === undefined || teacher === undefined) return undefined;
  const { variance, deviation } = teacher;
  const seen = standardise ? variance.map((v, i) => v / deviation[i] ** 2) : variance;
  return explainScales(s, seen, teachers);
}
