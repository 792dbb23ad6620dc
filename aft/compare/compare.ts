/** A comparison from beginning to end. */

import { openGpu } from "../../gpu/mod.ts";
import { followed, type Told } from "../bit_by_bit.ts";
import { readNameMap } from "../start_weights.ts";
import { readingOptions } from "../train.ts";
import { missingRuns } from "./choice.ts";
import { conclude } from "./conclude.ts";
import { hashData, hashFile, hashFiles } from "./identity.ts";
import { type ResolvedOptions, resolveOptions } from "./options.ts";
import { checkNames, makePlan, type Plan } from "./plan.ts";
import { Runner, type RunSource } from "./runner.ts";
import { Session } from "./session.ts";
import { CompareFolder } from "./store.ts";
import type { CompareProgress } from "./progress.ts";
import type { CompareOptions } from "./types.ts";
import type { Hand } from "./work.ts";
import { RunWorker } from "./worker.ts";

/**
 * Compares methods: each with every number of training rows, noise columns and set of teachers,
 * and every seed. A method's strength is chosen on validation rows alone, by the mean error over a
 * few seeds; then all seeds run at that strength. Everything is read and checked before the folder
 * is made.
 *
 * Every finished run is a file of the folder, named by the hash of its settings and of the bytes of
 * its data and features, and is not done again: a comparison that was stopped goes on, and one that
 * is asked for more seeds, methods or sizes does what is new. With a `shard`, runs are shared out by
 * their place in the list: first those that strengths are chosen by, and, once those of all shards
 * are there, the others. A call without a shard does what is left, and writes the table.
 *
 * @param options What is compared, and where it goes.
 * @returns Progress as it happens, last of all `done` or `interrupted`.
 * @throws {ConfigError} If an option is out of range, or a method does not go with the data.
 * @throws {FormatError} If a file is not as its format asks.
 * @throws {GpuError} If there is no GPU.
 *
 * @example
 * ```ts
 * import { compare, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const rows = Array.from({ length: 32 }, (_, i) => `${i % 4},${i % 4 < 2 ? "low" : "high"}`);
 * for (const name of ["train", "test"]) {
 *   await writeAtomic(`${folder}/${name}.csv`, ["size,label", ...rows].join("\n"));
 * }
 *
 * const base = { data: folder, student: "mlp:4", steps: 5 };
 * const options = { base, methods: ["stl", "stl:lr=0.05"], trainSizes: [16], seeds: 2 };
 * for await (const progress of compare({ ...options, out: `${folder}/compared` })) {
 *   if (progress.event !== "done") continue;
 *   assertEquals(progress.rows.map(({ method, seeds }) => [method, seeds]), [
 *     ["stl", 2],
 *     ["stl:lr=0.05", 2],
 *   ]);
 * }
 * ```
 */
export async function* compare(options: CompareOptions): AsyncGenerator<CompareProgress> {
  const started = performance.now();
  const resolved = resolveOptions(options);
  const folder = new CompareFolder(resolved.out);
  await folder.check();
  await openGpu();
  const { plan, runner, source } = yield* reading(resolved);
  await folder.refresh();
  await folder.open(plan.comparison);
  const { shard } = resolved;
  const session = new Session({ plan, folder, shard, signal: options.signal });
  const { text, hands, workers } = await makeHands(resolved.jobs, source, runner);
  try {
    yield session.planned(hands.length);
    if (text !== undefined) yield { event: "note", text };
    if (yield* session.tune(hands)) yield* session.finish(hands);
    yield* session.probe(runner);
  } finally {
    for (const worker of workers) worker.close();
  }
  if (options.signal?.aborted) return yield session.interrupted();
  const { comparison } = plan;
  const made = shard ? { rows: [], files: [] } : await conclude(folder, comparison);
  const missing = missingRuns(comparison, folder.records);
  const seconds = (performance.now() - started) / 1000;
  yield { event: "done", task: comparison.task, ...made, missing, seconds };
}

function reading(resolved: ResolvedOptions): AsyncGenerator<CompareProgress, ReadyPlan> {
  return followed((tell) => planFor(resolved, (step) => tell({ event: "reading", ...step })));
}

/** A comparison with all that its runs need, read from files. */
export interface ReadyPlan {
  /** Its runs. */
  readonly plan: Plan;
  /** Data and features. */
  readonly runner: Runner;
  /** Where they come from. */
  readonly source: RunSource;
}

/**
 * Reads data and features, and lists the runs. No GPU is needed, and nothing is written.
 *
 * @param resolved Checked options.
 * @param told Is told how far a long reading is.
 * @returns The plan, and what does its runs.
 * @throws {FormatError} If a file is not as its format asks.
 * @throws {ConfigError} If options do not go with the data.
 */
export async function planFor(resolved: ResolvedOptions, told?: Told): Promise<ReadyPlan> {
  const source = await sourceOf(resolved);
  const runner = await Runner.open(source, told);
  checkNames(runner.teachers, resolved.noise);
  return { plan: await planOf(resolved, runner, source), runner, source };
}

async function sourceOf({ base }: ResolvedOptions): Promise<RunSource> {
  const { data, features, init, initMap = "" } = base;
  const start = init ? { file: init, names: await readNameMap(initMap) } : undefined;
  return { data, reading: readingOptions(base), features, start };
}

async function planOf(
  resolved: ResolvedOptions,
  { dataset, teachers }: Runner,
  { start }: RunSource,
): Promise<Plan> {
  return await makePlan(resolved, {
    ...{ dataset, teachers },
    dataHashes: await hashData(dataset),
    featureHashes: await hashFiles(resolved.base.features),
    ...start && { start: { weights: await hashFile(start.file), names: start.names } },
  });
}

/** One hand here, or as many workers as jobs; where those cannot be had, one hand and why. */
async function makeHands(
  jobs: number,
  source: RunSource,
  runner: Runner,
): Promise<{ text?: string; hands: Hand[]; workers: RunWorker[] }> {
  if (jobs === 1) return { hands: [runner], workers: [] };
  const workers = Array.from({ length: jobs }, () => new RunWorker(source));
  try {
    await workers[0].start();
  } catch (error) {
    const text = `Workers cannot be started here, runs follow each other: ${
      (error as Error).message
    }`;
    return { text, hands: [runner], workers: [] };
  }
  return { hands: workers, workers };
}
