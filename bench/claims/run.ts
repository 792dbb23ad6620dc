/** Runs a claim, or collects the runs that are there, and keeps what comes out. */

import { compare, planFor, type ReadyPlan } from "../../aft/compare/compare.ts";
import { resolveOptions } from "../../aft/compare/options.ts";
import type { Plan } from "../../aft/compare/plan.ts";
import { fitProbe } from "../../aft/compare/probes.ts";
import type { CompareProgress } from "../../aft/compare/progress.ts";
import { CompareFolder } from "../../aft/compare/store.ts";
import { exists, makeFolder } from "../../aft/files.ts";
import type { Claim } from "./claim.ts";
import { keptOf } from "./kept.ts";
import { type ClaimPlace, madeFolder, optionsOf } from "./options.ts";
import { partOf, type Pool, readPool, together } from "./pool.ts";
import { keep, keepRuns, keepTable, readRuns, type Shelf } from "./store.ts";

/** How a claim is run. */
export interface ClaimRun {
  /** Folders and reductions. */
  readonly place: ClaimPlace;
  /** Where results are kept. */
  readonly shelf: Shelf;
  /** Whether nothing is trained: runs that are missing stay so. */
  readonly collect?: boolean;
  /** Is told of what happens. */
  readonly told?: (progress: CompareProgress) => void;
  /** Is told of comparisons whose table stays as it is, since lines of it have more seeds. */
  readonly stays?: (comparison: string) => void;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the files that a claim's comparisons read beside the data, where they are missing.
 *
 * @param claim The claim.
 * @param place Folders.
 */
export async function prepareClaim(claim: Claim, place: ClaimPlace): Promise<void> {
  if (claim.prepare === undefined) return;
  const made = madeFolder(place);
  const paths = claim.comparisons.flatMap((comparison) => {
    const { data, features = [] } = optionsOf(claim, comparison, place).base;
    return [data!, ...features].filter((path) => path.startsWith(`${made}/`));
  });
  const there = await Promise.all(paths.map(exists));
  if (there.every((is) => is)) return;
  await makeFolder(made);
  await claim.prepare(place.data, made);
}

/**
 * Does the missing runs of a claim's comparisons, or none where it only collects, and keeps runs,
 * table, cost and scores. Runs that another claim or machine has done are taken over. Linear probes that the runs came
 * without are fitted, in any case.
 *
 * @param claim The claim.
 * @param run Where and how.
 * @returns Runs of the tables that are missing; undefined where it was stopped.
 * @throws {ConfigError} If a reduction is out of range.
 * @throws {FormatError} If a file of the data is not as its format asks.
 * @throws {GpuError} If runs are to be done and there is no GPU.
 */
export async function runClaim(claim: Claim, run: ClaimRun): Promise<number | undefined> {
  const { place, shelf, collect = false, told, stays, signal } = run;
  await prepareClaim(claim, place);
  let missing = 0;
  for (const comparison of claim.comparisons) {
    const options = optionsOf(claim, comparison, place);
    const ready = await planFor(resolveOptions(options));
    const { plan } = ready;
    const known = async () =>
      partOf(together([await readRuns(shelf), await readPool(place.out)]), plan);
    let pool = await known();
    try {
      if (collect) {
        if (pool.records.size > 0) await fitProbes(ready, pool, options.out, signal);
      } else {
        await takeOver(pool, plan, options.out);
        for await (const progress of compare({ ...options, signal })) {
          told?.(progress);
          if (progress.event === "done") missing += progress.missing;
        }
      }
    } finally { // what is finished is kept whatever ends the rest
      pool = await known();
      await keepRuns(shelf, pool);
    }
    const kept = keptOf(comparison.flags, plan.comparison, pool.records, pool.probes);
    if (!await keepTable(shelf, claim, comparison.name, kept)) stays?.(comparison.name);
    if (signal?.aborted) return undefined;
  }
  if (claim.score) await keep(shelf, claim, "scores", await claim.score(place.data));
  return missing;
}

/** Writes runs and probes that other comparisons have done into the folder of this one. */
async function takeOver(
  { records, probes }: Pool,
  { comparison }: Plan,
  out: string,
): Promise<void> {
  const folder = new CompareFolder(out);
  await folder.open(comparison);
  await folder.refresh();
  for (const record of records.values()) {
    if (!folder.records.has(record.key)) await folder.add(record);
  }
  for (const probe of probes.values()) {
    if (!folder.probes.has(probe.key)) await folder.addProbe(probe);
  }
}

/** Fits the linear probes that the runs came without: they need no GPU. */
async function fitProbes(
  { plan, runner: { dataset, teachers } }: ReadyPlan,
  { probes }: Pool,
  out: string,
  signal?: AbortSignal,
): Promise<void> {
  const missing = [...plan.probes].filter(([key]) => !probes.has(key));
  if (missing.length === 0) return;
  const folder = new CompareFolder(out);
  await folder.open(plan.comparison);
  for (const [key, spec] of missing) {
    if (signal?.aborted) return;
    await folder.addProbe({ key, test: fitProbe(spec, dataset, teachers) });
  }
}
