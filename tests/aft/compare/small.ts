/** Small comparisons for tests: files, options, and what a call says. */

import { compare } from "../../../aft/compare/compare.ts";
import type { CompareProgress } from "../../../aft/compare/progress.ts";
import type { CompareOptions, RunRecord } from "../../../aft/compare/types.ts";
import { tableData, teacherOf, writeTask } from "../small.ts";

/** Runs `action` in a folder that goes afterwards. */
export async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aft_compare_" });
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes three classes of rows and two teachers; returns options that take a moment. */
export async function smallOptions(
  folder: string,
  changes: Partial<CompareOptions> = {},
): Promise<CompareOptions> {
  const data = tableData(60, 30);
  const teachers = [teacherOf(data), teacherOf(data, { name: "other", columns: 3, stream: 9 })];
  const files = await writeTask(folder, data, teachers);
  return {
    base: { ...files, student: "mlp:6", batchSize: 16, lr: 0.02, steps: 6 },
    methods: ["stl", "aft"],
    trainSizes: [24],
    seeds: 2,
    betas: [1, 10],
    tuneSeeds: 1,
    out: `${folder}/compared`,
    ...changes,
  };
}

/** What a call says; `until` stops it after the first event it is true of. */
export async function follow(
  options: CompareOptions,
  until?: (progress: CompareProgress) => boolean,
): Promise<CompareProgress[]> {
  const stop = new AbortController();
  const said: CompareProgress[] = [];
  for await (const progress of compare({ signal: stop.signal, ...options })) {
    said.push(progress);
    if (until?.(progress)) stop.abort();
  }
  return said;
}

/** The events of a kind. */
export function all<E extends CompareProgress["event"]>(
  said: readonly CompareProgress[],
  event: E,
): Extract<CompareProgress, { event: E }>[] {
  return said.filter((progress): progress is Extract<CompareProgress, { event: E }> =>
    progress.event === event
  );
}

/** The last event, which must be `done`. */
export function done(said: readonly CompareProgress[]) {
  const last = said.at(-1);
  if (last?.event !== "done") throw new Error(`Ended with ${last?.event}, expected done`);
  return last;
}

/** Records of a folder without what differs from call to call, sorted by identity. */
export async function recordsOf(out: string): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for await (const { name } of Deno.readDir(`${out}/runs`)) {
    const record = JSON.parse(await Deno.readTextFile(`${out}/runs/${name}`));
    delete record.result.seconds;
    records.push(record);
  }
  return records.sort((a, b) => a.key < b.key ? -1 : 1);
}
