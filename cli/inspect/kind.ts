/** Tells what files and folders hold, and asks the inspection that knows. */

import { readSafetensorsHeader } from "../../aft/data/safetensors_dataset.ts";
import { findSafetensorsDataset } from "../../aft/data/safetensors_dataset.ts";
import { list, lookAt, readHead, readTextParts } from "../../aft/files.ts";
import { inspectCheckpoint, isCheckpoint } from "./checkpoint.ts";
import { inspectData } from "./data.ts";
import { inspectFeatures } from "./features.ts";
import type { Finding, Reading } from "./finding.ts";
import { inspectConfig, inspectLog, inspectRun, isRun } from "./run.ts";
import { inspectTensors } from "./tensors.ts";

/** A path and what it holds. */
export interface Found {
  /** The path; of a folder without data of its own, each of its safetensors files. */
  readonly path: string;
  /** What it holds. */
  readonly finding: Finding;
}

const DATA_TENSORS = ["train.inputs", "test.inputs", "val.inputs", "inputs"];

/**
 * Finds out what a path holds.
 *
 * @param path File or folder.
 * @param reading How data is read where content must not decide.
 * @returns What it holds; several things for a folder of safetensors files that is no data.
 * @throws {FormatError} If it is broken, or of no known kind.
 * @throws {Deno.errors.NotFound} If there is nothing; the path is in the message.
 */
export async function* findingsOf(path: string, reading: Reading): AsyncGenerator<Found> {
  const { isFolder } = await lookAt(path);
  if (!isFolder) {
    yield { path, finding: await inspectFile(path, reading) };
    return;
  }
  const names = await list(path);
  if (isRun(names)) {
    yield { path, finding: await inspectRun(path, names) };
    return;
  }
  const loose = await looseFiles(path, names, reading);
  if (loose.length === 0) yield { path, finding: await inspectData(path, reading) };
  for (const file of loose) yield { path: file, finding: await inspectFile(file, reading) };
}

async function inspectFile(path: string, reading: Reading): Promise<Finding> {
  if (/\.json$/i.test(path)) return await inspectConfig(path);
  if (/\.jsonl$/i.test(path) && await isLog(path)) return await inspectLog(path);
  if (reading.format !== "auto" || !await isSafetensors(path)) {
    return await inspectData(path, reading);
  }
  const header = await readSafetensorsHeader(path);
  if (isCheckpoint(header.metadata)) return await inspectCheckpoint(path);
  if (DATA_TENSORS.some((name) => header.entries.has(name))) {
    return await inspectData(path, reading);
  }
  const train = header.entries.get("train");
  return train?.shape.length === 2 ? await inspectFeatures(path, header) : inspectTensors(header);
}

/** Whether lines are those of a run's log, broken ones too: rows of a table are objects without events. */
async function isLog(path: string): Promise<boolean> {
  let start = "";
  for await (const part of readTextParts(path)) {
    start += part;
    if (start.includes("\n")) break;
  }
  try {
    return Object.hasOwn(JSON.parse(start.split("\n")[0]), "event");
  } catch {
    return true;
  }
}

/** By the brace that every header begins with, or by the name, so that broken ones are told too. */
async function isSafetensors(path: string): Promise<boolean> {
  if (/\.safetensors$/i.test(path)) return true;
  const head = await readHead(path, 9);
  return head.length === 9 && head[8] === 0x7b && head.includes(0);
}

/** The safetensors files of a folder that has neither labelled data nor tables, such as features. */
async function looseFiles(
  folder: string,
  names: readonly string[],
  { format }: Reading,
): Promise<string[]> {
  const files = names.filter((name) => name.endsWith(".safetensors"));
  const hasOther = names.some((name) => /\.(?:csv|bin|jsonl)$|ubyte(?:\.gz)?$/.test(name));
  if (format !== "auto" || hasOther || files.length === 0) return [];
  if (await findSafetensorsDataset(folder) !== undefined) return [];
  return files.map((name) => `${folder.replace(/\/+$/, "")}/${name}`);
}
