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
      for (let i = 0; i < right; i += 2) addPairs(part, gram.values, i, left, right);
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) gram.values[i * size + j] = gram.values[j * size + i];
  }
  return gram;
}

/** Rows i and i + 1 by the rows of a tile, four at a time; what is below the diagonal is mirrored. */
function addPairs(
  { rows, columns, values }: Matrix,
  gram: Float64Array,
  i: number,
  left: number,
  right: number,
): void {
  const sums = new Float64Array(8);
  const start = (row: number) => Math.min(row, rows - 1) * columns; // behind the last: read, not kept
  const pair = [start(i), start(i + 1)] as const;
  for (let j = Math.max(left, i - i % 4); j < right; j += 4) {
    const four = [start(j), start(j + 1), start(j + 2), start(j + 3)] as const;
    innerProducts(values, columns, pair, four, sums);
    for (let k = 0; k < 2 && i + k < rows; k++) {
      for (let m = 0; m < 4 && j + m < right; m++) gram[(i + k) * rows + j + m] += sums[4 * k + m];
    }
  }
}

/** Eight inner products at once: every number that is loaded is used two or four times. */
function innerProducts(
  values: Float64Array,
  length: number,
  [a, b]: readonly [number, number],
  [p, q, r, s]: readonly [number, number, number, number],
  sums: Float64Array,
): void {
  let ap = 0, aq = 0, ar = 0, as = 0, bp = 0, bq = 0, br = 0, bs = 0;
  for (let l = 0; l < length; l++) {
    const x = values[a + l], y = values[b + l];
    let z = values[p + l];
    ap += x * z, bp += y * z;
    z = values[q + l];
    aq += x * z, bq += y * z;
    z = values[r + l];
    ar += x * z, br += y * z;
    z = values[s + l];
    as += x * z, bs += y * z;
  }
  sums.set([ap, aq, ar, as, bp, bq, br, bs]);
}
