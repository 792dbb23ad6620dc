/** What labelled data holds. */

import { ConfigError } from "../../gpu/errors.ts";
import { detectFormat } from "../../aft/data/detect.ts";
import { resolveLabels } from "../../aft/data/labels.ts";
import { inputStatistics } from "../../aft/data/normalise.ts";
import type { RawSplit, SplitName } from "../../aft/data/raw.ts";
import { readRaw, toSplit } from "../../aft/data/reading.ts";
import { tokenised } from "../../aft/data/tokenise.ts";
import type { DataFormat, Inputs, Split, TaskKind, Vocabulary } from "../../aft/data/types.ts";
import { count, number, table } from "../format.ts";
import type { Output } from "../output.ts";
import type { Finding, Reading } from "./finding.ts";
import { type Range, rangeOf, rangeText } from "./range.ts";
import { rowText } from "./row.ts";

const GROUPS = ["train", "val", "test", "all"] as const satisfies readonly SplitName[];
const FORMATS: Readonly<Record<DataFormat, string>> = {
  safetensors: "safetensors",
  idx: "IDX",
  cifar10: "CIFAR-10 binary",
  csv: "CSV",
  jsonl: "JSON lines",
  images: "images",
};
/** Classes whose counts are printed one by one, at most. */
const MOST_CLASSES = 40;
/** Files that are named, at most. */
const MOST_FILES = 8;
/** Columns that are named, at most. */
const MOST_COLUMNS = 12;

/** What one split holds. */
interface SplitFacts {
  rows: number;
  stored: "bytes" | "integers" | "floats";
  inputs: Range;
  /** Rows of each class, in the order of their numbers. */
  classCounts?: number[];
  /** Where the values to be predicted lie. */
  labels?: Range;
  /** Columns with one value in every row. */
  constantColumns?: number[];
}

/** What all splits hold. */
interface DataFacts {
  format: DataFormat;
  task: TaskKind | null;
  inputShape: readonly number[];
  classes: string[];
  columns?: string[];
  label?: string;
  text?: string;
  /** How many token ids there are, where inputs are those. */
  vocabulary?: Pick<Vocabulary, "size">;
  /** The first words of a vocabulary that has any. */
  frequentWords?: readonly string[];
  splits: Partial<Record<SplitName, SplitFacts>>;
  files: string[];
}

/**
 * Reads labelled data as training would, without choosing what is train and test.
 *
 * @param path File or folder.
 * @param reading Format, label column and task where they are given.
 * @returns What it holds.
 * @throws {FormatError} If it is broken.
 */
export async function inspectData(path: string, reading: Reading): Promise<Finding> {
  const format = reading.format === "auto"
    ? await detectFormat(path)
    : reading.format as DataFormat;
  // In a table without a column called label the last one is it, as it is for training.
  const needsLabels = format === "csv" || format === "jsonl";
  const { label, text, imageSize, told } = reading;
  const named = { label: label || undefined, text: text || undefined };
  const options = { ...named, needsLabels, imageSide: imageSize, told };
  const raw = tokenised(await readRaw(path, GROUPS, format, options));
  const words = raw.vocabulary?.words;
  const groups = GROUPS.filter((name) => raw.splits[name] !== undefined);
  if (groups.length === 0) {
    throw new ConfigError(`Cannot inspect ${path}: it has no rows of any split`, {
      field: "format",
      value: format,
    });
  }
  const splits = groups.map((name) => raw.splits[name]!);
  const labels = splits.map((split) => split.labels);
  const task = reading.task === "auto" ? undefined : reading.task as TaskKind;
  const found = labels.some((one) => one !== undefined)
    ? resolveLabels(raw, labels, { task })
    : undefined;
  const facts: DataFacts = {
    format,
    task: found?.task ?? null,
    inputShape: splits[0].inputShape,
    classes: found?.classes ?? raw.classes ?? [],
    ...raw.columns && { columns: raw.columns },
    ...raw.label !== undefined && { label: raw.label },
    ...raw.text !== undefined && { text: raw.text },
    ...raw.vocabulary && { vocabulary: { size: raw.vocabulary.size } },
    ...words && { frequentWords: words.slice(0, MOST_COLUMNS) },
    splits: Object.fromEntries(
      groups.map((name, i) => {
        const classes = found?.classes ?? [];
        return [name, factsOf(splits[i], found?.labels[i], classes, raw.vocabulary !== undefined)];
      }),
    ),
    files: raw.files,
  };
  return { kind: "data", facts: { ...facts }, print: (output) => print(facts, output) };
}

function factsOf(
  raw: RawSplit,
  labels: Split["labels"] | undefined,
  classes: readonly string[],
  isTokens: boolean,
): SplitFacts {
  const split = toSplit(raw, labels);
  const { rows, inputs } = split;
  const isTable = raw.inputShape.length === 1 && !isTokens;
  return {
    rows,
    stored: storedAs(inputs),
    inputs: rangeOf(inputs),
    ...labels instanceof Int32Array && { classCounts: countsOf(labels, classes.length) },
    ...labels instanceof Float32Array && { labels: rangeOf(labels) },
    ...isTable && { constantColumns: constantColumns(split, raw.inputShape) },
  };
}

function storedAs(inputs: Inputs): SplitFacts["stored"] {
  if (inputs instanceof Uint8Array) return "bytes";
  return inputs instanceof Int32Array ? "integers" : "floats";
}

function countsOf(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

function constantColumns(split: Split, inputShape: readonly number[]): number[] {
  const rows = Uint32Array.from({ length: split.rows }, (_, i) => i);
  const { variance } = inputStatistics(split, rows, "table", inputShape);
  return variance.flatMap((value, i) => value === 0 ? [i] : []);
}

function print(facts: DataFacts, output: Output): void {
  const { format, task, inputShape, classes, columns, label, splits, files } = facts;
  const { text, vocabulary, frequentWords = [] } = facts;
  const kind = task === null
    ? "no labels"
    : task === "regression"
    ? "regression"
    : count(classes.length, "class", "classes");
  const row = rowText(inputShape, vocabulary);
  output.field("Data", `${FORMATS[format]}, ${row}, ${kind}`);
  for (const [name, split] of Object.entries(splits)) printSplit(name, split, facts, output);
  if (columns) output.field("Columns", list(columns));
  if (text !== undefined) output.field("Text", `column ${text}`);
  if (frequentWords.length > 0) output.field("Words", `most often ${frequentWords.join(" ")}`);
  if (label !== undefined) output.field("Label", `column ${label}`);
  const more = files.length > MOST_FILES ? [`and ${files.length - MOST_FILES} more`] : [];
  output.field("Files", [...files.slice(0, MOST_FILES), ...more].join(", "));
  if (classes.length > 0) printClasses(facts, output);
}

function printSplit(
  name: string,
  { rows, stored, inputs, labels, constantColumns }: SplitFacts,
  { columns, vocabulary }: DataFacts,
  output: Output,
): void {
  const values = vocabulary
    ? `ids ${number(inputs.min)} to ${number(inputs.max)}` // names of words: a mean says nothing
    : `inputs (${stored}) ${rangeText(inputs)}`;
  output.field(name, `${count(rows, "row")}; ${values}`);
  if (labels) output.field("", `labels ${rangeText(labels)}`);
  if (constantColumns && constantColumns.length > 0) {
    const names = constantColumns.map((i) => columns?.[i] ?? String(i));
    output.field("", `${count(names.length, "constant column")}: ${list(names)}`);
  }
}

function printClasses({ classes, splits }: DataFacts, output: Output): void {
  const present = Object.entries(splits).filter(([, { classCounts }]) => classCounts);
  if (present.length === 0) return output.field("Classes", list(classes));
  if (classes.length > MOST_CLASSES) {
    for (const [name, { classCounts }] of present) {
      const { min, max } = rangeOf(classCounts!);
      output.field("Classes", `${name}: ${number(min)} to ${number(max)} rows each`);
    }
    return;
  }
  const head = ["class", ...present.map(([name]) => name)];
  const rows = classes.map((name, i) => [
    name,
    ...present.map(([, { classCounts }]) => number(classCounts![i])),
  ]);
  for (const line of table([head, ...rows])) output.line(`  ${line}`);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_COLUMNS).join(", ");
  return names.length > MOST_COLUMNS ? `${shown} and ${names.length - MOST_COLUMNS} more` : shown;
}
