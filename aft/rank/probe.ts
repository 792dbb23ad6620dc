/** Linear probes: what a linear model can read from features. */

import { drained } from "../bit_by_bit.ts";
import { type Score, scoreOutputs } from "../score.ts";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import type { Scale } from "../training/scaling.ts";
import { type LabelledFeatures, labelledRows, scaled, scaleOf } from "./features.ts";
import { type Matrix, matrix } from "./linear_algebra/matrix.ts";
import { ridgePath } from "./ridge_regression.ts";
import { type LinearMap, outputsOf, SoftmaxRegression } from "./softmax_regression.ts";
import { areClasses, checkRows, classCount, type Labels } from "./targets.ts";

/** Options of {@linkcode linearProbe}. */
export interface ProbeOptions {
  /**
   * Rows that choose the strength. By default every fifth row is held out for that, and the probe
   * is then fitted to all rows.
   */
  readonly validation?: LabelledFeatures;
  /** Number of classes; default one more than the largest label. */
  readonly classes?: number;
  /** Strengths to try, each above 0; default from 10 down to 0.0001 in half powers of ten. */
  readonly strengths?: readonly number[];
}

/** A fitted linear probe. */
export interface LinearProbe extends LinearMap {
  /** Mean and deviation of the training rows' columns; the weights are for scaled features. */
  readonly scale: Scale;
  /** Strength of L2 that was chosen: the loss is the mean over rows + strength / 2 * ||W||^2. */
  readonly strength: number;
  /** How good it is on the rows that chose the strength. */
  readonly validation: Score;
  /** How good it is on the rows that it was fitted to. */
  readonly training: Score;
}

/** Strengths that are tried, from the strongest. */
export const STRENGTHS: readonly number[] = Array.from({ length: 11 }, (_, i) => 10 ** (1 - i / 2));
/** Without validation rows every so many-th row is held out. */
const HELD_OUT = 5;

/**
 * Fits one linear layer on standardised features: multinomial logistic regression for classes,
 * ridge regression for values, with offsets that are not penalised. Strengths are tried from the
 * strongest until the validation loss rises, and the one of the least loss is kept. The result
 * depends on nothing but the arguments.
 *
 * @param rows Rows to fit, two or more.
 * @param options Validation rows, classes, strengths.
 * @returns Weights, offsets, scale and scores.
 * @throws {ShapeError} If there are too few rows, or columns differ between training and validation.
 * @throws {ConfigError} If a feature or label is not finite or no class, there are more classes
 * than asked for, or a strength is not above 0.
 *
 * @example
 * ```ts
 * import { linearProbe, matrix, probeOutputs } from "@aft/aft/aft";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const features = matrix(10, 1, [-3, 2, -1, 1, -2, 3, -1, 2, -2, 1]);
 * const labels = Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1);
 * const probe = linearProbe({ features, labels });
 * assertEquals("accuracy" in probe.validation && probe.validation.accuracy, 1);
 * const { values } = probeOutputs(probe, matrix(1, 1, [5]));
 * assert(values[1] > values[0]);
 * ```
 */
export function linearProbe(rows: LabelledFeatures, options: ProbeOptions = {}): LinearProbe {
  return drained(probeSteps(rows, options));
}

/** {@linkcode linearProbe} bit by bit: it yields after every fit, and returns the probe. */
export function* probeSteps(
  rows: LabelledFeatures,
  options: ProbeOptions = {},
): Generator<void, LinearProbe> {
  const { validation, strengths = STRENGTHS } = options;
  checkRows(rows.features, rows.labels);
  if (validation) checkValidation(rows, validation);
  checkStrengths(strengths);
  const labels = [rows.labels, ...validation ? [validation.labels] : []];
  const outputs = classesOf(labels, options.classes);
  if (validation) return yield* bestOf(rows, validation, strengths, outputs);
  const [kept, held] = holdOut(rows);
  const chosen = yield* bestOf(kept, held, strengths, outputs);
  const until = strengths.slice(0, strengths.indexOf(chosen.strength) + 1);
  const all = last(pathOf(rows, until, outputs));
  return { ...all, validation: chosen.validation };
}

/**
 * What a probe says of features: logits of all classes, or values.
 *
 * @param probe The probe.
 * @param features `[n, d]`, as they are.
 * @returns `[n, outputs]`.
 * @throws {ShapeError} If the number of columns is not the probe's.
 */
export function probeOutputs(probe: LinearMap & { scale: Scale }, features: Matrix): Matrix {
  const { columns } = probe.weights;
  if (features.columns !== columns) {
    throw new ShapeError(
      `Cannot probe features [${features.rows}, ${features.columns}]: the probe has ${columns} columns`,
      { shapes: [[features.rows, features.columns], [columns]] },
    );
  }
  return outputsOf(scaled(features, probe.scale), probe);
}

function checkStrengths(strengths: readonly number[]): void {
  const weakest = Math.min(...strengths);
  if (strengths.length > 0 && weakest > 0) return;
  throw new ConfigError(
    `Cannot fit a linear probe with strength ${weakest}: strengths must be one or more, above 0`,
    { field: "strengths", value: weakest },
  );
}

function checkValidation(
  { features, labels }: LabelledFeatures,
  validation: LabelledFeatures,
): void {
  checkRows(validation.features, validation.labels);
  if (areClasses(labels) !== areClasses(validation.labels)) {
    const kind = (labels: Labels) => areClasses(labels) ? "classes" : "values";
    throw new ShapeError(
      `Cannot validate by ${kind(validation.labels)}: the training labels are ${kind(labels)}`,
    );
  }
  const [found, wanted] = [validation.features.columns, features.columns];
  if (found === wanted) return;
  throw new ShapeError(
    `Cannot validate on features of ${found} columns: the training rows have ${wanted}`,
    { shapes: [[validation.features.rows, found], [features.rows, wanted]] },
  );
}

/** Number of classes, of which no label may be beyond. */
export function classesOf(labels: readonly Labels[], given: number | undefined): number {
  const least = Math.max(...labels.map((some) => areClasses(some) ? classCount(some) : 0));
  if (given !== undefined && !(given >= least)) {
    throw new ConfigError(
      `Cannot fit a linear probe to ${given} classes: the largest label is ${least - 1}`,
      { field: "classes", value: given },
    );
  }
  return given ?? least;
}

/** Every fifth row apart, at least one. Rows were drawn at random, so that this is a random draw. */
function holdOut(rows: LabelledFeatures): [LabelledFeatures, LabelledFeatures] {
  const { features } = rows;
  if (features.rows < 2) {
    throw new ShapeError("Cannot fit a linear probe to 1 row: there must be two or more");
  }
  const period = Math.min(HELD_OUT, features.rows);
  const all = Array.from({ length: features.rows }, (_, row) => row);
  const isHeld = (row: number) => row % period === period - 1;
  return [
    labelledRows(rows, all.filter((row) => !isHeld(row))),
    labelledRows(rows, all.filter(isHeld)),
  ];
}

/** The probe of the least validation loss, which falls and then rises along the path. */
function* bestOf(
  rows: LabelledFeatures,
  validation: LabelledFeatures,
  strengths: readonly number[],
  outputs: number,
): Generator<void, LinearProbe> {
  let best: LinearProbe | undefined;
  for (const fit of pathOf(rows, strengths, outputs)) {
    const score = scoreOf(probeOutputs(fit, validation.features), validation.labels);
    if (best !== undefined && score.loss > best.validation.loss) break;
    best = { ...fit, validation: score };
    yield;
  }
  return best!;
}

/**
 * Fits of all strengths, in their order.
 *
 * @param rows Rows to fit.
 * @param strengths Strengths of L2.
 * @param outputs Number of classes.
 * @param weights A factor for every standardised column: small ones cost more to use; default 1.
 */
export function* pathOf(
  { features, labels }: LabelledFeatures,
  strengths: readonly number[],
  outputs: number,
  weights?: ArrayLike<number>,
): Generator<Omit<LinearProbe, "validation">> {
  const scale = weighed(scaleOf(features), weights);
  const x = scaled(features, scale);
  for (const { strength, map } of mapsOf(x, labels, strengths, outputs)) {
    yield { ...map, scale, strength, training: scoreOf(outputsOf(x, map), labels) };
  }
}

/** A scale that leaves a column of weight w at a deviation of w. */
function weighed({ mean, deviation }: Scale, weights?: ArrayLike<number>): Scale {
  if (weights === undefined) return { mean, deviation };
  return { mean, deviation: deviation.map((spread, i) => spread / weights[i]) };
}

function* mapsOf(
  x: Matrix,
  labels: Labels,
  strengths: readonly number[],
  outputs: number,
): Generator<{ strength: number; map: LinearMap }> {
  if (!areClasses(labels)) {
    yield* ridgePath(x, matrix(x.rows, labels.length / x.rows, labels), strengths);
    return;
  }
  const regression = new SoftmaxRegression(x, labels, outputs);
  for (const strength of strengths) yield { strength, map: regression.fit(strength) };
}

/** How good outputs are for labels. */
export function scoreOf({ columns, values }: Matrix, labels: Labels): Score {
  return areClasses(labels)
    ? scoreOutputs(values, labels, { task: "classification", classes: Array(columns).fill("") })
      .score
    : scoreOutputs(values, labels, { task: "regression", classes: [] }).score;
}

function last<T>(items: Iterable<T>): T {
  let found: T;
  for (const item of items) found = item;
  return found!;
}
