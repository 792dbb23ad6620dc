/** Guesses what was meant by a name that does not exist. */

/**
 * The known name that is the fewest changed letters away.
 *
 * @param name What was written.
 * @param known What could have been meant.
 * @returns The nearest name; undefined where none is within a third of its letters (at least two of
 * five or more, one of fewer).
 *
 * @example
 * ```ts
 * import { nearestName } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(nearestName("bach-size", ["batch-size", "steps"]), "batch-size");
 * assertEquals(nearestName("colour", ["batch-size", "steps"]), undefined);
 * ```
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  if (best === undefined) return undefined;
  const bearable = Math.max(best.length < 5 ? 1 : 2, Math.floor(best.length / 3));
  return least <= bearable ? best : undefined;
}

/** Letters to put in, leave out, change, or swap with their neighbour (Damerau 1964). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i][j] = Math.min(
        rows[i - 1][j] + 1,
        rows[i][j - 1] + 1,
        rows[i - 1][j - 1] + changed,
        isSwap ? rows[i - 2][j - 2] + 1 : Infinity,
      );
    }
  }
  return rows[a.length][b.length];
}
