/** New rows for a model that is there already. */

import type { Told } from "../bit_by_bit.ts";
import type { ImageSize } from "./image_pixels.ts";
import { resolveLabels } from "./labels.ts";
import { broken, type RawSplit, show, sizeOf, type SplitName } from "./raw.ts";
import { pickRows, readRaw, toSplit } from "./reading.ts";
import { splitIds } from "./tokenise.ts";
import { cutRows } from "./split.ts";
import type { DataFormat, DataShape, Split } from "./types.ts";

/** Options of {@linkcode readInputs}. */
export interface ReadInputsOptions {
  /** The format, where content and names must not decide. */
  format?: DataFormat;
  /** Which split to read of data that has splits; default `test`. */
  split?: "train" | "test" | "val";
  /** Name of the label's column in tables; by default the model's, or else `label`. */
  label?: string;
  /** Name of the column of sentences in tables; by default the model's. */
  text?: string;
  /** Cuts one file as `readDataset` does, and reads the split that was asked for; 0 cuts nothing. */
  testSize?: number;
  /** Seed of that cut; default 0. */
  seed?: number;
}

/** Rows for a model that is there already. */
export interface InputRows {
  /** Path as it was given. */
  path: string;
  /** Format that was found, or asked for. */
  format: DataFormat;
  /** The rows; `labelled` says whether they came with labels. */
  split: Split;
  /** The split that they are; `all` where the file has none. */
  group: SplitName;
  /** Every file that was read, in order. */
  files: string[];
  /** File of each row, where rows are files of their own (images). */
  sources?: readonly string[];
}

/**
 * Reads rows for a model that is there already, with labels where there are any: the test split of
 * whatever `readDataset` reads, or a single file of rows (CSV with or without a label
 * column, where columns that the model does not know are left out; IDX images; a CIFAR-10 batch;
 * safetensors with a tensor `inputs`, and perhaps `labels`; an image, or a folder of images).
 * Sentences become token ids by the model's own words, images are brought to its size.
 *
 * @param path File or folder.
 * @param expected What the model takes and gives.
 * @param options Format and split.
 * @param told Is told, of images, after every 500 how many of all are read.
 * @returns The rows.
 * @throws {FormatError} If a file is not as its format asks, rows have another shape than the model
 * takes, or a label is not one of its classes.
 * @throws {Deno.errors.NotFound} If there is nothing at `path`; the path is in the message.
 *
 * @example
 * ```ts
 * import { readInputs, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/new.csv`;
 * await writeAtomic(path, "height,width\n2,1\n4,3\n");
 * const { split } = await readInputs(path, {
 *   inputShape: [2],
 *   layout: "table",
 *   task: "classification",
 *   classes: ["cat", "dog"],
 *   columns: ["width", "height"],
 * });
 * assertEquals([split.labelled, [...split.inputs]], [false, [1, 2, 3, 4]]);
 * ```
 */
export async function readInputs(
  path: string,
  expected: DataShape,
  options: ReadInputsOptions = {},
  told?: Told,
): Promise<InputRows> {
  const asked = options.split ?? "test";
  const raw = await readRaw(path, [asked, "all"], options.format, {
    label: options.label ?? expected.label,
    text: options.text ?? expected.text,
    ...{ columns: expected.columns, told },
    ...expected.layout === "image" && { imageSize: imageSizeOf(expected) },
  });
  const group: SplitName = raw.splits[asked] ? asked : "all";
  const given = raw.splits[group];
  if (given === undefined) broken(path, `it has no ${asked} rows`);
  const { vocabulary, inputShape: [length] } = expected;
  const rows = vocabulary ? splitIds(given, vocabulary, length) : given;
  checkFits(rows, expected);
  const { labels } = resolveLabels(raw, [rows.labels], expected);
  let found = toSplit(rows, labels[0]);
  let { sources } = rows;
  const { testSize = 0, seed = 0 } = options;
  const isCut = testSize > 0 && group === "all" && asked !== "val";
  if (isCut) {
    if (!found.labelled) broken(path, "it has no labels, a cut by test-size needs them");
    const cut = cutRows(found.labels, testSize, { seed, task: expected.task });
    found = pickRows(found, cut[asked], sizeOf(rows.inputShape));
    sources = sources && Array.from(cut[asked], (row) => sources![row]);
  }
  return {
    ...{ path, format: raw.format, split: found, group: isCut ? asked : group, files: raw.files },
    ...sources && { sources },
  };
}

/** Images are brought to the size that the model takes. */
function imageSizeOf({ inputShape: [, height, width] }: DataShape): ImageSize {
  return [height, width];
}

function checkFits({ file, inputShape, sentences }: RawSplit, expected: DataShape): void {
  if (sentences) broken(file, "its rows are sentences, the model takes numbers", "inputs");
  if (show(inputShape) !== show(expected.inputShape)) {
    const taken = show(expected.inputShape);
    broken(file, `its rows have shape ${show(inputShape)}, the model takes ${taken}`, "inputs");
  }
}
