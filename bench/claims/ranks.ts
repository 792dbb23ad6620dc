/** Correlation of ranks. */

import { correlation } from "../../aft/statistics.ts";

/**
 * Spearman's rank correlation: Pearson's of the ranks, where equals share the mean of theirs.
 *
 * @param a Numbers.
 * @param b As many.
 * @returns From -1 to 1; null for fewer than three pairs, or where one side does not vary.
 */
export function spearman(a: readonly number[], b: readonly number[]): number | null {
  return correlation(ranks(a), ranks(b));
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}
