/** Finished runs in one file beside the tables: another machine goes on where this one ended. */

import { appendLine, exists, readText } from "../../aft/files.ts";
import type { ProbeRecord, RunRecord } from "../../aft/compare/types.ts";
import { FormatError } from "../../gpu/errors.ts";
import type { Pool } from "./pool.ts";

/**
 * Reads the file of finished runs: a line of JSON for each run or probe.
 *
 * @param path The file; it need not be there.
 * @returns Runs and probes by identity; of two lines with one identity the later one's.
 * @throws {FormatError} If a line is none of a run or probe.
 */
export async function readFinished(path: string): Promise<Pool> {
  const records = new Map<string, RunRecord>();
  const probes = new Map<string, ProbeRecord>();
  if (!await exists(path)) return { records, probes };
  (await readText(path)).trimEnd().split("\n").forEach((line, at) => {
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
  });
  return { records, probes };
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
 * Adds those of some runs and probes that the file does not have yet. Lines that are there stay as
 * they are, so that what two processes or machines add comes together line by line.
 *
 * @param path The file; it is made where it is missing, in a folder that is there.
 * @param pool Runs and probes.
 * @throws {FormatError} If the file has a line that is none of a run or probe.
 */
export async function addFinished(path: string, { records, probes }: Pool): Promise<void> {
  const there = await readFinished(path);
  const isNew = <T extends { key: string }>(known: ReadonlyMap<string, T>) => (record: T) =>
    JSON.stringify(known.get(record.key)) !== JSON.stringify(record);
  const lines = [
    ...[...records.values()].filter(isNew(there.records)),
    ...[...probes.values()].filter(isNew(there.probes)),
  ];
  for (const line of lines) await appendLine(path, JSON.stringify(line));
}
