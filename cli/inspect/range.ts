/** Extremes, mean and spread of numbers. */

import { number } from "../format.ts";

/** Where numbers lie. */
export interface Range {
  /** Smallest. */
  readonly min: number;
  /** Largest. */
  readonly max: number;
  /** Mean, summed in float64. */
  readonly mean: number;
  /** Root of the mean squared distance from the mean. */
  readonly deviation: number;
  /** Mean of the squares. */
  readonly meanSquare: number;
}

/**
 * Where numbers lie.
 *
 * @param values One number or more.
 * @returns Extremes, mean, deviation, mean square.
 */
export function rangeOf(values: ArrayLike<number>): Range {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  const variance = squares / values.length;
  const meanSquare = variance + mean ** 2;
  return { min, max, mean, deviation: Math.sqrt(variance), meanSquare };
}

/** A range in words. */
export function rangeText({ min, max, mean, deviation }: Range): string {
  return `${number(min)} to ${number(max)}, mean ${number(mean)}, deviation ${number(deviation)}`;
}
