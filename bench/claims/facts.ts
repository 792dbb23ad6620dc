/** Numbers of kept tables, and how sentences say them. */

import type { Setting } from "../../aft/compare/types.ts";
import { pairedDifference } from "../../aft/statistics.ts";
import type { Kept, KeptRow } from "./kept.ts";

/** A paired difference of two lines of tables over the seeds that both have. */
export interface Fact {
  /** Mean of the differences. */
  readonly mean: number;
  /** Ends of its 95 % interval; infinite with a single seed. */
  readonly low: number;
  readonly high: number;
  /** Seeds. */
  readonly seeds: number;
}

/** How differences are written: in points of accuracy, or in R2. */
export type Unit = "points" | "R²";

/** The unit of a table's differences. */
export function unitOf({ task }: Pick<Kept, "task">): Unit {
  return task === "classification" ? "points" : "R²";
}

/**
 * Finds a line.
 *
 * @param kept The table; there may be none yet.
 * @param method The method as it was written.
 * @param setting What else has to fit.
 * @returns The line, where it is there.
 */
export function rowOf(
  kept: Kept | undefined,
  method: string,
  setting: Partial<Setting> = {},
): KeptRow | undefined {
  const { trainSize, noise, teachers } = setting;
  return kept?.rows.find((row) =>
    row.method === method &&
    (trainSize === undefined || row.trainSize === trainSize) &&
    (noise === undefined || row.noise === noise) &&
    (teachers === undefined || String(row.teachers) === String(teachers))
  );
}

/**
 * Difference of two lines, seed by seed.
 *
 * @param a A line.
 * @param b Another one.
 * @returns Accuracy of `a` minus that of `b`; undefined where no seed has both.
 */
export function between(a: KeptRow | undefined, b: KeptRow | undefined): Fact | undefined {
  if (!a || !b) return undefined;
  const seeds = Object.keys(a.bySeed).filter((seed) => Object.hasOwn(b.bySeed, seed));
  const values = (row: KeptRow) => seeds.map((seed) => row.bySeed[seed]);
  const { mean, low, high } = pairedDifference(values(a), values(b));
  if (mean === null) return undefined;
  return { mean, low: low ?? -Infinity, high: high ?? Infinity, seeds: seeds.length };
}

/** Whether the interval lies above 0. */
export function isAbove(fact: Fact): boolean {
  return fact.low > 0;
}

/** Whether the interval lies below 0. */
export function isBelow(fact: Fact): boolean {
  return fact.high < 0;
}

/** Fewer seeds than this decide nothing. */
const FEWEST = 3;

/** Whether a difference has seeds enough to decide anything. */
export function isTold({ seeds }: Fact): boolean {
  return seeds >= FEWEST;
}

/**
 * An answer that differences decide.
 *
 * @param facts The differences.
 * @param holds What they say.
 * @returns That; undefined where one has too few seeds to say anything.
 */
export function decided(facts: readonly Fact[], holds: boolean): boolean | undefined {
  return facts.every(isTold) ? holds : undefined;
}

/** A difference with its sign: `+1.8` points, or `+0.018`. */
export function signed(value: number, unit: Unit): string {
  const text = unit === "points" ? (100 * value).toFixed(1) : value.toFixed(3);
  return /^-?0\.?0*$/.test(text) ? text.replace("-", "") : value > 0 ? `+${text}` : text;
}

/** A difference with its interval: `+1.8 points (95 % interval 0.4 to 3.1)`. */
export function said({ mean, low, high, seeds }: Fact, unit: Unit): string {
  const value = `${signed(mean, unit)} ${unit === "points" ? "points" : "in R²"}`;
  if (seeds < 2) return `${value} (one seed)`;
  return `${value} (95 % interval ${signed(low, unit)} to ${signed(high, unit)})`;
}

/** A mean accuracy, or R2. */
export function mean({ accuracyMean }: KeptRow, unit: Unit): string {
  if (accuracyMean === null) return "-";
  return unit === "points" ? `${(100 * accuracyMean).toFixed(1)} %` : accuracyMean.toFixed(3);
}

/** Words with commas and a last "and". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** The name of a teacher without what all files of a data set share. */
export function shortTeacher(name: string): string {
  return name.replace(/^(cifar10|sst2|antsbees)_/, "").replace(/\.f(16|32)$/, "");
}

/** A set of teachers in a few words. */
export function teacherText(teachers: readonly string[]): string {
  return teachers.map(shortTeacher).join(" + ");
}
