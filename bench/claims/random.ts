/** Random numbers on the host: Gaussian ones, and rotations. */

import { gaussians, seedWords, threefry } from "../../gpu/random_host.ts";
import { type Matrix, matrix } from "../../aft/rank/linear_algebra/matrix.ts";

/**
 * Draws Gaussian numbers.
 *
 * @param count How many.
 * @param seed Decides them, with the stream.
 * @param stream Draws with one seed that do not meet.
 * @returns Numbers of mean 0 and variance 1.
 */
export function normals(count: number, seed: number, stream: number): Float64Array {
  const [low, high] = seedWords(seed);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const pair = gaussians(threefry(low, high, i / 2, stream));
    values.set(pair.slice(0, count - i), i);
  }
  return values;
}

/**
 * A random orthogonal matrix: Gaussian rows made orthonormal one after the other.
 *
 * @param size Rows and columns.
 * @param seed Decides it.
 * @returns `[size, size]`.
 */
export function rotation(size: number, seed: number): Matrix {
  const values = normals(size * size, seed, 0);
  const row = (i: number) => values.subarray(i * size, (i + 1) * size);
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  for (let i = 0; i < size; i++) {
    // Twice, since one pass leaves what rounding has put back.
    for (let j = 0; j < 2 * i; j++) {
      const other = row(j % i);
      const share = dot(row(i), other);
      other.forEach((x, k) => row(i)[k] -= share * x);
    }
    const length = Math.sqrt(dot(row(i), row(i)));
    row(i).forEach((x, k) => row(i)[k] = x / length);
  }
  return matrix(size, size, values);
}
