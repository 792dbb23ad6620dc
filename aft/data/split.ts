/** Chooses rows to train on and rows to validate on, by a seed. */

import { ConfigError } from "../../gpu/errors.ts";
import { permutationOf } from "../../gpu/random_host.ts";
import type { TaskKind } from "./types.ts";

/** Most validation rows where their number is not given. */
const VALIDATION = 1000;

/**
 * Validation rows where their number is not given.
 *
 * @param drawn Training rows that are drawn.
 * @param left Rows that are not drawn.
 * @returns What is left, at most 1,000; a tenth of what is drawn where nothing is left.
 */
export function validationCount(drawn: number, left: number): number {
  return left > 0 ? Math.min(VALIDATION, left) : Math.max(1, Math.round(drawn / 10));
}

/** Options of {@linkcode chooseRows}. */
export interface ChooseRowsOptions {
  /** Seed of the draw: an integer from 0 to 2^53 - 1. */
  seed: number;
  /** Classification draws each class's share, regression draws plainly. */
  task: TaskKind;
  /** Number of training rows; default all. */
  trainSize?: number;
  /** Number of training rows of each class that occurs, instead of `trainSize`. */
  perClass?: number;
  /**
   * Validation rows: a number of rows, or a fraction (above 0, below 1) of the training rows
   * drawn; default 0. They come from the rows that were not drawn; where these are too few, the
   * rest is taken out of the training rows.
   */
  valSize?: number;
}

/** Rows chosen by {@linkcode chooseRows}. */
export interface ChosenRows {
  /** Rows to train on, in the order drawn. */
  train: Uint32Array<ArrayBuffer>;
  /** Rows to validate on, in the order drawn; none of them in `train`. */
  val: Uint32Array<ArrayBuffer>;
}

/** Random stream of this draw, apart from those of batches and initial weights: "splt" in ASCII. */
const STREAM = 0x73706c74;

/**
 * Draws training rows and then validation rows. For classification each class gets its share of
 * the rows by the method of the largest remainder, so that shares are off by less than one row.
 * The same seed gives the same rows on every machine.
 *
 * @param labels One label a row: class numbers, or values.
 * @param options How many rows, and the seed.
 * @returns Row numbers from 0 to `labels.length - 1`.
 * @throws {ConfigError} If more rows are asked for than there are, or a number is out of range.
 *
 * @example
 * ```ts
 * import { chooseRows } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = Int32Array.of(0, 0, 0, 0, 1, 1);
 * const { train, val } = chooseRows(labels, {
 *   seed: 1,
 *   task: "classification",
 *   trainSize: 3,
 *   valSize: 2,
 * });
 * assertEquals([...train].map((row) => labels[row]).sort(), [0, 0, 1]);
 * assertEquals(new Set([...train, ...val]).size, 5);
 * ```
 */
export function chooseRows(
  labels: Int32Array | Float32Array,
  options: ChooseRowsOptions,
): ChosenRows {
  const { seed, task, valSize = 0 } = options;
  const groups = task === "classification" ? labels : new Int32Array(labels.length);
  const all = drawOrder(labels.length, seed);
  let { taken: train, left } = take(all, groups, trainQuota(all, groups, options));
  const wanted = countRows(valSize, train.length, labels.length - 1, "val-size", 0);
  const fresh = take(left, groups, shares(left, groups, Math.min(wanted, left.length)));
  // The first rows drawn stay for training, so that the order of the draw means something.
  const rest = wanted - fresh.taken.length;
  const lent = take(train.toReversed(), groups, shares(train, groups, rest));
  if (rest > 0) train = lent.left.toReversed();
  return { train, val: concatRows(fresh.taken, lent.taken) };
}

/**
 * Cuts rows in two, each class by its share, for files that bring no test rows.
 *
 * @param labels One label a row: class numbers, or values.
 * @param testSize Number of test rows, or the fraction (above 0, below 1) that they are.
 * @param options Seed and task.
 * @returns Rows of both parts, ascending.
 * @throws {ConfigError} If a part would be empty.
 */
export function cutRows(
  labels: Int32Array | Float32Array,
  testSize: number,
  options: { seed: number; task: TaskKind },
): { train: Uint32Array<ArrayBuffer>; test: Uint32Array<ArrayBuffer> } {
  const groups = options.task === "classification" ? labels : new Int32Array(labels.length);
  const all = drawOrder(labels.length, options.seed);
  const count = countRows(testSize, labels.length, labels.length - 1, "test-size", 1);
  const { taken, left } = take(all, groups, shares(all, groups, count));
  return { train: left.sort(), test: taken.sort() };
}

/** A random order of all rows; every choice walks along it, so that choices nest. */
function drawOrder(rows: number, seed: number): Uint32Array<ArrayBuffer> {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ConfigError(
      `Cannot draw rows with seed ${seed}: seed must be an integer from 0 to ${2 ** 53 - 1}`,
      { field: "seed", value: seed },
    );
  }
  return permutationOf(rows, { seed, stream: STREAM });
}

/** How many rows each group gives. */
type Quota = Map<number, number>;

function trainQuota(
  rows: Uint32Array,
  groups: ArrayLike<number>,
  { trainSize, perClass, task }: ChooseRowsOptions,
): Quota {
  if (perClass === undefined) {
    const count = trainSize ?? rows.length;
    return shares(rows, groups, wholeRows(count, rows.length, "train-size"));
  }
  const refuse = (why: string) => {
    throw new ConfigError(`Cannot draw ${perClass} rows of each class: ${why}`, {
      field: "per-class",
      value: perClass,
    });
  };
  if (trainSize !== undefined) refuse(`train-size is given too (${trainSize}), it must be one`);
  if (task !== "classification") refuse("labels of regression have no classes");
  const counts = countByGroup(rows, groups);
  const [group, least] = [...counts].reduce((a, b) => b[1] < a[1] ? b : a, [0, Infinity]);
  if (!Number.isInteger(perClass) || perClass < 1 || perClass > least) {
    refuse(`per-class must be an integer from 1 to ${least}, the rows of class ${group}`);
  }
  return new Map([...counts.keys()].map((group) => [group, perClass]));
}

/** Checks a number of rows. */
function wholeRows(count: number, most: number, field: string): number {
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new ConfigError(
    `Cannot draw ${count} rows: ${field} must be an integer from 1 to ${most}`,
    { field, value: count },
  );
}

/** Rows that a count or a fraction of `total` stands for, from `least` to `most`. */
function countRows(size: number, total: number, most: number, field: string, least: number) {
  const isFraction = size > 0 && size < 1;
  const count = isFraction ? Math.max(1, Math.round(size * total)) : size;
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new ConfigError(
    `Cannot set ${size} rows aside: ${field} must be an integer from ${least} to ${most}, or a ` +
      "fraction above 0 and below 1",
    { field, value: size },
  );
}

function countByGroup(rows: Uint32Array, groups: ArrayLike<number>): Quota {
  const counts: Quota = new Map();
  for (const row of rows) counts.set(groups[row], (counts.get(groups[row]) ?? 0) + 1);
  return counts;
}

/** Shares `count` among the groups by size; what is left over goes to the largest remainders. */
function shares(rows: Uint32Array, groups: ArrayLike<number>, count: number): Quota {
  const counts = [...countByGroup(rows, groups)].sort(([a], [b]) => a - b);
  const quota = new Map(counts.map(([group, n]) => [group, Math.floor(n * count / rows.length)]));
  const given = [...quota.values()].reduce((a, b) => a + b, 0);
  // Remainders as integers: fractions would decide ties by rounding. The sort keeps ties in order.
  const byRemainder = counts.toSorted(([, a], [, b]) =>
    (b * count) % rows.length - (a * count) % rows.length
  );
  for (const [group] of byRemainder.slice(0, count - given)) {
    quota.set(group, quota.get(group)! + 1);
  }
  return quota;
}

/** Walks along `rows` and takes from each group until its quota is used up. */
function take(rows: Uint32Array, groups: ArrayLike<number>, quota: Quota) {
  const open = new Map(quota);
  const isTaken = (row: number) => {
    const more = open.get(groups[row]) ?? 0;
    if (more > 0) open.set(groups[row], more - 1);
    return more > 0;
  };
  const taken: number[] = [];
  const left: number[] = [];
  for (const row of rows) (isTaken(row) ? taken : left).push(row);
  return { taken: Uint32Array.from(taken), left: Uint32Array.from(left) };
}

function concatRows(a: Uint32Array, b: Uint32Array): Uint32Array<ArrayBuffer> {
  const rows = new Uint32Array(a.length + b.length);
  rows.set(a);
  rows.set(b, a.length);
  return rows;
}
