/** The form of a golden folder: its indexes, and the tensors of one case. */

import { exists, readBytes } from "../../aft/files.ts";
import { decodeSafetensors, type SafeTensor, toFloat32, toInt32 } from "../../nn/mod.ts";
import { type Fields, readIndex, refuse } from "./json.ts";

/** A golden folder: what its indexes list. */
export interface Folder {
  path: string;
  /** Cases of single losses. */
  cases: Entry[];
  /** Whole training runs. */
  trajectories: Entry[];
  /** Sets of LogME. */
  logme: Entry[];
}

/** One case of an index, before its file is read. */
export interface Entry {
  id: string;
  method: string;
  /** Path of the safetensors file. */
  file: string;
  fields: Fields;
}

/** Reads the indexes of a folder; `trajectory/` and `logme/` may be missing. */
export async function readFolder(path: string): Promise<Folder> {
  const [cases, trajectories, logme] = await Promise.all([
    readIndex(`${path}/index.json`),
    optionalIndex(`${path}/trajectory`),
    optionalIndex(`${path}/logme`),
  ]);
  return {
    path,
    cases: entriesOf(cases, path),
    trajectories: trajectories === undefined ? [] : entriesOf(trajectories, `${path}/trajectory`),
    logme: logme === undefined ? [] : entriesOf(logme, `${path}/logme`, "logme"),
  };
}

async function optionalIndex(folder: string): Promise<Fields | undefined> {
  return await exists(folder) ? readIndex(`${folder}/index.json`) : undefined;
}

/** Entries of an index; one whose cases are all of one method need not name it. */
function entriesOf(index: Fields, folder: string, method?: string): Entry[] {
  return index.objects("cases").map((fields) => ({
    id: fields.text("id"),
    method: method ?? fields.text("method"),
    file: `${folder}/${fields.text("file")}`,
    fields,
  }));
}

/** The tensors of a case's file; names and shapes are checked as they are taken. */
export class CaseFile {
  readonly #tensors: ReadonlyMap<string, SafeTensor>;

  private constructor(readonly path: string, tensors: ReadonlyMap<string, SafeTensor>) {
    this.#tensors = tensors;
  }

  static async read(path: string): Promise<CaseFile> {
    return new CaseFile(path, decodeSafetensors(await readBytes(path), path).tensors);
  }

  /** Names that begin with `prefix`, without it. */
  names(prefix: string): string[] {
    return [...this.#tensors.keys()].filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }

  shape(name: string): readonly number[] {
    return this.#take(name).shape;
  }

  /** Inputs and parameters, which are float32 values. */
  inputs(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
    return toFloat32(this.#take(name, shape), { file: this.path, tensor: name });
  }

  /** Class numbers. */
  labels(name: string, shape: readonly number[]): Int32Array<ArrayBuffer> {
    return toInt32(this.#take(name, shape), { file: this.path, tensor: name });
  }

  /** Outputs of the reference, which are float64. */
  outputs(name: string, shape: readonly number[]): Float64Array {
    const tensor = this.#take(name, shape);
    if (tensor.dtype !== "F64") refuse(this.path, name, `its type is ${tensor.dtype}, not F64`);
    return new Float64Array(tensor.bytes.slice().buffer);
  }

  #take(name: string, shape?: readonly number[]): SafeTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) refuse(this.path, name, "there is no such tensor");
    if (shape !== undefined && tensor.shape.join() !== shape.join()) {
      const [found, wanted] = [tensor.shape, shape].map((sizes) => `[${sizes.join(", ")}]`);
      refuse(this.path, name, `its shape is ${found}, not ${wanted}`);
    }
    return tensor;
  }
}
