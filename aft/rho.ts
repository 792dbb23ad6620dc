/**
 * What the learned scales say, in numbers that do not depend on their common size.
 *
 * Multiplying every rho by one constant leaves the similarity gap unchanged, so a single rho, or
 * their mean, says nothing. Ratios do: column i enters the teacher's similarity with the weight
 * rho_i^2 Var(psi_i), its *energy*, and everything here but the plain range and histogram of rho
 * is made from shares of it.
 *
 * @module
 */

import { ConfigError, ShapeError } from "../gpu/errors.ts";
import { entropyOf } from "./statistics.ts";

/** Number of equal bins over [0, 1] in a histogram of rho. */
export const RHO_BINS = 20;

/** One teacher's block of columns, in the order in which the features were concatenated. */
export interface ScaleBlock {
  /** The teacher's name. */
  readonly name: string;
  /** How many columns of psi are the teacher's. */
  readonly columns: number;
}

/** Smallest, middle and largest rho of a block of columns; all 0 for a block without columns. */
export interface ScaleRange {
  /** Smallest rho. */
  readonly min: number;
  /** Median of rho; the mean of the middle two for an even number of columns. */
  readonly median: number;
  /** Largest rho. */
  readonly max: number;
}

/** Scale-free numbers of one block of columns, with p_i the share of column i in its energy. */
export interface ScaleSummary {
  /** Number of columns. */
  readonly columns: number;
  /** Share of the whole energy that lies in these columns, from 0 to 1. */
  readonly energyShare: number;
  /** Fewest columns that hold 90 % of the block's energy; 0 where it has none. */
  readonly columnsFor90: number;
  /** Participation ratio 1 / sum p^2, from 1 to `columns`; 0 where there is no energy. */
  readonly participationRatio: number;
  /** Entropy-effective dimension exp(-sum p log p), from 1 to `columns`; 0 without energy. */
  readonly effectiveDimension: number;
  /**
   * Hoyer index (sqrt d - l1/l2) / (sqrt d - 1) of the block's rho, from 0 (all equal) to 1 (one
   * column alone). 0 where it is not defined: a single column, or every rho 0. It looks at rho
   * without the variances, since on energies it would only repeat the participation ratio.
   */
  readonly hoyer: number;
  /** Range of rho itself. Only ratios of rho mean anything. */
  readonly rho: ScaleRange;
  /** Columns per bin of rho: {@linkcode RHO_BINS} equal bins over [0, 1], the last one closed. */
  readonly histogram: number[];
}

/** Scale-free numbers of one teacher. */
export interface TeacherScales extends ScaleSummary {
  /** The teacher's name. */
  readonly name: string;
}

/** What {@linkcode explainScales} returns: plain numbers that survive `JSON.stringify`. */
export interface ScaleReport {
  /** All columns together. Its energy share is 1, or 0 where no column varies. */
  readonly overall: ScaleSummary;
  /** One entry per teacher, in the order given. */
  readonly teachers: TeacherScales[];
}

/**
 * Explains the learned scales s of AFT teacher by teacher, with rho = sigmoid(s).
 *
 * @param scales s, one per column of psi, teachers side by side.
 * @param variances Var(psi_i) over the training rows in use, one per column, at least 0.
 * @param teachers Names and column counts, in the order of the columns.
 * @returns The numbers per teacher and over all columns; never NaN.
 * @throws {ShapeError} If the lengths differ.
 * @throws {ConfigError} If a rho or a variance is not a finite number of at least 0.
 *
 * @example A teacher whose columns do not vary holds no energy
 * ```ts
 * import { explainScales } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const report = explainScales(new Float32Array([0, 0, 0]), new Float64Array([1, 1, 0]), [
 *   { name: "useful", columns: 2 },
 *   { name: "constant", columns: 1 },
 * ]);
 * assertEquals(report.teachers.map((teacher) => teacher.energyShare), [1, 0]);
 * ```
 */
export function explainScales(
  scales: ArrayLike<number>,
  variances: ArrayLike<number>,
  teachers: readonly ScaleBlock[],
): ScaleReport {
  const rho = Float64Array.from(scales, (s) => 1 / (1 + Math.exp(-s)));
  return explainRho(rho, variances, teachers);
}

/**
 * Explains scales that are given as rho itself, such as those of the closed form.
 *
 * @param rho One finite number of at least 0 per column; values above 1 count in the last bin.
 * @param variances Var(psi_i) over the training rows in use, one per column, at least 0.
 * @param teachers Names and column counts, in the order of the columns.
 * @returns The numbers per teacher and over all columns; never NaN.
 * @throws {ShapeError} If the lengths differ.
 * @throws {ConfigError} If a rho or a variance is not a finite number of at least 0.
 *
 * @example Only ratios count
 * ```ts
 * import { explainRho } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const teachers = [{ name: "only", columns: 2 }];
 * const large = explainRho([0.4, 0.8], [1, 1], teachers).overall;
 * const small = explainRho([0.1, 0.2], [1, 1], teachers).overall;
 * assertEquals(large.participationRatio, small.participationRatio);
 * ```
 */
export function explainRho(
  rho: ArrayLike<number>,
  variances: ArrayLike<number>,
  teachers: readonly ScaleBlock[],
): ScaleReport {
  const named = teachers.reduce((total, teacher) => total + teacher.columns, 0);
  if (rho.length !== variances.length || rho.length !== named) {
    throw new ShapeError(
      `Cannot explain ${rho.length} scales: there are ${variances.length} variances and ` +
        `${named} columns of teachers`,
      { shapes: [[rho.length], [variances.length], [named]] },
    );
  }
  requireValues(rho, "rho");
  requireValues(variances, "variance");
  const shares = energyShares(rho, variances);
  const all = Float64Array.from(rho);
  let start = 0;
  const parts = teachers.map(({ name, columns }) => {
    const end = start + columns;
    const part = { name, ...summarise(all.subarray(start, end), shares.subarray(start, end)) };
    start = end;
    return part;
  });
  return { overall: summarise(all, shares), teachers: parts };
}

/**
 * Shares of the columns in the energy, p_i = rho_i^2 Var(psi_i) / sum.
 *
 * @param rho One finite number of at least 0 per column.
 * @param variances Var(psi_i), one per column, at least 0.
 * @returns p, which sums to 1, or to 0 where every column has no energy.
 */
export function energyShares(
  rho: ArrayLike<number>,
  variances: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  // Amplitudes are divided by the largest before squaring: rho down to 1e-300 still has a share.
  const amplitudes = Float64Array.from(rho, (r, i) => r * Math.sqrt(variances[i]));
  const largest = amplitudes.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) return amplitudes;
  const energies = amplitudes.map((a) => (a / largest) ** 2);
  const total = sum(energies);
  return energies.map((e) => e / total);
}

function requireValues(values: ArrayLike<number>, field: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]) && values[i] >= 0) continue;
    throw new ConfigError(
      `Cannot explain scales: ${field} of column ${i} is ${values[i]}, expected a finite number ` +
        `of at least 0`,
      { field, value: values[i] },
    );
  }
}

/** `shares` are shares in the energy of all columns; inside the block they are made to sum to 1. */
function summarise(rho: Float64Array, shares: Float64Array): ScaleSummary {
  // A block can hold so little of the whole that dividing by it first would lose its digits.
  const largest = shares.reduce((a, b) => Math.max(a, b), 0);
  const scaled = shares.map((p) => largest > 0 ? p / largest : 0);
  const total = sum(scaled);
  const p = scaled.map((e) => total > 0 ? e / total : 0);
  const squares = sum(p.map((e) => e * e));
  const entropy = entropyOf(p);
  return {
    columns: rho.length,
    energyShare: Math.min(1, sum(shares)),
    columnsFor90: columnsHolding(p, 0.9),
    participationRatio: squares > 0 ? 1 / squares : 0,
    effectiveDimension: squares > 0 ? Math.exp(entropy) : 0,
    hoyer: hoyerIndex(rho),
    rho: rangeOf(rho),
    histogram: histogramOf(rho),
  };
}

function columnsHolding(p: Float64Array, share: number): number {
  let held = 0;
  let columns = 0;
  // The guard keeps ten equal columns at nine, whatever the rounding of their sum.
  for (const e of p.toSorted().reverse()) {
    if (e === 0 || held >= share - 1e-12) break;
    held += e;
    columns++;
  }
  return columns;
}

function hoyerIndex(rho: Float64Array): number {
  const largest = rho.reduce((a, b) => Math.max(a, b), 0);
  if (rho.length < 2 || largest === 0) return 0;
  const scaled = rho.map((r) => r / largest);
  const root = Math.sqrt(rho.length);
  const index = (root - sum(scaled) / Math.sqrt(sum(scaled.map((r) => r * r)))) / (root - 1);
  return Math.min(1, Math.max(0, index));
}

function rangeOf(rho: Float64Array): ScaleRange {
  if (rho.length === 0) return { min: 0, median: 0, max: 0 };
  const sorted = rho.toSorted();
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  return { min: sorted[0], median: (low + high) / 2, max: sorted[sorted.length - 1] };
}

function histogramOf(rho: Float64Array): number[] {
  const counts: number[] = new Array(RHO_BINS).fill(0);
  for (const r of rho) counts[Math.min(RHO_BINS - 1, Math.floor(r * RHO_BINS))]++;
  return counts;
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}
