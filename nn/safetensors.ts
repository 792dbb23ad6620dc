/** Safetensors: named tensors as bytes and back, without touching a file. */

import { ShapeError } from "../gpu/errors.ts";
import {
  brokenFile,
  BYTES,
  decodeSafetensorsHeader,
  isCounts,
  type SafeDType,
} from "./safetensors_header.ts";

export type { SafeDType } from "./safetensors_header.ts";
export { toFloat32, toInt32, type ValueSource } from "./safetensors_values.ts";

/** One tensor of a safetensors file. */
export interface SafeTensor {
  /** Element type. */
  dtype: SafeDType;
  /** Extents; an empty list is a scalar. */
  shape: readonly number[];
  /** Little-endian elements, row-major: a view of the file's bytes, at any alignment. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a safetensors file holds. */
export interface Safetensors {
  /** Tensors by name, in the order in which they lie in the file. */
  tensors: Map<string, SafeTensor>;
  /** The file's own notes: text by name. */
  metadata: Record<string, string>;
}

/** A tensor to be written. */
export interface SafeTensorInput {
  /** Element type in the file. */
  dtype: SafeDType;
  /** Extents; an empty list is a scalar. */
  shape: readonly number[];
  /**
   * Elements as the typed array of that type (F16: `Float16Array` or its bits in a `Uint16Array`,
   * BF16: bits in a `Uint16Array`, BOOL: a `Uint8Array`), or their bytes in a `Uint8Array`.
   */
  values: ArrayBufferView;
}

/**
 * Reads safetensors bytes. Nothing is copied: tensors are views of `bytes`.
 *
 * @param bytes The whole file.
 * @param file Name for messages.
 * @returns Tensors and metadata.
 * @throws {FormatError} If header, names, types, shapes or byte ranges are not as the format asks;
 * file and tensor are in the message.
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors, toFloat32 } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeSafetensors(
 *   { train: { dtype: "F32", shape: [2, 1], values: Float32Array.of(1, 2) } },
 *   { model: "resnet20" },
 * );
 * const { tensors, metadata } = decodeSafetensors(bytes);
 * assertEquals([...toFloat32(tensors.get("train")!)], [1, 2]);
 * assertEquals(metadata.model, "resnet20");
 * ```
 */
export function decodeSafetensors(
  bytes: Uint8Array<ArrayBuffer>,
  file = "safetensors bytes",
): Safetensors {
  const { entries, metadata, dataStart } = decodeSafetensorsHeader(bytes, bytes.length, file);
  const tensors = new Map<string, SafeTensor>();
  for (const [name, { dtype, shape, offsets }] of entries) {
    const view = bytes.subarray(dataStart + offsets[0], dataStart + offsets[1]);
    if (dtype === "BOOL" && view.some((byte) => byte > 1)) {
      brokenFile(file, `tensor ${name} is BOOL and holds bytes other than 0 and 1`, name);
    }
    tensors.set(name, { dtype, shape, bytes: view });
  }
  return { tensors, metadata };
}

/**
 * Writes tensors as safetensors bytes: wide types first, so that every tensor is aligned, and by
 * name among equals, so that the same tensors give the same bytes.
 *
 * @param tensors Tensors by name.
 * @param metadata Notes: text by name.
 * @returns The whole file.
 * @throws {ShapeError} If the values are not as many, or not of the kind, as type and shape say, or
 * a tensor is called `__metadata__`.
 *
 * @example
 * ```ts
 * import { encodeSafetensors } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeSafetensors({ a: { dtype: "U8", shape: [3], values: Uint8Array.of(7, 8, 9) } });
 * assertEquals([...bytes.subarray(-3)], [7, 8, 9]);
 * ```
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafeTensorInput>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const inOrder = Object.entries(tensors).sort(([a, { dtype: typeA }], [b, { dtype: typeB }]) =>
    BYTES[typeB] - BYTES[typeA] || (a < b ? -1 : 1)
  );
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata]);
  let end = 0;
  for (const [name, tensor] of inOrder) {
    checkInput(name, tensor);
    const start = end;
    end += tensor.values.byteLength;
    const { dtype, shape } = tensor;
    entries.push([name, { dtype, shape, data_offsets: [start, end] }]);
  }
  return assemble(Object.fromEntries(entries), inOrder.map(([, { values }]) => values), end);
}

function assemble(header: unknown, values: ArrayBufferView[], size: number) {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length).set(json, 8);
  let at = 8 + length;
  for (const { buffer, byteOffset, byteLength } of values) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

const ARRAYS: Readonly<Record<SafeDType, readonly string[]>> = {
  F64: ["Float64Array"],
  F32: ["Float32Array"],
  F16: ["Float16Array", "Uint16Array"],
  BF16: ["Uint16Array"],
  I64: ["BigInt64Array"],
  I32: ["Int32Array"],
  I16: ["Int16Array"],
  I8: ["Int8Array"],
  U64: ["BigUint64Array"],
  U32: ["Uint32Array"],
  U16: ["Uint16Array"],
  U8: [],
  BOOL: [],
};

function checkInput(name: string, { dtype, shape, values }: SafeTensorInput): void {
  const refuse = (what: string) => {
    throw new ShapeError(`Cannot write tensor ${name}: ${what}`, { shapes: [shape] });
  };
  if (name === "__metadata__") refuse("the format keeps that name for its notes");
  const kind = Object.prototype.toString.call(values).slice(8, -1);
  const kinds = [...ARRAYS[dtype], "Uint8Array"];
  if (!kinds.includes(kind)) refuse(`${dtype} is written from ${kinds.join(" or ")}, not ${kind}`);
  if (!isCounts(shape)) refuse(`[${shape.join(", ")}] is no shape, sizes are integers from 0`);
  const needed = shape.reduce((a, b) => a * b, 1) * BYTES[dtype];
  if (values.byteLength !== needed) {
    refuse(`[${shape.join(", ")}] of ${dtype} takes ${needed} bytes, not ${values.byteLength}`);
  }
  const isOther = dtype === "BOOL" && (values as Uint8Array).some((byte) => byte > 1);
  if (isOther) refuse("BOOL is written as bytes 0 and 1");
}
