/** What a method's scales say, from a run that goes on or from its checkpoint. */

import type { TeacherColumns } from "../checkpoint.ts";
import { explainRho, type ScaleReport } from "../rho.ts";
import type { TrainSettings } from "../config.ts";
import { rhoValues, scalesIn, type ScaleValues } from "../methods/rho_values.ts";
import type { Scaling } from "./scaling.ts";

/** What explaining scales needs to know of a run. */
export interface ScaledRun {
  /** Teachers in the order of their columns. */
  readonly teachers: readonly TeacherColumns[];
  /** Statistics over the training rows in use. */
  readonly scaling: Scaling;
  /** How scales come about, and whether the method sees columns at variance 1. */
  readonly settings: Pick<TrainSettings, "rho" | "sparsity" | "standardise">;
}

/**
 * Explains scales by the variances that the method sees.
 *
 * @param held What the method holds, learned or not, by name.
 * @param run Teachers and statistics of the run.
 * @returns The report; undefined where there is nothing to explain.
 */
export function scalesOf(
  held: Readonly<Record<string, ScaleValues>>,
  { teachers, scaling: { teacher }, settings }: ScaledRun,
): ScaleReport | undefined {
  const scales = scalesIn(held);
  if (scales === undefined || teacher === undefined) return undefined;
  const { variance, deviation } = teacher;
  const seen = settings.standardise ? variance.map((v, i) => v / deviation[i] ** 2) : variance;
  return explainRho(rhoValues(scales, settings), seen, teachers);
}
