/** What a reader of one format hands on: checked inputs, and labels as the file has them. */

import { FormatError } from "../../gpu/errors.ts";
import type { DataFormat, Inputs, Vocabulary } from "./types.ts";

/** Names of row groups in files; `all` are rows that belong to no split. */
export type SplitName = "train" | "test" | "val" | "all";

/** Labels as a file has them, before it is known what they mean. */
export type LabelValues =
  | { kind: "integers"; values: Int32Array<ArrayBuffer> }
  | { kind: "floats"; values: Float32Array<ArrayBuffer> }
  | { kind: "texts"; values: string[] };

/** Labels and where they stand. */
export type RawLabels = LabelValues & {
  /** File that holds them. */
  file: string;
  /** Where label `row` stands in that file, for messages. */
  at: (row: number) => string;
};

/** Rows of one group. */
export interface RawSplit {
  /** Number of rows. */
  rows: number;
  /** rows x product(inputShape), finite. */
  inputs: Inputs;
  /** Rows that are sentences and not token ids yet; there are no inputs then. */
  sentences?: readonly string[];
  /** As many labels as rows, where there are any. */
  labels?: RawLabels;
  /** File that holds the inputs. */
  file: string;
  /** Extents of one row. */
  inputShape: readonly number[];
  /** File of each row, where rows are files of their own. */
  sources?: readonly string[];
}

/** All that was asked for and found. */
export interface RawData {
  /** Where it was looked for. */
  path: string;
  /** Format that was read. */
  format: DataFormat;
  /** Class names, where the files say them. */
  classes?: string[];
  /** Names of input columns, where the files say them. */
  columns?: string[];
  /** Name of the label's column, where there is one. */
  label?: string;
  /** Name of the column of sentences, where there is one. */
  text?: string;
  /** Which token ids there are, where the files say that inputs are those. */
  vocabulary?: Vocabulary;
  /** Rows by group. */
  splits: Partial<Record<SplitName, RawSplit>>;
  /** Every file that was read, in order. */
  files: string[];
}

/** Throws the error of a file that breaks its format at one place. */
export function broken(file: string, what: string, place?: string, cause?: unknown): never {
  const because = cause === undefined ? {} : { cause };
  throw new FormatError(`Cannot read ${file}: ${what}`, { file, place, ...because });
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** A shape as messages have it: `[3, 32, 32]`. */
export function show(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** The path of a file that lies beside another. */
export function beside(path: string, name: string): string {
  return path.slice(0, path.length - baseName(path).length) + name;
}

/** The path of a file in a folder. */
export function inFolder(folder: string, name: string): string {
  return /[/\\]$/.test(folder) ? folder + name : `${folder}/${name}`;
}

/** Shape of one input row, from the shape of a whole tensor of inputs; grey images get a channel. */
export function rowShape(shape: readonly number[], file: string, place: string): number[] {
  if (shape.length < 2 || shape.length > 4 || shape.includes(0)) {
    broken(
      file,
      `${place} has shape ${show(shape)}, inputs are [rows, columns], [rows, height, width] or ` +
        `[rows, channels, height, width], none of them 0`,
      place,
    );
  }
  return shape.length === 3 ? [1, ...shape.slice(1)] : shape.slice(1);
}
