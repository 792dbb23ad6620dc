/** Labelled data from files of any format. */

import { ConfigError } from "../../gpu/errors.ts";
import type { Told } from "../bit_by_bit.ts";
import { resolveLabels } from "./labels.ts";
import { broken, type RawData, type RawSplit, show, sizeOf } from "./raw.ts";
import { pickRows, readRaw, toSplit } from "./reading.ts";
import { tokenised } from "./tokenise.ts";
import { cutRows } from "./split.ts";
import type { Dataset, DatasetOptions, InputLayout } from "./types.ts";

export { type InputRows, readInputs, type ReadInputsOptions } from "./inputs.ts";
export type { SplitName } from "./raw.ts";
export { DATA_FORMATS } from "./reading.ts";
export type {
  CutRows,
  DataFormat,
  Dataset,
  DatasetOptions,
  DataShape,
  InputLayout,
  Inputs,
  Split,
  TaskKind,
  Vocabulary,
} from "./types.ts";

/**
 * Reads labelled data and checks it: shapes agree, every number is finite, every label is a class
 * or a finite value. Formats are told apart by content and names:
 *
 * - `safetensors`: tensors `train.inputs`, `train.labels`, `test.inputs`, `test.labels`, perhaps
 *   `val.`; class names in the metadata's `classes`, with commas. Integers [rows, tokens] may be
 *   token ids; where the metadata's `vocabulary` says how many there are, they are nothing else.
 * - `idx`: a folder with `train-images-idx3-ubyte` and so on, raw or `.gz`.
 * - `cifar10`: a folder with `data_batch_*.bin`, `test_batch.bin`, perhaps `batches.meta.txt`.
 * - `csv`: a folder with `train.csv`, `test.csv`, perhaps `val.csv`, or one file, which is cut by
 *   `testSize`. The first line names the columns. A column `text` or `sentence` holds sentences: words
 *   that training rows have twice become token ids by their frequency, 0 is padding, 1 any other word.
 * - `jsonl`: the same with lines of JSON objects.
 * - `images`: a folder with `train` and `test`, each with a folder of PNG, JPEG, WebP, GIF or BMP files
 *   for every class (`val` is the test where there is no other); or one folder with the classes,
 *   which is cut by `testSize`. Rows come class by class, both by name.
 *
 * @param path File or folder.
 * @param options Format, cut, task and label column where they are not to be found by themselves.
 * @param told Is told, of images, after every 500 how many of all are read.
 * @returns The data.
 * @throws {FormatError} If a file is not as its format asks; file, tensor, row and column are in
 * the message.
 * @throws {ConfigError} If an option is out of range or does not fit the format, or a cut is needed
 * and not asked for.
 * @throws {Deno.errors.NotFound} If there is nothing at `path`; the path is in the message.
 *
 * @example
 * ```ts
 * import { readDataset, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await writeAtomic(`${folder}/train.csv`, "width,height,label\n1,2,cat\n3,4,dog\n");
 * await writeAtomic(`${folder}/test.csv`, "width,height,label\n5,6,dog\n");
 * const data = await readDataset(folder);
 * assertEquals([data.format, data.classes], ["csv", ["cat", "dog"]]);
 * assertEquals([...data.splits.test.labels], [1]);
 * ```
 */
export async function readDataset(
  path: string,
  options: DatasetOptions = {},
  told?: Told,
): Promise<Dataset> {
  const wanted = ["train", "test", "val", "all"] as const;
  const { label, text, tokens, imageSize } = options;
  const asked = { label, text, needsLabels: true, imageSide: imageSize, told };
  const found = await readRaw(path, wanted, options.format, asked);
  const given = trainAndTest(found, options);
  const { task, classes, labels } = resolveLabels(found, given.map(labelsOf), options);
  const cut = given[1] ? undefined : cutRows(labels[0]!, options.testSize!, {
    seed: options.seed ?? 0,
    task,
  });
  // Words are those of training rows alone, so it must be known which these are.
  const raw = tokenised(found, { tokens, rows: cut?.train });
  const groups = trainAndTest(raw, options);
  const inputShape = commonShape(groups);
  const [trainSplit, testSplit, valSplit] = groups.map((group, i) =>
    group && toSplit(group, labels[i])
  );
  const size = sizeOf(inputShape);
  return {
    path,
    format: raw.format,
    task,
    inputShape,
    layout: raw.vocabulary ? "tokens" : layoutOf(inputShape),
    classes,
    splits: {
      train: cut ? pickRows(trainSplit!, cut.train, size) : trainSplit!,
      test: cut ? pickRows(trainSplit!, cut.test, size) : testSplit!,
      ...valSplit && { val: valSplit },
    },
    files: raw.files,
    ...raw.columns && { columns: raw.columns },
    ...raw.label !== undefined && { label: raw.label },
    ...raw.text !== undefined && { text: raw.text },
    ...raw.vocabulary && { vocabulary: raw.vocabulary },
    ...cut && { cut },
  };
}

/** The groups to learn from, to measure on and to choose by; without the second the first is to be cut. */
function trainAndTest(
  { path, splits }: RawData,
  { testSize }: DatasetOptions,
): readonly [RawSplit, RawSplit?, RawSplit?] {
  const { train, test, val, all } = splits;
  const refuse = (why: string): never => {
    throw new ConfigError(`Cannot split ${path}: ${why}`, { field: "test-size", value: testSize });
  };
  const source = train ?? all;
  if (source === undefined) return broken(path, "it has no training rows");
  if (test && train) {
    if (testSize !== undefined) {
      refuse(`it has its own test rows, test-size ${testSize} is too much`);
    }
  } else if (testSize === undefined) refuse("it has no test rows, and test-size is not given");
  for (const group of [source, test, val]) {
    if (group && !group.labels) broken(group.file, "it has rows without labels", "labels");
  }
  return [source, train && test, val];
}

function labelsOf(group: RawSplit | undefined) {
  return group?.labels;
}

function commonShape(groups: readonly (RawSplit | undefined)[]): readonly number[] {
  const present = groups.filter((group) => group !== undefined);
  const [first, ...others] = present;
  for (const { file, inputShape } of others) {
    if (show(inputShape) !== show(first.inputShape)) {
      const training = `training rows have ${show(first.inputShape)}`;
      broken(file, `its rows have shape ${show(inputShape)}, ${training}`, "inputs");
    }
  }
  return first.inputShape;
}

function layoutOf(inputShape: readonly number[]): InputLayout {
  return inputShape.length === 1 ? "table" : "image";
}
