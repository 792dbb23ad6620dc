/** Products of a matrix with itself, which cost more than everything else here. */

import { type Matrix, transposed, zeroMatrix } from "./matrix.ts";

/** Numbers of a row that are summed before the next ones come. */
const STRETCH = 256;
/** Rows of a tile, which stays in the cache while all others are multiplied by it. */
const TILE = 64;

/**
 * Inner products of all pairs of rows: `a a^T`. Sums have a fixed order.
 *
 * @param a `[n, d]`.
 * @returns `[n, n]`, both triangles.
 */
export function rowGram(a: Matrix): Matrix {
  return gramOf(a.rows, a.columns, (from, to) => {
    const part = zeroMatrix(a.rows, to - from);
    for (let i = 0; i < a.rows; i++) {
      const row = a.values.subarray(i * a.columns + from, i * a.columns + to);
      part.values.set(row, i * part.columns);
    }
    return part;
  });
}

/**
 * Inner products of all pairs of columns: `a^T a`. Sums have a fixed order.
 *
 * @param a `[n, d]`.
 * @returns `[d, d]`, both triangles.
 */
export function columnGram(a: Matrix): Matrix {
  return gramOf(a.columns, a.rows, (from, to) => {
    const values = a.values.subarray(from * a.columns, to * a.columns);
    return transposed({ rows: to - from, columns: a.columns, values });
  });
}

/** Adds up the Gram matrices of stretches, each packed so that rows lie close together. */
function gramOf(
  size: number,
  length: number,
  stretch: (from: number, to: number) => Matrix,
): Matrix {
  const gram = zeroMatrix(size, size);
  for (let from = 0; from < length; from += STRETCH) {
    const part = stretch(from, Math.min(from + STRETCH, length));
    for (let left = 0; left < size; left += TILE) {
      const right = Math.min(left + TILE, size);
      for (let i = 0; i < right; i += 2) {
        // What lies below the diagonal is mirrored afterwards.
        addPairs(part, part, gram.values, i, Math.max(left, i - i % 4), right);
      }
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) gram.values[i * size + j] = gram.values[j * size + i];
  }
  return gram;
}

/**
 * Inner products of the rows of two matrices: `a b^T`.
 *
 * @param a `[n, d]`.
 * @param b `[m, d]`.
 * @returns `[n, m]`.
 */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  const result = zeroMatrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i += 2) addPairs(a, b, result.values, i, 0, b.rows);
  return result;
}

/** Adds rows i and i + 1 of a by rows `left` to `right` of b, four at a time. */
function addPairs(
  a: Matrix,
  b: Matrix,
  sums: Float64Array,
  i: number,
  left: number,
  right: number,
): void {
  const { columns: length } = a;
  const eight = new Float64Array(8);
  const second = Math.min(i + 1, a.rows - 1); // behind the last row: read, not kept
  const pair = [i * length, second * length] as const;
  const start = (row: number) => Math.min(row, b.rows - 1) * length;
  for (let j = left; j < right; j += 4) {
    const four = [start(j), start(j + 1), start(j + 2), start(j + 3)] as const;
    innerProducts(a.values, b.values, length, pair, four, eight);
    for (let k = 0; k < 2 && i + k < a.rows; k++) {
      for (let m = 0; m < 4 && j + m < right; m++) {
        sums[(i + k) * b.rows + j + m] += eight[4 * k + m];
      }
    }
  }
}

/** Eight inner products at once: every number that is loaded is used two or four times. */
function innerProducts(
  a: Float64Array,
  b: Float64Array,
  length: number,
  [first, second]: readonly [number, number],
  [p, q, r, s]: readonly [number, number, number, number],
  sums: Float64Array,
): void {
  let xp = 0, xq = 0, xr = 0, xs = 0, yp = 0, yq = 0, yr = 0, ys = 0;
  for (let l = 0; l < length; l++) {
    const x = a[first + l], y = a[second + l];
    let z = b[p + l];
    xp += x * z, yp += y * z;
    z = b[q + l];
    xq += x * z, yq += y * z;
    z = b[r + l];
    xr += x * z, yr += y * z;
    z = b[s + l];
    xs += x * z, ys += y * z;
  }
  sums.set([xp, xq, xr, xs, yp, yq, yr, ys]);
}
