/** CIFAR-10's binary form: records of one label byte and 3,072 pixel bytes. */

import { exists, list, lookAt, readBytes, readText } from "../files.ts";
import { baseName, beside, broken, inFolder, type RawData, type RawSplit } from "./raw.ts";
import type { SplitName } from "./raw.ts";

const SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;
const NAMES_FILE = "batches.meta.txt";
/** Names of the classes where no file gives any. */
const NUMBERS = Array.from({ length: 10 }, (_, i) => String(i));
const TRAIN = /^data_batch_\d+\.bin$/;
const TEST = "test_batch.bin";

/** True for names that files of this format have. */
export function isCifarName(name: string): boolean {
  return TRAIN.test(name) || name === TEST;
}

/**
 * Reads a folder with `data_batch_*.bin`, `test_batch.bin` and, for the class names,
 * `batches.meta.txt`; or one such file, with the test batch beside it where training rows are
 * wanted.
 *
 * @param path Folder or file.
 * @param wanted Row groups to read.
 * @returns What was found of them.
 * @throws {FormatError} If a file is not whole records or a label is not a class.
 */
export async function readCifar(path: string, wanted: readonly SplitName[]): Promise<RawData> {
  const { isFolder } = await lookAt(path);
  const groups = isFolder ? await groupsOfFolder(path) : await groupsOfFile(path, wanted);
  const namesFile = isFolder ? inFolder(path, NAMES_FILE) : beside(path, NAMES_FILE);
  const hasNames = await exists(namesFile);
  const classes = hasNames ? await readClassNames(namesFile) : NUMBERS;
  const files = hasNames ? [namesFile] : [];
  const data: RawData = { path, format: "cifar10", classes, splits: {}, files };
  for (const name of wanted) {
    const batches = groups[name] ?? [];
    if (batches.length === 0) continue;
    data.splits[name] = await readBatches(batches, classes.length);
    data.files.push(...batches);
  }
  return data;
}

type Groups = Partial<Record<SplitName, string[]>>;

async function groupsOfFolder(folder: string): Promise<Groups> {
  const names = await list(folder);
  // By number, not by name: data_batch_10 comes after data_batch_2.
  const number = (name: string) => Number(name.match(/\d+/)?.[0]);
  const train = names.filter((name) => TRAIN.test(name)).sort((a, b) => number(a) - number(b));
  return {
    train: train.map((name) => inFolder(folder, name)),
    test: names.includes(TEST) ? [inFolder(folder, TEST)] : [],
  };
}

async function groupsOfFile(file: string, wanted: readonly SplitName[]): Promise<Groups> {
  if (!wanted.includes("train")) return { all: [file] };
  const name = baseName(file);
  if (name === TEST) return { test: [file] };
  if (!TRAIN.test(name)) return { all: [file] };
  const test = beside(file, TEST);
  return { train: [file], test: await exists(test) ? [test] : [] };
}

async function readClassNames(file: string): Promise<string[]> {
  const names = (await readText(file)).split(/\r?\n/).map((name) => name.trim()).filter(Boolean);
  if (names.length !== 10) broken(file, `it names ${names.length} classes, CIFAR-10 has 10`);
  return names;
}

async function readBatches(files: readonly string[], classCount: number): Promise<RawSplit> {
  const counts: number[] = [];
  for (const file of files) counts.push(rowsOf(file, (await lookAt(file)).size));
  const rows = counts.reduce((a, b) => a + b, 0);
  const inputs = new Uint8Array(rows * PIXELS);
  const values = new Int32Array(rows);
  let row = 0;
  for (const [i, file] of files.entries()) {
    const bytes = await readBytes(file);
    // Also guards the copy below against a file that grew since it was measured.
    if (bytes.length !== counts[i] * RECORD) broken(file, "it changed while it was read");
    row = takeRecords(bytes, file, classCount, { inputs, values, row });
  }
  const labels = { kind: "integers" as const, values, file: files[0], at: atRow };
  return { rows, inputs, labels, file: files[0], inputShape: SHAPE };
}

function atRow(row: number): string {
  return `row ${row}`;
}

function rowsOf(file: string, size: number): number {
  if (size === 0 || size % RECORD !== 0) {
    broken(file, `it has ${size} bytes, CIFAR-10 has a multiple of ${RECORD}`);
  }
  return size / RECORD;
}

function takeRecords(
  bytes: Uint8Array,
  file: string,
  classCount: number,
  into: { inputs: Uint8Array; values: Int32Array; row: number },
): number {
  let { inputs, values, row } = into;
  for (let at = 0; at < bytes.length; at += RECORD, row++) {
    if (bytes[at] >= classCount) {
      const place = `row ${at / RECORD}`;
      broken(file, `${place} has label ${bytes[at]}, classes are 0 to ${classCount - 1}`, place);
    }
    values[row] = bytes[at];
    inputs.set(bytes.subarray(at + 1, at + RECORD), row * PIXELS);
  }
  return row;
}
