/** Outputs of linear probes for rows that they were not fitted to. */

import { permutationOf } from "../../gpu/mod.ts";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { drained, type WorkStep } from "../bit_by_bit.ts";
import type { Score } from "../score.ts";
import { type LabelledFeatures, labelledRows } from "./features.ts";
import { type Matrix, zeroMatrix } from "./linear_algebra/matrix.ts";
import { classesOf, pathOf, probeOutputs, scoreOf, STRENGTHS } from "./probe.ts";
import { checkRows } from "./targets.ts";

/** Options of {@linkcode crossFit}. */
export interface CrossFitOptions {
  /** Parts that the rows are dealt into, 2 or more; at most as many as rows. Default 5. */
  readonly folds?: number;
  /** Decides which rows are dealt into which part; default 0. */
  readonly seed?: number;
  /** Number of classes; default one more than the largest label. */
  readonly classes?: number;
  /**
   * Weighs the standardised columns, given the numbers of the rows that a probe is fitted to: a
   * column of small weight is dear to use. Default all 1.
   */
  readonly weigh?: (rows: readonly number[]) => ArrayLike<number>;
}

/** What probes say of rows that they have not seen. */
export interface CrossFit {
  /** Logits of all classes, or values, `[n, outputs]`. */
  readonly outputs: Matrix;
  /** Strength of L2 that was chosen. */
  readonly strength: number;
  /** How good the outputs are, all rows together. */
  readonly score: Score;
}

/**
 * Deals rows into parts at random, fits a linear probe to all parts but one, and asks it for that
 * one, in turn. A probe is surer of the rows that it was fitted to than it should be; these outputs
 * are as sure as they would be of new rows. The strength is the one whose outputs have the least
 * loss over all rows.
 *
 * @param rows Rows with their labels, two or more.
 * @param options Number of parts, seed, classes.
 * @returns Outputs for every row, the strength and their score.
 * @throws {ShapeError} If there are fewer than two rows, or rows have no label.
 * @throws {ConfigError} If there are fewer than two parts, or a feature or label is not finite.
 *
 * @example
 * ```ts
 * import { crossFit, matrix } from "@aft/aft/aft";
 * import { assert } from "@std/assert";
 *
 * const features = matrix(10, 1, [-3, 2, -1, 1, -2, 3, -1, 2, -2, 1]);
 * const labels = Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1);
 * const { outputs } = crossFit({ features, labels });
 * assert(outputs.values[1] < outputs.values[0]); // the first row is of class 0
 * ```
 */
export function crossFit(rows: LabelledFeatures, options: CrossFitOptions = {}): CrossFit {
  return drained(crossFitSteps(rows, options));
}

/**
 * {@linkcode crossFit} bit by bit.
 *
 * @param rows Rows with their labels, two or more.
 * @param options Number of parts, seed, classes.
 * @returns How far it is, after every fit; at last what was found.
 * @throws {ShapeError} If there are fewer than two rows, or rows have no label.
 * @throws {ConfigError} If there are fewer than two parts, or a feature or label is not finite.
 */
export function* crossFitSteps(
  rows: LabelledFeatures,
  options: CrossFitOptions = {},
): Generator<WorkStep, CrossFit> {
  const { folds = 5, seed = 0, classes, weigh } = options;
  checkRows(rows.features, rows.labels);
  const parts = partsOf(rows.features.rows, folds, seed);
  const outputs = classesOf([rows.labels], classes);
  const fits = parts.map(({ kept, held }) => ({
    features: labelledRows(rows, held).features,
    path: pathOf(labelledRows(rows, kept), STRENGTHS, outputs, weigh?.(kept)),
  }));
  let best: CrossFit | undefined;
  let done = 0;
  for (const strength of STRENGTHS) {
    const said: Matrix[] = [];
    for (const { features, path } of fits) {
      said.push(probeOutputs(path.next().value!, features));
      yield { done: ++done, of: fits.length * STRENGTHS.length };
    }
    const found = gathered(said, parts.map(({ held }) => held));
    const score = scoreOf(found, rows.labels);
    if (best !== undefined && score.loss > best.score.loss) break;
    best = { outputs: found, strength, score };
  }
  return best!;
}

/** Rows that a probe is fitted to, and those that it is asked for. */
interface Part {
  readonly kept: number[];
  readonly held: number[];
}

function partsOf(rows: number, folds: number, seed: number): Part[] {
  if (!(folds >= 2)) {
    throw new ConfigError(`Cannot deal rows into ${folds} parts: there must be two or more`, {
      field: "folds",
      value: folds,
    });
  }
  if (rows < 2) throw new ShapeError("Cannot deal 1 row into parts: there must be two or more");
  const order = Array.from(permutationOf(rows, { seed }));
  const count = Math.min(folds, rows);
  return Array.from({ length: count }, (_, part) => ({
    kept: order.filter((_, i) => i % count !== part),
    held: order.filter((_, i) => i % count === part),
  }));
}

/** Rows of all parts, back in their places. */
function gathered(parts: readonly Matrix[], places: readonly (readonly number[])[]): Matrix {
  const [{ columns }] = parts;
  const all = zeroMatrix(places.reduce((sum, rows) => sum + rows.length, 0), columns);
  parts.forEach(({ values }, part) =>
    places[part].forEach((row, i) =>
      all.values.set(values.subarray(i * columns, (i + 1) * columns), row * columns)
    )
  );
  return all;
}
