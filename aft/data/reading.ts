/** Reads a file or folder of any format, before it is known what its labels mean. */

import { ConfigError } from "../../gpu/errors.ts";
import { lookAt } from "../files.ts";
import { readCifar } from "./cifar.ts";
import { readCsv, readJsonl } from "./csv.ts";
import { detectFormat } from "./detect.ts";
import { readIdx } from "./idx.ts";
import { type ImageOptions, readImages } from "./image_folder.ts";
import { LARGEST_SIDE } from "./image_pixels.ts";
import type { RawData, RawSplit, SplitName } from "./raw.ts";
import { readSafetensorsDataset } from "./safetensors_dataset.ts";
import type { TableOptions } from "./table_columns.ts";
import type { DataFormat, Split } from "./types.ts";

/** What readers are told beside the path; each looks at what is its own. */
type ReaderOptions = TableOptions & ImageOptions;

/** What {@linkcode readRaw} is told beside the path. */
export interface RawOptions extends TableOptions, ImageOptions {
  /** Height and width that images are brought to, where a user asks for it; 0 asks for nothing. */
  imageSide?: number;
}

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
 * @throws {ConfigError} If there is no such format, or the size of images is out of range, or asked
 * for of something else.
 * @throws {FormatError} If a file is not as its format asks.
 */
export async function readRaw(
  path: string,
  wanted: readonly SplitName[],
  format: DataFormat | undefined,
  { imageSide = 0, ...options }: RawOptions,
): Promise<RawData> {
  if (format !== undefined && !DATA_FORMATS.includes(format)) {
    const known = DATA_FORMATS.join(", ");
    throw new ConfigError(`Cannot read format ${format}: format must be one of ${known}`, {
      field: "format",
      value: format,
    });
  }
  const found = format ?? await detectFormat(path);
  if (imageSide !== 0) {
    checkImageSide(imageSide, path, found);
    options.imageSize = [imageSide, imageSide];
  }
  // Batches of pixels have no splits inside: a file of them, given alone, is meant itself.
  const { isFolder } = await lookAt(path);
  const isAlone = !isFolder && !options.needsLabels && (found === "idx" || found === "cifar10");
  return await READERS[found](path, isAlone ? ["all"] : wanted, options);
}

function checkImageSide(side: number, path: string, format: DataFormat): void {
  const refuse = (why: string): never => {
    throw new ConfigError(`Cannot use image-size ${side}: ${why}`, {
      field: "image-size",
      value: side,
    });
  };
  if (!Number.isInteger(side) || side < 1 || side > LARGEST_SIDE) {
    refuse(`it must be an integer from 0 to ${LARGEST_SIDE}`);
  }
  if (format !== "images") refuse(`${path} is of the format ${format}, not a folder of images`);
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
