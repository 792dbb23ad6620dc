/** Eigenvalues, and what a few vectors are in the basis of eigenvectors. */

import { ConfigError } from "../../../gpu/errors.ts";
import type { Matrix } from "./matrix.ts";
import type { Tridiagonal } from "./tridiagonal.ts";

/** A symmetric matrix seen in its own basis. */
export interface Eigen {
  /** Eigenvalues, in the order in which they were found. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Coordinates of the vectors, `[n, c]`: row i belongs to eigenvalue i; signs are arbitrary. */
  readonly coordinates: Matrix;
}

/**
 * Diagonalises a tridiagonal matrix by shifted QL steps (Wilkinson's shift; Parlett, The Symmetric
 * Eigenvalue Problem, 8.13), and turns c vectors along. Eigenvectors are never formed, so that it
 * costs n^2 c and not n^3.
 *
 * @param tridiagonal The matrix T.
 * @param vectors `[n, c]`, in T's basis.
 * @returns Eigenvalues and coordinates.
 * @throws {ConfigError} If an entry is not finite: the features are too large to be squared.
 */
export function eigenOf({ size, diagonal, beside }: Tridiagonal, vectors: Matrix): Eigen {
  const values = diagonal.slice();
  const left = beside.slice();
  const coordinates = { ...vectors, values: vectors.values.slice() };
  const largest = [...values, ...left].reduce((top, x) => Math.max(top, Math.abs(x)), 0);
  if (!Number.isFinite(largest)) {
    throw new ConfigError("Cannot score features: their squares are too large for float64");
  }
  for (let at = 0; at < size; at++) {
    for (let end = blockEnd(values, left, at, largest); end > at;) {
      step(values, left, at, end, coordinates);
      end = blockEnd(values, left, at, largest);
    }
  }
  return { values, coordinates };
}

/** The last row that is still tied to row `at`. */
function blockEnd(values: Float64Array, left: Float64Array, at: number, largest: number): number {
  const tiny = Number.EPSILON;
  for (let i = at; i < values.length - 1; i++) {
    const around = Math.abs(values[i]) + Math.abs(values[i + 1]);
    if (Math.abs(left[i]) <= tiny * around + tiny * tiny * largest) return i;
  }
  return values.length - 1;
}

/** One step on rows `at` to `end`: a bulge is chased from the end to the front by rotations. */
function step(
  values: Float64Array,
  left: Float64Array,
  at: number,
  end: number,
  coordinates: Matrix,
): void {
  const half = (values[at + 1] - values[at]) / (2 * left[at]);
  const root = Math.sqrt(half * half + 1);
  const shift = values[at] - left[at] / (half + (half < 0 ? -root : root));
  let [sine, cosine, lost] = [1, 1, 0];
  let bulge = values[end] - shift;
  for (let i = end - 1; i >= at; i--) {
    const above = sine * left[i];
    const kept = cosine * left[i];
    const length = Math.sqrt(above * above + bulge * bulge);
    left[i + 1] = length;
    if (length === 0) { // the matrix falls apart here, and the step ends
      values[i + 1] -= lost;
      left[end] = 0;
      return;
    }
    [sine, cosine] = [above / length, bulge / length];
    const before = values[i + 1] - lost;
    const turned = (values[i] - before) * sine + 2 * cosine * kept;
    lost = sine * turned;
    values[i + 1] = before + lost;
    bulge = cosine * turned - kept;
    rotate(coordinates, i, sine, cosine);
  }
  values[at] -= lost;
  left[at] = bulge;
  left[end] = 0;
}

/** Turns coordinates i and i + 1 of every vector. */
function rotate({ columns, values }: Matrix, i: number, sine: number, cosine: number): void {
  const [upper, lower] = [i * columns, (i + 1) * columns];
  for (let c = 0; c < columns; c++) {
    const [a, b] = [values[upper + c], values[lower + c]];
    values[lower + c] = sine * a + cosine * b;
    values[upper + c] = cosine * a - sine * b;
  }
}
