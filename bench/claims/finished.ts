/** Finished runs in one file beside the tables: another machine goes on where this one ended. */

import { exists, readText, writeAtomic } from "../../aft/files.ts";
import type { ProbeRecord, RunRecord } from "../../aft/compare/types.ts";
import { FormatError } from "../../gpu/errors.ts";
import { type Pool, together } from "./pool.ts";

/** First line: settings that hold for every run whose own line does not say otherwise. */
interface Head {
  readonly version: 1;
  readonly config: RunRecord["config"];
}

/**
 * Writes runs and probes as JSON lines in the order of their identities. Of its settings a run's
 * line names those alone that are not the ones of most runs.
 *
 * @param pool Runs and probes.
 * @returns The text; the same pool gives the same one.
 */
export function encodeFinished({ records, probes }: Pool): string {
  const byKey = <T extends { key: string }>(items: Iterable<T>) =>
    [...items].toSorted((a, b) => a.key < b.key ? -1 : 1);
  const runs = byKey(records.values());
  const head: Head = { version: 1, config: commonConfig(runs) };
  const lines = runs.map(({ key, config, result }) => {
    const own = Object.entries(config).filter(([flag, value]) => !same(head.config[flag], value));
    return { key, config: Object.fromEntries(own), result };
  });
  const all: unknown[] = [head, ...lines, ...byKey(probes.values())];
  return all.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Of every setting that all runs have, the value that most of them have. */
function commonConfig(runs: readonly RunRecord[]): RunRecord["config"] {
  const flags = Object.keys(runs[0]?.config ?? {})
    .filter((flag) => runs.every(({ config }) => Object.hasOwn(config, flag)));
  return Object.fromEntries(flags.map((flag) => {
    const counts = new Map<string, number>();
    for (const { config } of runs) {
      const value = JSON.stringify(config[flag]);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const [[most]] = [...counts].toSorted(([, a], [, b]) => b - a);
    return [flag, JSON.parse(most)];
  }));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Reads what {@linkcode encodeFinished} wrote.
 *
 * @param text The text.
 * @param file Name of the file, for errors.
 * @returns Runs and probes by identity.
 * @throws {FormatError} If a line is none of a run or probe.
 */
export function decodeFinished(text: string, file: string): Pool {
  const [head, ...lines] = text.split("\n").filter((line) => line !== "")
    .map((line, at) => parsed(line, file, `line ${at + 1}`));
  const records = new Map<string, RunRecord>();
  const probes = new Map<string, ProbeRecord>();
  lines.forEach((line) => {
    const { key } = line as { key: string };
    if ("result" in line) {
      const { config, result } = line as unknown as RunRecord;
      records.set(key, { key, config: { ...(head as unknown as Head).config, ...config }, result });
    } else {
      probes.set(key, line as unknown as ProbeRecord);
    }
  });
  return { records, probes };
}

function parsed(line: string, file: string, place: string): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new FormatError(`Cannot read ${file}, ${place}: it is no JSON`, { file, place, cause });
  }
}

/**
 * Reads the file of finished runs.
 *
 * @param path The file; it need not be there.
 * @returns Runs and probes.
 */
export async function readFinished(path: string): Promise<Pool> {
  if (!await exists(path)) return { records: new Map(), probes: new Map() };
  return decodeFinished(await readText(path), path);
}

/** Adds runs and probes to the file of finished runs. */
export async function addFinished(path: string, pool: Pool): Promise<void> {
  await writeAtomic(path, encodeFinished(together([await readFinished(path), pool])));
}
