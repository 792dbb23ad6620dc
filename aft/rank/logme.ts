/** LogME: how probable the labels are under a linear model of the features. */

import { ConfigError } from "../../gpu/errors.ts";
import { columnOf, type Matrix } from "./linear_algebra/matrix.ts";
import { type Spectrum, spectrumOf } from "./spectrum.ts";
import { checkRows, type Labels, targetsOf } from "./targets.ts";

/**
 * `fixed-point` is the form of the public code's `_fit_fixed_point`: where there are more columns
 * than rows it leaves the directions without data out of the evidence, which inflates the score.
 * `full` counts all columns, and is the form to rank with.
 */
export type LogmeForm = "fixed-point" | "full";

/** Options of {@linkcode logme}. */
export interface LogmeOptions {
  /** How the evidence is counted; default `fixed-point`. */
  readonly form?: LogmeForm;
}

/** What LogME says of features. */
export interface Logme {
  /** Logarithm of the evidence per row, mean over classes or columns; larger is better. */
  readonly score: number;
  /** Precision of the weights, one for each class or column. */
  readonly alphas: number[];
  /** Precision of the noise, one for each. */
  readonly betas: number[];
  /** Posterior mean weights, `[classes or columns, d]`; B-Tuning uses them as a linear head. */
  readonly m: Matrix;
}

/** Rounds of the fixed point at most. */
const ROUNDS = 11;
/** Added to denominators. */
const SMALL = 1e-5;
/** Relative change of t at which the fixed point has been reached. */
const TOLERANCES: Readonly<Record<LogmeForm, number>> = { "fixed-point": 1e-3, full: 1e-2 };

/**
 * LogME (You et al., ICML 2021; the fixed point of You et al., JMLR 2022): the evidence of a
 * Bayesian linear model with weights N(0, 1/alpha) and noise N(0, 1/beta), both chosen to make it
 * largest. Classes are one against the rest, 1 in their rows and 0 elsewhere.
 *
 * @param features F `[n, d]`, as they are: neither centred nor scaled.
 * @param labels Class numbers, or values in one or more columns.
 * @param options The form of the evidence.
 * @returns Score, precisions, posterior mean weights; in float64.
 * @throws {ShapeError} If rows have no label.
 * @throws {ConfigError} If a feature or value is not finite, a class number is below 0, or all
 * features are 0 in the fixed-point form.
 *
 * @example
 * ```ts
 * import { logme, matrix } from "@aft/aft/aft";
 * import { assert } from "@std/assert";
 *
 * const labels = Int32Array.of(0, 0, 0, 1, 1, 1);
 * const useful = logme(matrix(6, 1, [-1, -2, -1, 2, 1, 1]), labels);
 * const useless = logme(matrix(6, 1, [1, -1, 1, -1, 1, -1]), labels);
 * assert(useful.score > useless.score);
 * ```
 */
export function logme(features: Matrix, labels: Labels, options: LogmeOptions = {}): Logme {
  checkRows(features, labels);
  const targets = targetsOf(labels, features.rows);
  return logmeOfSpectrum(spectrumOf(features, targets), features.columns, targets, options);
}

/**
 * {@linkcode logme} for features that were taken apart already.
 *
 * @param spectrum Of the features as they are, with the targets.
 * @param columns d.
 * @param targets y `[n, c]`.
 * @param options The form of the evidence.
 * @returns As {@linkcode logme}.
 */
export function logmeOfSpectrum(
  spectrum: Spectrum,
  columns: number,
  targets: Matrix,
  { form = "fixed-point" }: LogmeOptions = {},
): Logme {
  const { squares, coordinates, ridge } = spectrum;
  if (form === "fixed-point" && squares.every((s2) => s2 === 0)) {
    throw new ConfigError(
      "Cannot score features by LogME in its fixed-point form: every value is 0",
      { field: "features", value: 0 },
    );
  }
  const fits = Array.from({ length: targets.columns }, (_, c) => {
    const y = columnOf(targets, c);
    return fixedPoint(squares, columnOf(coordinates, c), y, TOLERANCES[form]);
  });
  const evidence = form === "full" ? fullEvidence : shortEvidence;
  const scores = fits.map((fit) => evidence(fit, squares, columns));
  return {
    score: scores.reduce((a, b) => a + b) / scores.length,
    alphas: fits.map(({ alpha }) => alpha),
    betas: fits.map(({ beta }) => beta),
    m: ridge(fits.map(({ t }) => t)),
  };
}

/** The last round of a fixed point. */
interface Fit {
  /** Number of rows. */
  readonly rows: number;
  /** alpha / beta as the round began with it: the strength of the ridge. */
  readonly t: number;
  readonly alpha: number;
  readonly beta: number;
  /** Squared length of the posterior mean. */
  readonly m2: number;
  /** Squared length of what the posterior mean leaves unexplained. */
  readonly residual: number;
}

function fixedPoint(
  squares: Float64Array,
  x: Float64Array,
  y: Float64Array,
  tolerance: number,
): Fit {
  const outside = sum(y, (value) => value * value) - sum(x, (value) => value * value);
  let fit = round(squares, x, y.length, outside, 1);
  for (let i = 1; i < ROUNDS; i++) {
    const t = fit.alpha / fit.beta;
    if (t === 0 || Math.abs(t - fit.t) / fit.t <= tolerance) break;
    fit = round(squares, x, y.length, outside, t);
  }
  return fit;
}

/** One round: the model at t, then the precisions that fit it. `outside` is what F cannot explain. */
function round(
  squares: Float64Array,
  x: Float64Array,
  rows: number,
  outside: number,
  t: number,
): Fit {
  const gamma = sum(squares, (s2) => s2 / (s2 + t));
  const m2 = sum(squares, (s2, i) => s2 * (x[i] / (t + s2)) ** 2);
  const residual = sum(squares, (s2, i) => (x[i] / (1 + s2 / t)) ** 2) + outside;
  const alpha = gamma / (m2 + SMALL);
  const beta = (rows - gamma) / (residual + SMALL);
  return { rows, t, alpha, beta, m2, residual };
}

/** Evidence per row over the k directions that data have. */
function shortEvidence(fit: Fit, squares: Float64Array, columns: number): number {
  const { rows, alpha, beta, m2, residual } = fit;
  const logs = sum(squares, (s2) => Math.log(alpha + beta * s2));
  const volume = columns * Math.log(alpha) - logs;
  return (volume + rows * Math.log(beta / (2 * Math.PI)) - beta * residual - alpha * m2) /
    (2 * rows);
}

/**
 * Evidence per row over all d columns. In those without data ln alpha - ln(alpha + beta s^2) is 0,
 * so that d does not appear, and features that are all 0 have an evidence too.
 */
function fullEvidence(fit: Fit, squares: Float64Array): number {
  const { rows, alpha, beta } = fit;
  const volume = -sum(squares, (s2) => s2 > 0 ? Math.log1p(beta * s2 / alpha) : 0);
  const fits = beta * (fit.residual + SMALL) + alpha * (fit.m2 + SMALL);
  return (volume + rows * Math.log(beta / (2 * Math.PI)) - fits) / (2 * rows);
}

function sum(values: Float64Array, term: (value: number, i: number) => number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += term(values[i], i);
  return total;
}
