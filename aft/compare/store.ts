/** The folder of a comparison: its plan, one file for each finished run, the table. */

import { ConfigError, FormatError } from "../../gpu/errors.ts";
import { configToJson } from "../config.ts";
import { exists, list, lookAt, makeFolder, readJson, writeAtomic } from "../files.ts";
import { type Check, isComparison, isProbeRecord, isRunRecord } from "./form.ts";
import { agrees } from "./identity.ts";
import type { Comparison, ProbeRecord, RunRecord, RunResult, RunSpec } from "./types.ts";

/** Finished runs by identity. */
export type Records = ReadonlyMap<string, RunRecord>;

/** A comparison's folder. Nothing is written before {@linkcode CompareFolder.open}. */
export class CompareFolder {
  /** The folder. */
  readonly path: string;
  readonly #records = new Map<string, RunRecord>();
  readonly #probes = new Map<string, ProbeRecord>();

  /** @param path The folder; it need not be there yet. */
  constructor(path: string) {
    this.path = path.replace(/(.)[/\\]+$/, "$1");
  }

  /** What is compared. */
  get comparison(): string {
    return `${this.path}/compare.json`;
  }

  /** Records of runs, one file each. */
  get runs(): string {
    return `${this.path}/runs`;
  }

  /** Records of linear probes, one file each. */
  get probeFiles(): string {
    return `${this.path}/probes`;
  }

  /** Linear probes that are known. */
  get probes(): ReadonlyMap<string, ProbeRecord> {
    return this.#probes;
  }

  /** Finished runs that are known. */
  get records(): Records {
    return this.#records;
  }

  /**
   * Refuses a path that is a file.
   *
   * @throws {ConfigError} If it is one.
   */
  async check(): Promise<void> {
    if (!await exists(this.path) || (await lookAt(this.path)).isFolder) return;
    throw new ConfigError(`Cannot compare into ${this.path}: it is a file`, {
      field: "out",
      value: this.path,
    });
  }

  /** Makes the folder and writes down what is compared. */
  async open(comparison: Comparison): Promise<void> {
    await makeFolder(this.runs);
    if (comparison.probes.length > 0) await makeFolder(this.probeFiles);
    await writeAtomic(this.comparison, `${JSON.stringify(comparison, null, 1)}\n`);
  }

  /**
   * Reads what is compared.
   *
   * @returns The comparison.
   * @throws {FormatError} If the file is not one of a comparison.
   * @throws {Deno.errors.NotFound} If there is none; the path is in the message.
   */
  async read(): Promise<Comparison> {
    return await readForm(this.comparison, isComparison) as Comparison;
  }

  /** Reads the records that are there and not known yet. */
  async refresh(): Promise<void> {
    await readRecords(this.runs, this.#records, isRunRecord);
    await readRecords(this.probeFiles, this.#probes, isProbeRecord);
  }

  /** Whether a run is finished, by what is known. */
  knows(spec: RunSpec): boolean {
    const record = this.#records.get(spec.key);
    return record !== undefined && agrees(record.config, spec.settings);
  }

  /** Whether a run is finished, by another process perhaps. */
  async has(spec: RunSpec): Promise<boolean> {
    if (this.knows(spec)) return true;
    if (this.#records.has(spec.key) || !await exists(this.#fileOf(spec.key))) return false;
    await this.refresh();
    return this.knows(spec);
  }

  /** Keeps what came out of a run. */
  async save({ key, settings }: RunSpec, result: RunResult): Promise<void> {
    await this.add({ key, config: configToJson(settings), result });
  }

  /** Keeps a record as it is. */
  async add(record: RunRecord): Promise<void> {
    await writeAtomic(this.#fileOf(record.key), `${JSON.stringify(record)}\n`);
    this.#records.set(record.key, record);
  }

  /** Keeps a linear probe. */
  async addProbe(record: ProbeRecord): Promise<void> {
    await writeAtomic(`${this.probeFiles}/${record.key}.json`, `${JSON.stringify(record)}\n`);
    this.#probes.set(record.key, record);
  }

  #fileOf(key: string): string {
    return `${this.runs}/${key}.json`;
  }
}

/** Reads the records in a folder that are not known yet. */
async function readRecords<T extends { key: string }>(
  folder: string,
  known: Map<string, T>,
  isRecord: Check,
): Promise<void> {
  if (!await exists(folder)) return;
  for (const name of await list(folder)) {
    const [, key] = /^([0-9a-f]{32})\.json$/.exec(name) ?? [];
    if (key === undefined || known.has(key)) continue;
    const isOwn = (value: unknown) => isRecord(value) && (value as T).key === key;
    known.set(key, await readForm(`${folder}/${name}`, isOwn) as T);
  }
}

/** What a file holds, where it has the right form. */
async function readForm(path: string, isRight: Check): Promise<unknown> {
  const value = await readJson(path);
  if (isRight(value)) return value;
  throw new FormatError(
    `Cannot read ${path}: it is not as a comparison wrote it; mend or remove it`,
    { file: path },
  );
}
