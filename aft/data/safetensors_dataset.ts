/** Labelled data as safetensors: tensors `train.inputs`, `train.labels`, `test.inputs` and so on. */

import { decodeSafetensors, type SafeTensor, toFloat32, toInt32 } from "../../nn/safetensors.ts";
import { decodeSafetensorsHeader, safetensorsHeaderLength } from "../../nn/safetensors_header.ts";
import type { SafetensorsHeader } from "../../nn/safetensors_header.ts";
import { list, lookAt, readBytes, readHead } from "../files.ts";
import { checkFinite } from "./finite.ts";
import { vocabularyIn } from "./tokens.ts";
import type { Inputs } from "./types.ts";
import { broken, inFolder, type RawData, type RawLabels, type RawSplit } from "./raw.ts";
import { rowShape, show, type SplitName } from "./raw.ts";

/**
 * Reads the header of a safetensors file and nothing more.
 *
 * @param path The file.
 * @returns Entries and metadata.
 * @throws {FormatError} If it is not a safetensors file.
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const { size } = await lookAt(path);
  const length = safetensorsHeaderLength(await readHead(path, 8), size, path);
  return decodeSafetensorsHeader(await readHead(path, 8 + length), size, path);
}

/**
 * The one safetensors file of a folder that holds labelled data; files with features or weights
 * may lie beside it.
 *
 * @param folder The folder.
 * @returns Its path; undefined where there is none.
 * @throws {FormatError} If there are several.
 */
export async function findSafetensorsDataset(folder: string): Promise<string | undefined> {
  const found: string[] = [];
  for (const name of await list(folder)) {
    if (!name.endsWith(".safetensors")) continue;
    const { entries } = await readSafetensorsHeader(inFolder(folder, name));
    if (entries.has("train.inputs") || entries.has("test.inputs")) found.push(name);
  }
  if (found.length > 1) {
    broken(folder, `it has several files of labelled data, name one of ${found.join(", ")}`);
  }
  return found.length === 1 ? inFolder(folder, found[0]) : undefined;
}

/**
 * Reads labelled data from a safetensors file, or from the one in a folder.
 *
 * @param path File or folder.
 * @param wanted Row groups to read: `test` is `test.inputs` with `test.labels`, `all` is `inputs`
 * with `labels`.
 * @returns What was found of them.
 * @throws {FormatError} If tensors do not fit together or hold NaN or infinity.
 */
export async function readSafetensorsDataset(
  path: string,
  wanted: readonly SplitName[],
): Promise<RawData> {
  const { isFolder } = await lookAt(path);
  const file = isFolder ? await findSafetensorsDataset(path) : path;
  if (file === undefined) broken(path, "it has no safetensors file with train.inputs");
  const { tensors, metadata } = decodeSafetensors(await readBytes(file), file);
  const data: RawData = {
    path,
    format: "safetensors",
    classes: classNames(metadata.classes, file),
    vocabulary: vocabularyIn(metadata.vocabulary, file),
    splits: {},
    files: [file],
  };
  for (const group of wanted) {
    const name = group === "all" ? "inputs" : `${group}.inputs`;
    const inputs = tensors.get(name);
    if (inputs === undefined) continue;
    const labels = group === "all" ? "labels" : `${group}.labels`;
    const split = readGroup(inputs, name, file);
    const found = tensors.get(labels);
    if (found !== undefined) split.labels = readLabels(found, labels, split.rows, name, file);
    data.splits[group] = split;
  }
  return data;
}

function classNames(text: string | undefined, file: string): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) broken(file, `its metadata names class ${twice} twice`, "classes");
  if (names.includes("")) broken(file, "its metadata names a class with no letters", "classes");
  return names;
}

function readGroup(tensor: SafeTensor, name: string, file: string): RawSplit {
  const inputShape = rowShape(tensor.shape, file, `tensor ${name}`);
  const inputs = inputsOf(tensor, name, file);
  if (inputs instanceof Float32Array) checkFinite(inputs, tensor.shape, file, name);
  return { rows: tensor.shape[0], inputs, file, inputShape };
}

/** Tables of integers stay integers where 32 bits hold them: they may be token ids. */
function inputsOf(tensor: SafeTensor, name: string, file: string): Inputs {
  if (tensor.dtype === "U8") return tensor.bytes;
  const values = toFloat32(tensor, { file, tensor: name });
  const isTable = tensor.shape.length === 2 && /^[IU]/.test(tensor.dtype);
  const fits = isTable && values.every((value) => value >= -(2 ** 31) && value < 2 ** 31);
  return fits ? toInt32(tensor, { file, tensor: name }) : values;
}

function readLabels(
  tensor: SafeTensor,
  name: string,
  rows: number,
  inputs: string,
  file: string,
): RawLabels {
  const { shape, dtype } = tensor;
  const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!isColumn) broken(file, `tensor ${name} has shape ${show(shape)}, labels are [rows]`, name);
  if (shape[0] !== rows) {
    broken(file, `tensor ${name} has ${shape[0]} rows, tensor ${inputs} has ${rows}`, name);
  }
  const at = (row: number) => `${name}, row ${row}`;
  const source = { file, tensor: name };
  if (!/^(F|BF)/.test(dtype)) {
    return { kind: "integers", values: toInt32(tensor, source), file, at };
  }
  const values = toFloat32(tensor, source);
  checkFinite(values, [rows], file, name);
  return { kind: "floats", values, file, at };
}
