/** Cached features of teachers, from safetensors. */

import {
  decodeSafetensors,
  type SafeTensor,
  type Safetensors,
  toFloat32,
} from "../../nn/safetensors.ts";
import { readBytes } from "../files.ts";
import { checkFinite, checkFiniteHalf } from "./finite.ts";
import { baseName, broken, show } from "./raw.ts";
import type { CutRows, FeatureSplit } from "./types.ts";

export type { FeatureSplit } from "./types.ts";

/** Features that one pre-trained model gave for the data's rows. */
export interface Teacher {
  /** The file's `name` or `model` note, or else the file's name without its ending; unique. */
  name: string;
  /** The file. */
  path: string;
  /** Number of columns. */
  columns: number;
  /** Features by split. */
  splits: {
    /** Of the training rows. */
    train: FeatureSplit;
    /** Of the test rows, where the file has them. */
    test?: FeatureSplit;
    /** Of the validation rows, where the file has them. */
    val?: FeatureSplit;
  };
  /** The file's own notes. */
  metadata: Record<string, string>;
}

/** What features have to fit: a data set, or its numbers of rows alone. */
export interface FeatureRows {
  /** Rows of each split, the whole of it. */
  splits: { train: { rows: number }; test?: { rows: number }; val?: { rows: number } };
  /** Rows of each split, where one file was cut in two. */
  cut?: CutRows;
}

/**
 * Reads the cached features of any number of teachers: from each file the tensors `train` and,
 * where they are there, `test` and `val`, all [rows, columns], in the order of the data's rows.
 * Where the data is one file that was cut in two, `train` may instead hold a row for every row of
 * that file, without `test`; it is then cut alike.
 *
 * @param paths Safetensors files, one a teacher; their order is the order of the columns.
 * @param dataset The data that they were computed from.
 * @returns One teacher for each file, in that order.
 * @throws {FormatError} If a file has no `train`, a number of rows is not the data's, numbers of
 * columns differ within a file, or a value is NaN or infinite; file, tensor, row and column are in
 * the message.
 *
 * @example
 * ```ts
 * import { readFeatures, writeAtomic } from "@aft/aft/aft";
 * import { encodeSafetensors } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/resnet20.safetensors`;
 * const values = Float32Array.of(1, 2, 3, 4, 5, 6);
 * await writeAtomic(path, encodeSafetensors({ train: { dtype: "F32", shape: [2, 3], values } }));
 * const [teacher] = await readFeatures([path], { splits: { train: { rows: 2 } } });
 * assertEquals([teacher.name, teacher.columns], ["resnet20", 3]);
 * ```
 */
export async function readFeatures(
  paths: readonly string[],
  dataset: FeatureRows,
): Promise<Teacher[]> {
  const teachers: Teacher[] = [];
  for (const path of paths) {
    const teacher = await readTeacher(path, dataset);
    const taken = new Set(teachers.map(({ name }) => name));
    teachers.push({ ...teacher, name: uniqueName(teacher.name, taken) });
  }
  return teachers;
}

function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}

async function readTeacher(path: string, dataset: FeatureRows): Promise<Teacher> {
  const file = decodeSafetensors(await readBytes(path), path);
  const { metadata, tensors } = file;
  if (!tensors.has("train")) {
    broken(
      path,
      `it has no tensor train, its tensors are ${[...tensors.keys()].join(", ")}`,
      "train",
    );
  }
  const splits = isOfWholeFile(file, dataset.cut)
    ? readWhole(file, dataset.cut!, path)
    : readBySplit(file, dataset, path);
  const name = metadata.name ?? metadata.model ?? stem(path);
  return { name, path, columns: splits.train.columns, splits, metadata };
}

function stem(path: string): string {
  return baseName(path).replace(/\.safetensors$/, "").replace(/\.f(16|32)$/, "");
}

/** True where `train` has a row for every row of the file that the data was cut from. */
function isOfWholeFile({ tensors }: Safetensors, cut: CutRows | undefined): boolean {
  return cut !== undefined && !tensors.has("test") &&
    tensors.get("train")!.shape[0] === cut.train.length + cut.test.length;
}

function readWhole({ tensors }: Safetensors, cut: CutRows, path: string): Teacher["splits"] {
  const whole = readSplit(tensors.get("train")!, "train", path);
  return { train: pickRows(whole, cut.train), test: pickRows(whole, cut.test) };
}

function readBySplit(
  { tensors }: Safetensors,
  { splits: rows, cut }: FeatureRows,
  path: string,
): Teacher["splits"] {
  const read = (name: "train" | "test" | "val"): FeatureSplit | undefined => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return undefined;
    const found = readSplit(tensor, name, path);
    const expected = rows[name]?.rows;
    if (expected === undefined || expected === found.rows) return found;
    const whole = cut ? ` (or ${cut.train.length + cut.test.length} before it was cut)` : "";
    const what = `tensor ${name} has ${found.rows} rows, the data has ${expected}${whole}`;
    return broken(path, what, name);
  };
  const train = read("train")!;
  const splits: Teacher["splits"] = { train };
  for (const name of ["test", "val"] as const) {
    const split = read(name);
    if (split === undefined) continue;
    if (split.columns !== train.columns) {
      broken(path, `tensor ${name} has ${split.columns} columns, train has ${train.columns}`, name);
    }
    splits[name] = split;
  }
  return splits;
}

function readSplit(tensor: SafeTensor, name: string, path: string): FeatureSplit {
  const { shape, dtype, bytes } = tensor;
  if (shape.length !== 2 || shape.includes(0)) {
    broken(path, `tensor ${name} has shape ${show(shape)}, features are [rows, columns]`, name);
  }
  const [rows, columns] = shape;
  if (dtype === "F16") {
    const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
    const values = new Uint16Array(aligned.buffer, aligned.byteOffset, rows * columns);
    checkFiniteHalf(values, shape, path, name);
    return { rows, columns, values, dtype: "f16" };
  }
  if (!/^(F|BF)/.test(dtype)) {
    broken(path, `tensor ${name} has type ${dtype}, features are F32 or F16`, name);
  }
  const values = toFloat32(tensor, { file: path, tensor: name });
  checkFinite(values, shape, path, name);
  return { rows, columns, values, dtype: "f32" };
}

function pickRows({ columns, values, dtype }: FeatureSplit, rows: Uint32Array): FeatureSplit {
  const Kind = values instanceof Uint16Array ? Uint16Array : Float32Array;
  const picked = new Kind(rows.length * columns);
  rows.forEach((row, i) => {
    picked.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return { rows: rows.length, columns, values: picked, dtype };
}
