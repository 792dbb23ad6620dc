/** Finished runs in one file beside the tables: another machine goes on where this one ended. */

import { exists, readText, writeAtomic } from "../../aft/files.ts";
import type { ProbeRecord, RunRecord } from "../../aft/compare/types.ts";
import { FormatError } from "../../gpu/errors.ts";
import type { Pool } from "./pool.ts";

/**
 * Reads the file of finished runs: a line of JSON for each run or probe. A last line without its end
 * was cut off while it was written, and does not count.
 *
 * @param path The file; it need not be there.
 * @returns Runs and probes by identity; of two lines with one identity the later one's.
 * @throws {FormatError} If a line is none of a run or probe.
 */
export async function readFinished(path: string): Promise<Pool> {
  return poolOf(await wholeLines(path), path);
}

function poolOf(lines: readonly string[], path: string): Pool {
  const records = new Map<string, RunRecord>();
  const probes = new Map<string, ProbeRecord>();
  for (const [at, line] of lines.entries()) {
    const record = recordIn(line);
    if (record === undefined) {
      const place = `line ${at + 1}`;
      throw new FormatError(`Cannot read ${path}, ${place}: it is no run or probe`, {
        file: path,
        place,
      });
    }
    if ("result" in record) records.set(record.key, record);
    else probes.set(record.key, record);
  }
  return { records, probes };
}

async function wholeLines(path: string): Promise<string[]> {
  return await exists(path) ? (await readText(path)).split("\n").slice(0, -1) : [];
}

function recordIn(line: string): RunRecord | ProbeRecord | undefined {
  try {
    const value = JSON.parse(line) ?? {};
    const isRun = isObject(value.config) && isObject(value.result);
    return typeof value.key === "string" && (isRun || isObject(value.test)) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/**
 * Adds those of some runs and probes that the file does not have yet, behind the lines that are
 * there, so that what two machines add comes together line by line.
 *
 * @param path The file; it is made where it is missing, in a folder that is there.
 * @param pool Runs and probes.
 * @throws {FormatError} If the file has a line that is none of a run or probe.
 */
export async function addFinished(path: string, { records, probes }: Pool): Promise<void> {
  const before = await wholeLines(path);
  const there = poolOf(before, path);
  const isNew = <T extends { key: string }>(known: ReadonlyMap<string, T>) => (record: T) =>
    JSON.stringify(known.get(record.key)) !== JSON.stringify(record);
  const added = [
    ...[...records.values()].filter(isNew(there.records)),
    ...[...probes.values()].filter(isNew(there.probes)),
  ];
  if (added.length === 0) return;
  const lines = [...before, ...added.map((record) => JSON.stringify(record))];
  await writeAtomic(path, lines.map((line) => `${line}\n`));
}
