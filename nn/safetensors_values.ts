/** Numbers from the bytes of a safetensors tensor. Typed arrays are little-endian on every host
 * that WebGPU runs on, as the format is. */

import { brokenFile, BYTES, type SafeDType } from "./safetensors_header.ts";
import type { SafeTensor } from "./safetensors.ts";

/** Where values come from, for messages. */
export interface ValueSource {
  /** Path or name of the file. */
  file?: string;
  /** Name of the tensor. */
  tensor?: string;
}

/**
 * A tensor's values as float32. F16, BF16, BOOL and integers up to 2^24 are exact, other types are
 * rounded. An F32 tensor that is aligned is not copied: the result is a view of the file's bytes.
 *
 * @param tensor The tensor.
 * @param source File and tensor for messages.
 * @returns As many numbers as the tensor has elements.
 * @throws {FormatError} If a finite F64 value is larger than float32 can hold.
 *
 * @example
 * ```ts
 * import { toFloat32 } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * // 0x3c00 is 1 in half precision.
 * const half = { dtype: "F16" as const, shape: [1], bytes: Uint8Array.of(0x00, 0x3c) };
 * assertEquals([...toFloat32(half)], [1]);
 * ```
 */
export function toFloat32(tensor: SafeTensor, source: ValueSource = {}): Float32Array<ArrayBuffer> {
  const values = elements(tensor);
  if (values instanceof Float32Array) return values;
  if (tensor.dtype === "BF16") return fromBfloat(values as Uint16Array);
  const result = new Float32Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = Number(values[i]);
  if (values instanceof Float64Array) {
    for (let i = 0; i < result.length; i++) {
      if (!Number.isFinite(result[i]) && Number.isFinite(values[i])) {
        refuse(tensor, source, i, `${values[i]}, which float32 cannot hold`);
      }
    }
  }
  return result;
}

/**
 * A tensor's values as 32-bit integers. Floats must be whole numbers. An I32 tensor that is aligned
 * is not copied.
 *
 * @param tensor The tensor.
 * @param source File and tensor for messages.
 * @returns As many integers as the tensor has elements.
 * @throws {FormatError} If a value is not whole or not from -2^31 to 2^31 - 1; file, tensor, row and
 * value are in the message.
 *
 * @example
 * ```ts
 * import { toInt32 } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = { dtype: "U8" as const, shape: [3], bytes: Uint8Array.of(0, 2, 1) };
 * assertEquals([...toInt32(labels)], [0, 2, 1]);
 * ```
 */
export function toInt32(tensor: SafeTensor, source: ValueSource = {}): Int32Array<ArrayBuffer> {
  const values = tensor.dtype === "BF16" ? toFloat32(tensor) : elements(tensor);
  if (values instanceof Int32Array) return values;
  const result = new Int32Array(values.length);
  for (let i = 0; i < result.length; i++) {
    const value = Number(values[i]);
    result[i] = value;
    // Minus zero passes: -0 === 0.
    if (result[i] !== value) refuse(tensor, source, i, `${values[i]}, not a 32-bit integer`);
  }
  return result;
}

/** Row of an element, with the column where rows are longer than one: `row 3, column 7`. */
export function rowPlace(shape: readonly number[], index: number): string {
  const columns = shape.slice(1).reduce((a, b) => a * b, 1);
  const row = `row ${Math.floor(index / columns)}`;
  return columns === 1 ? row : `${row}, column ${index % columns}`;
}

function refuse(tensor: SafeTensor, source: ValueSource, index: number, what: string): never {
  const { file = "safetensors bytes", tensor: name = "tensor" } = source;
  const place = `${name}, ${rowPlace(tensor.shape, index)}`;
  return brokenFile(file, `${place} holds ${what}`, place);
}

const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Float16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} satisfies Record<SafeDType, unknown>;

/** The tensor's elements as a typed array, copied only where the bytes are not aligned. */
function elements({ dtype, bytes }: SafeTensor): InstanceType<typeof ARRAYS[SafeDType]> {
  const aligned = bytes.byteOffset % BYTES[dtype] === 0 ? bytes : bytes.slice();
  return new ARRAYS[dtype](aligned.buffer, aligned.byteOffset, bytes.length / BYTES[dtype]);
}

/** A bfloat16 is the upper half of a float32. */
function fromBfloat(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}
