/** Runs of all claims together: one that several comparisons need is done once. */

import { agrees } from "../../aft/compare/identity.ts";
import type { Plan } from "../../aft/compare/plan.ts";
import { CompareFolder, type Records } from "../../aft/compare/store.ts";
import type { ProbeRecord } from "../../aft/compare/types.ts";
import { exists } from "../../aft/files.ts";

/** Finished runs and probes, by identity. */
export interface Pool {
  /** Runs. */
  readonly records: Records;
  /** Linear probes. */
  readonly probes: ReadonlyMap<string, ProbeRecord>;
}

/** Folders of comparisons lie at most so deep. */
const DEPTH = 4;

/**
 * Reads the runs of every comparison that lies in a folder, at any depth.
 *
 * @param folder The folder; it need not be there.
 * @returns All runs and probes.
 */
export async function readPool(folder: string): Promise<Pool> {
  const records = new Map();
  const probes = new Map();
  for (const path of await comparisonsIn(folder, DEPTH)) {
    const found = new CompareFolder(path);
    await found.refresh();
    for (const [key, record] of found.records) records.set(key, record);
    for (const [key, probe] of found.probes) probes.set(key, probe);
  }
  return { records, probes };
}

/** Several pools as one; where two have a run, the later one's counts. */
export function together(pools: readonly Pool[]): Pool {
  return {
    records: new Map(pools.flatMap(({ records }) => [...records])),
    probes: new Map(pools.flatMap(({ probes }) => [...probes])),
  };
}

async function comparisonsIn(folder: string, depth: number): Promise<string[]> {
  if (depth === 0 || !await exists(folder)) return [];
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = entries.flatMap(({ name, isFile }) => isFile ? [] : [name]).toSorted();
  const inside = await Promise.all(
    names.map((name) => comparisonsIn(`${folder}/${name}`, depth - 1)),
  );
  return [...names.includes("runs") ? [folder] : [], ...inside.flat()];
}

/**
 * The part of a pool that a comparison consists of.
 *
 * @param pool All runs.
 * @param plan The comparison.
 * @returns Runs and probes of the plan, those left out whose settings are others.
 */
export function partOf({ records, probes }: Pool, plan: Plan): Pool {
  const own = [...plan.specs.values()].flatMap(({ key, settings }) => {
    const record = records.get(key);
    return record && agrees(record.config, settings) ? [[key, record] as const] : [];
  });
  const fitted = [...plan.probes.keys()].flatMap((key) => {
    const probe = probes.get(key);
    return probe ? [[key, probe] as const] : [];
  });
  return { records: new Map(own), probes: new Map(fitted) };
}
