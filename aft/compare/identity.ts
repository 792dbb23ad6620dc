/** What makes two runs the same one: their settings and the bytes of their files. */

import { type ConfigKey, configToJson, type TrainConfig, type TrainSettings } from "../config.ts";
import { configFields } from "../config_fields.ts";
import type { Dataset } from "../data/types.ts";
import { readBytes } from "../files.ts";
import type { NameMap } from "../start_weights.ts";

/** Form of what is hashed; another number makes every run another one. */
const VERSION = 1;

/** What a run's numbers depend on beside its settings. */
export interface RunInputs {
  /** Hashes of the files of the labelled data, in the order of reading. */
  readonly data: readonly string[];
  /** How they are read: format, label, task, rows cut for the test. */
  readonly reading: Partial<TrainConfig>;
  /** Hashes of the feature files that the run reads, in the order of the columns. */
  readonly features: readonly string[];
  /** Noise columns. */
  readonly noise: number;
  /** Hash of the weights that students start from, and how their names are changed. */
  readonly start?: { readonly weights: string; readonly names: NameMap };
}

/**
 * SHA-256 of a file.
 *
 * @param path The file.
 * @returns 64 hexadecimal digits.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 */
export async function hashFile(path: string): Promise<string> {
  return await sha256(await readBytes(path));
}

/** {@linkcode hashFile} of files one after the other, as there may be more than memory holds. */
export async function hashFiles(paths: readonly string[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const path of paths) hashes.push(await hashFile(path));
  return hashes;
}

/**
 * Hashes of labelled data: one for each file. Images have their labels from where they lie, so that
 * of these it is one, of all places within the folder and all files.
 *
 * @param data Labelled data that was read from files.
 * @returns 64 hexadecimal digits for each.
 */
export async function hashData(
  { path, format, files }: Pick<Dataset, "path" | "format" | "files">,
): Promise<string[]> {
  const hashes = await hashFiles(files);
  if (format !== "images") return hashes;
  const places = files.map((file) => file.slice(path.length).split(/[/\\]+/).filter(Boolean));
  return [await hashText(JSON.stringify(places.map((place, i) => [...place, hashes[i]])))];
}

/**
 * The identity of a run. Fields at their defaults do not enter it, so that a field which is added
 * to the configuration later leaves finished runs what they are; a record that disagrees with its
 * run's configuration is told apart by {@linkcode agrees}.
 *
 * @param settings All settings, defaults filled in.
 * @param inputs Files and noise.
 * @returns 32 hexadecimal digits.
 */
export async function runKey(settings: TrainSettings, inputs: RunInputs): Promise<string> {
  const { data, reading, features, noise, start } = inputs;
  const about = {
    version: VERSION,
    settings: changed(settings),
    reading: changed(reading),
    ...{ data, features, noise, start }, // JSON leaves out what is undefined
  };
  return (await hashText(JSON.stringify(about))).slice(0, 32);
}

/** What a linear probe depends on beside the files. */
export interface ProbeRows {
  /** Training rows. */
  readonly trainSize: number;
  /** Validation rows. */
  readonly valSize: number;
  /** Seed that draws both. */
  readonly seed: number;
}

/**
 * The identity of a linear probe.
 *
 * @param rows Which rows.
 * @param inputs Files.
 * @returns 32 hexadecimal digits.
 */
export async function probeKey(rows: ProbeRows, inputs: RunInputs): Promise<string> {
  const { data, reading, features } = inputs;
  const about = { probe: VERSION, ...rows, reading: changed(reading), data, features };
  return (await hashText(JSON.stringify(about))).slice(0, 32);
}

/** Fields that differ from their defaults, in the order of the table. */
function changed(config: Partial<TrainConfig>): Record<string, unknown> {
  const keys = (Object.keys(configFields) as ConfigKey[]).filter((key) => {
    const given = config[key];
    return given !== undefined && given !== configFields[key].default;
  });
  return configToJson(Object.fromEntries(keys.map((key) => [key, config[key]])));
}

/**
 * Whether a record is of a run with these settings, as far as both know of a field.
 *
 * @param recorded Fields that the record keeps, by the names of the flags.
 * @param settings All settings of the run.
 * @returns False where a field that both have differs.
 */
export function agrees(recorded: Record<string, unknown>, settings: TrainSettings): boolean {
  return Object.entries(configToJson(settings)).every(([flag, value]) =>
    !Object.hasOwn(recorded, flag) || JSON.stringify(recorded[flag]) === JSON.stringify(value)
  );
}

function hashText(text: string): Promise<string> {
  return sha256(new TextEncoder().encode(text));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
