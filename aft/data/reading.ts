/** Reads a file or folder of any format, before it is known what its labels mean. */

import { ConfigError } from "../../gpu/errors.ts";
import { lookAt } from "../files.ts";
import { readCifar } from "./cifar.ts";
import { readCsv, readJsonl } from "./csv.ts";
import { detectFormat } from "./detect.ts";
import { readIdx } from "./idx.ts";
import { type ImageOptions, readImages } from "./image_folder.ts";
import type { RawData, RawSplit, SplitName } from "./raw.ts";
import { readSafetensorsDataset } from "./safetensors_dataset.ts";
import type { TableOptions } from "./table_columns.ts";
import type { DataFormat, Split } from "./types.ts";

/** What readers are told beside the path; each looks at what is its own. */
type ReaderOptions = TableOptions & ImageOptions;

type Reader = (
  path: string,
  wanted: readonly SplitName[],
  options: ReaderOptions,
) => Promise<RawData>;

const READERS: Readonly<Record<DataFormat, Reader>> = {
  safetensors: readSafetensorsDataset,
  idx: readIdx,
  cifar10: readCifar,
  csv: readCsv,
  jsonl: readJsonl,
  images: readImages,
};

/** Names of the formats that are read. */
export const DATA_FORMATS: readonly DataFormat[] = Object.keys(READERS) as DataFormat[];

/**
 * Reads row groups of a file or folder.
 *
 * @param path File or folder.
 * @param wanted Row groups to read; those that are not there are left out.
 * @param format The format, where content and names must not decide.
 * @param options How columns of tables are chosen, whether labels are needed, the size of images.
 * @returns What was found.
 * @throws {ConfigError} If there is no such format.
 * @throws {FormatError} If a file is not as its format asks.
 */
export async function readRaw(
  path: string,
  wanted: readonly SplitName[],
  format: DataFormat | undefined,
  options: ReaderOptions,
): Promise<RawData> {
  if (format !== undefined && !DATA_FORMATS.includes(format)) {
    const known = DATA_FORMATS.join(", ");
    throw new ConfigError(`Cannot read format ${format}: format must be one of ${known}`, {
      field: "format",
      value: format,
    });
  }
  const found = format ?? await detectFormat(path);
  // Batches of pixels have no splits inside: a file of them, given alone, is meant itself.
  const { isFolder } = await lookAt(path);
  const isAlone = !isFolder && !options.needsLabels && (found === "idx" || found === "cifar10");
  return await READERS[found](path, isAlone ? ["all"] : wanted, options);
}

/** A group with the labels it turned out to have. */
export function toSplit(group: RawSplit, labels: Split["labels"] | undefined): Split {
  const { rows, inputs } = group;
  return { rows, inputs, labels: labels ?? new Int32Array(0), labelled: labels !== undefined };
}

/** Some rows of a split with labels, copied; `size` is the length of a row. */
export function pickRows({ inputs, labels }: Split, rows: Uint32Array, size: number): Split {
  const Kind = [Uint8Array, Int32Array].find((kind) => inputs instanceof kind) ?? Float32Array;
  const Labels = labels instanceof Int32Array ? Int32Array : Float32Array;
  const picked = new Kind(rows.length * size);
  rows.forEach((row, i) => picked.set(inputs.subarray(row * size, (row + 1) * size), i * size));
  const pickedLabels = new Labels(rows.length);
  rows.forEach((row, i) => pickedLabels[i] = labels[row]);
  return { rows: rows.length, inputs: picked, labels: pickedLabels, labelled: true };
}
