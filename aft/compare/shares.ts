/** Which of several processes does which runs. */

import type { Comparison, Shard } from "./types.ts";

/**
 * The part of the runs that is one process's. A run's place depends on what is compared alone,
 * never on what is finished or chosen, so that every process shares out alike at any time; equal
 * runs of several methods or settings are one process's.
 *
 * @param comparison What is compared.
 * @param shard The part; all runs without one.
 * @returns Whether a run is in it, by its identity.
 */
export function shareOf(
  { cells }: Comparison,
  shard: Shard | undefined,
): { tune: (key: string) => boolean; final: (key: string) => boolean } {
  if (shard === undefined) return { tune: () => true, final: () => true };
  const tune = new Map<string, number>();
  for (const { key } of cells.flatMap((cell) => cell.tune)) {
    if (!tune.has(key)) tune.set(key, tune.size);
  }
  const final = new Map<string, number>();
  let place = 0;
  for (const { seed } of cells[0].final) {
    for (const cell of cells) {
      // All strengths of a seed have one place: only one of them will be chosen.
      const keys = cell.final.filter((run) => run.seed === seed).map(({ key }) => key);
      const fresh = keys.filter((key) => !final.has(key));
      for (const key of fresh) final.set(key, place);
      if (fresh.length > 0) place++;
    }
  }
  const isOwn = (places: ReadonlyMap<string, number>) => (key: string) =>
    places.get(key)! % shard.count === shard.index - 1;
  return { tune: isOwn(tune), final: isOwn(final) };
}
