/** Finds the first number that no training survives: NaN or an infinity. */

import { rowPlace } from "../../nn/safetensors_values.ts";
import { broken } from "./raw.ts";

/**
 * Checks that every number is finite.
 *
 * @param values Numbers, row-major.
 * @param shape Their extents, rows first.
 * @param file File for the message.
 * @param name Tensor for the message.
 * @throws {FormatError} If one is not; file, tensor, row and column are in the message.
 */
export function checkFinite(
  values: Float32Array,
  shape: readonly number[],
  file: string,
  name: string,
): void {
  for (let i = 0; i < values.length; i++) {
    // x - x is 0 for every finite number and NaN for all others.
    if (values[i] - values[i] !== 0) refuse(values[i], i, shape, file, name);
  }
}

/** As {@linkcode checkFinite}, for the bits of half-precision numbers. */
export function checkFiniteHalf(
  bits: Uint16Array<ArrayBuffer>,
  shape: readonly number[],
  file: string,
  name: string,
): void {
  for (let i = 0; i < bits.length; i++) {
    // All exponent bits set: infinity, or NaN.
    if ((bits[i] & 0x7c00) === 0x7c00) {
      refuse(new Float16Array(bits.buffer, bits.byteOffset, bits.length)[i], i, shape, file, name);
    }
  }
}

function refuse(
  value: number,
  index: number,
  shape: readonly number[],
  file: string,
  name: string,
): never {
  const place = `${name}, ${rowPlace(shape, index)}`;
  return broken(file, `${place} holds ${value}`, place);
}
