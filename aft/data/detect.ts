/** Tells the formats of labelled data apart, by content and names. */

import { list, lookAt, readHead } from "../files.ts";
import { isCifarName } from "./cifar.ts";
import { isGzipHead, isIdxHead, isIdxName } from "./idx.ts";
import { hasImages } from "./image_folder.ts";
import { isImageName } from "./image_pixels.ts";
import { baseName, broken } from "./raw.ts";
import { findSafetensorsDataset } from "./safetensors_dataset.ts";
import type { DataFormat } from "./types.ts";

/** Names of files with a JSON object on each line. */
const LINES = /\.(?:jsonl|ndjson)$/;

/**
 * Finds the format of a file or folder.
 *
 * A folder is CIFAR-10 where it has such batches, IDX where it has files of images, safetensors
 * where one of its files holds labelled data, CSV or lines of JSON where it has tables, images where
 * it or its folders hold some: the first of these that fits, so that tables of the same data may lie
 * beside it. A file goes by its first bytes; by its name where those could be anything, or where it is
 * an image.
 *
 * @param path File or folder.
 * @returns The format.
 * @throws {FormatError} If none fits.
 * @throws {Deno.errors.NotFound} If there is nothing at `path`.
 */
export async function detectFormat(path: string): Promise<DataFormat> {
  const { isFolder, size } = await lookAt(path);
  return isFolder ? await formatOfFolder(path) : formatOfFile(path, await readHead(path, 16), size);
}

async function formatOfFolder(folder: string): Promise<DataFormat> {
  const names = await list(folder);
  if (names.some(isCifarName)) return "cifar10";
  if (names.some(isIdxName)) return "idx";
  if (await findSafetensorsDataset(folder) !== undefined) return "safetensors";
  if (names.some((name) => name.endsWith(".csv"))) return "csv";
  if (names.some((name) => LINES.test(name))) return "jsonl";
  if (await hasImages(folder)) return "images";
  return broken(
    folder,
    "it has neither data_batch_1.bin, train-images-idx3-ubyte, train.csv, train.jsonl, a " +
      "safetensors file with train.inputs nor folders of images",
  );
}

function formatOfFile(file: string, head: Uint8Array, size: number): DataFormat {
  const name = baseName(file);
  if (isImageName(name)) return "images";
  if (name.endsWith(".safetensors") || looksLikeSafetensors(head, size)) return "safetensors";
  if (isIdxName(name) || isIdxHead(head) || isGzipHead(head)) return "idx";
  if (name.endsWith(".bin")) return "cifar10";
  if (LINES.test(name)) return "jsonl";
  if (name.endsWith(".csv") || !head.includes(0)) return "csv";
  return broken(
    file,
    "it is neither safetensors, IDX, CIFAR-10 (.bin), CSV, JSON lines (.jsonl) nor an image",
  );
}

/** A plausible length, then the brace that every header begins with. */
function looksLikeSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  return length <= BigInt(size - 8);
}
