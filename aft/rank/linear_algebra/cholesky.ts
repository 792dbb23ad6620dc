/** Determinants of symmetric positive definite matrices. */

import { ConfigError } from "../../../gpu/errors.ts";
import type { Matrix } from "./matrix.ts";

/**
 * log det A by Cholesky's factorisation A = L L^T.
 *
 * @param a Symmetric and positive definite `[n, n]`; its lower triangle is overwritten.
 * @returns The sum of the logarithms of the squared diagonal of L.
 * @throws {ConfigError} If a pivot is not above 0.
 */
export function logDeterminant({ rows: size, values }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const rest = values[i * size + j] - dot(values, i * size, j * size, j);
      if (j < i) values[i * size + j] = rest / values[j * size + j];
      else if (rest > 0) {
        values[i * size + i] = Math.sqrt(rest);
        sum += Math.log(rest);
      } else {
        throw new ConfigError(`Cannot take the determinant: pivot ${i} is ${rest}, not above 0`);
      }
    }
  }
  return sum;
}

/** Four sums side by side, which do not wait for each other. */
function dot(values: Float64Array, a: number, b: number, length: number): number {
  let p = 0, q = 0, r = 0, s = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    p += values[a + i] * values[b + i], q += values[a + i + 1] * values[b + i + 1];
    r += values[a + i + 2] * values[b + i + 2], s += values[a + i + 3] * values[b + i + 3];
  }
  for (; i < length; i++) p += values[a + i] * values[b + i];
  return p + q + r + s;
}
