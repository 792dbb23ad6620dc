/** The table of scores that teachers are ranked by. */

import type { Score } from "../score.ts";
import { hscoreOfSpectrum } from "./hscore.ts";
import { knn } from "./knn.ts";
import { lfcOfSquares } from "./lfc.ts";
import { logmeOfSpectrum } from "./logme.ts";
import { transRateOfCentred } from "./transrate.ts";
import type { FeatureView } from "./view.ts";

/** Name of a score. */
export type ScoreName = "probe" | "knn" | "logme" | "hscore" | "transrate" | "lfc";

/** A score of features before any student is trained; larger is better. */
export interface ScoreEntry {
  /** Its name on the command line. */
  readonly name: ScoreName;
  /** What it is, in a line. */
  readonly summary: string;
  /** Whether it is a share of rows from 0 to 1 where labels are classes. */
  readonly isShare: boolean;
  /** Whether it has a meaning for values, too. */
  readonly forValues: boolean;
  /** Long work that `compute` builds on, done bit by bit, so that a signal can stop it. */
  readonly prepare?: (view: FeatureView, signal?: AbortSignal) => Promise<void>;
  /** Its value; for values only where `forValues`. */
  readonly compute: (view: FeatureView) => number;
}

/**
 * Every score, in the order of tables. What two of them share is made by the first.
 *
 * @example Which scores say nothing of values?
 * ```ts
 * import { teacherScores } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const classesOnly = Object.values(teacherScores).filter(({ forValues }) => !forValues);
 * assertEquals(classesOnly.map(({ name }) => name), ["hscore", "transrate"]);
 * ```
 */
export const teacherScores: Readonly<Record<ScoreName, ScoreEntry>> = {
  probe: {
    name: "probe",
    summary: "linear probe on validation rows: accuracy, or R2 for values",
    isShare: true,
    forValues: true,
    prepare: (view, signal) => view.fitProbe(signal),
    compute: ({ probe }) => goodness(probe.validation),
  },
  knn: {
    name: "knn",
    summary: "the ten nearest rows by cosine, on validation rows: accuracy, or R2 for values",
    isShare: true,
    forValues: true,
    compute: ({ rows, validation }) => knn(rows, validation),
  },
  logme: {
    name: "logme",
    summary: "log evidence of a Bayesian linear model, per row",
    isShare: false,
    forValues: true,
    compute: ({ spectrum, rows, targets }) =>
      logmeOfSpectrum(spectrum, rows.features.columns, targets, { form: "full" }).score,
  },
  hscore: {
    name: "hscore",
    summary: "regularised H-score: variance between classes over all variance",
    isShare: false,
    forValues: false,
    compute: ({ centred, centredSpectrum }) => hscoreOfSpectrum(centred, centredSpectrum),
  },
  transrate: {
    name: "transrate",
    summary: "coding rate of all rows less that of the rows of a class",
    isShare: false,
    forValues: false,
    compute: ({ centred, classes, centredSpectrum: { squares } }) =>
      transRateOfCentred(centred, classes, { squares }),
  },
  lfc: {
    name: "lfc",
    summary: "correlation of the rows' inner products with those of their labels",
    isShare: false,
    forValues: true,
    compute: ({ rows: { features, labels }, spectrum: { squares } }) =>
      lfcOfSquares(features, labels, squares.reduce((sum, s2) => sum + s2 * s2, 0)),
  },
};

/** Accuracy, or the coefficient of determination. */
function goodness(score: Score): number {
  return "accuracy" in score ? score.accuracy : score.r2;
}
