/** Statistics of a comparison: means, spreads, paired differences, Student's t. */

/** What some numbers have in common. */
export interface Summary {
  /** How many. */
  readonly count: number;
  /** Their mean; null for none. */
  readonly mean: number | null;
  /** Standard deviation, divided by one less than their number; null for fewer than two. */
  readonly sd: number | null;
}

/** A paired difference a - b over the same seeds. */
export interface PairedDifference {
  /** Mean of the differences; null for no pair. */
  readonly mean: number | null;
  /** Lower end of the interval around the mean; null for fewer than two pairs. */
  readonly low: number | null;
  /** Upper end. */
  readonly high: number | null;
  /** Pairs in which a is larger. */
  readonly above: number;
  /** Pairs in which b is larger. */
  readonly below: number;
}

/**
 * Mean and standard deviation in float64.
 *
 * @param values Any numbers.
 * @returns Both, null where too few numbers are there.
 *
 * @example
 * ```ts
 * import { summarise } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(summarise([1, 3]), { count: 2, mean: 2, sd: Math.SQRT2 });
 * assertEquals(summarise([5]), { count: 1, mean: 5, sd: null });
 * ```
 */
export function summarise(values: readonly number[]): Summary {
  const count = values.length;
  if (count === 0) return { count, mean: null, sd: null };
  const mean = values.reduce((a, b) => a + b, 0) / count;
  if (count === 1) return { count, mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, sd: Math.sqrt(squares / (count - 1)) };
}

/** Entropy of shares that add up to 1, in nats. */
export function entropyOf(shares: Iterable<number>): number {
  let entropy = 0;
  for (const share of shares) if (share > 0) entropy -= share * Math.log(share);
  return entropy;
}

/**
 * Pearson's correlation of pairs of numbers.
 *
 * @param a Numbers.
 * @param b As many.
 * @returns From -1 to 1; null for fewer than three pairs, or where one side does not vary.
 * @throws {RangeError} If the numbers are not as many.
 *
 * @example
 * ```ts
 * import { correlation } from "@aft/aft/aft";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(correlation([1, 2, 3], [2, 4, 6])!, 1);
 * ```
 */
export function correlation(a: readonly number[], b: readonly number[]): number | null {
  requirePairs(a, b);
  const [x, y] = [summarise(a), summarise(b)];
  if (a.length < 3 || !x.sd || !y.sd) return null;
  const products = a.reduce((sum, value, i) => sum + (value - x.mean!) * (b[i] - y.mean!), 0);
  return products / ((a.length - 1) * x.sd * y.sd);
}

/**
 * The number t that |T| stays below with a given probability, for Student's distribution.
 *
 * @param degrees Degrees of freedom, an integer from 1.
 * @param level Probability that |T| <= t, above 0 and below 1.
 * @returns t.
 * @throws {RangeError} If degrees or level is out of range.
 *
 * @example
 * ```ts
 * import { studentT } from "@aft/aft/aft";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(studentT(9, 0.95), 2.262157, 1e-6);
 * ```
 */
export function studentT(degrees: number, level: number): number {
  if (!Number.isInteger(degrees) || degrees < 1 || !(level > 0 && level < 1)) {
    throw new RangeError(
      `Cannot take Student's t at ${level} with ${degrees} degrees of freedom: the level lies ` +
        "between 0 and 1, the degrees are an integer from 1",
    );
  }
  // With theta = atan(t / sqrt(degrees)) the probability is a finite sum that rises with theta.
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 64; i++) {
    const middle = (low + high) / 2;
    if (probability(degrees, middle) < level) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan((low + high) / 2);
}

/** P(|T| <= sqrt(degrees) tan(theta)): Abramowitz and Stegun, 26.7.3 and 26.7.4. */
function probability(degrees: number, theta: number): number {
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let total = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < degrees; k += 2) {
    term *= (k - 1) / k * cosine * cosine;
    total += term;
  }
  return isOdd ? 2 / Math.PI * (theta + sine * total) : sine * total;
}

/**
 * Compares numbers seed by seed: the mean difference with the interval of Student's t, and how
 * often which is larger.
 *
 * @param a One number a seed.
 * @param b The numbers of the same seeds.
 * @param level Share of intervals that hold the true mean; default 0.95.
 * @returns Difference, interval and counts.
 * @throws {RangeError} If the numbers are not as many.
 *
 * @example
 * ```ts
 * import { pairedDifference } from "@aft/aft/aft";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const { mean, low, high, above, below } = pairedDifference([3, 5, 4], [2, 3, 5]);
 * assertAlmostEquals(mean!, 2 / 3);
 * assertAlmostEquals(high! - mean!, 4.302653 * Math.sqrt(7 / 3) / Math.sqrt(3), 1e-5);
 * assertAlmostEquals(mean! - low!, high! - mean!);
 * assertEquals([above, below], [2, 1]);
 * ```
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  level = 0.95,
): PairedDifference {
  requirePairs(a, b);
  const differences = a.map((value, i) => value - b[i]);
  const { count, mean, sd } = summarise(differences);
  const counts = {
    above: differences.filter((difference) => difference > 0).length,
    below: differences.filter((difference) => difference < 0).length,
  };
  if (mean === null || sd === null) return { mean, low: null, high: null, ...counts };
  const reach = studentT(count - 1, level) * sd / Math.sqrt(count);
  return { mean, low: mean - reach, high: mean + reach, ...counts };
}

function requirePairs(a: readonly number[], b: readonly number[]): void {
  if (a.length === b.length) return;
  throw new RangeError(`Cannot pair ${a.length} numbers with ${b.length}: they are not as many`);
}
