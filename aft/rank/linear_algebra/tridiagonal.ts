/** Symmetric matrices made tridiagonal: the one cubic step behind eigenvalues and shifted solutions. */

import type { Matrix } from "./matrix.ts";

/**
 * A symmetric matrix A = Q T Q^T with T tridiagonal and Q a product of reflections (Householder;
 * Golub and Van Loan, Matrix Computations, 8.3.1). Q is never formed: it is applied to the few
 * vectors that ask for it.
 */
export class Tridiagonal {
  /** Order of the matrix. */
  readonly size: number;
  /** Diagonal of T. */
  readonly diagonal: Float64Array<ArrayBuffer>;
  /** Entries beside the diagonal, of rows 0 and 1 first; the last place is 0. */
  readonly beside: Float64Array<ArrayBuffer>;
  /** Row k holds, from column k + 1, the unit vector u of reflection k, I - 2 u u^T. */
  readonly #reflections: Float64Array;

  /**
   * Reduces a matrix.
   *
   * @param a Symmetric `[n, n]`; its upper triangle is overwritten.
   */
  constructor(a: Matrix) {
    this.size = a.rows;
    this.diagonal = new Float64Array(a.rows);
    this.beside = new Float64Array(a.rows);
    this.#reflections = a.values;
    this.#reduce();
  }

  /** `b Q`, which is Q^T times each vector, for b `[c, n]` with a vector in each row. */
  rotateIn(b: Matrix): Matrix {
    const result = { ...b, values: b.values.slice() };
    for (let c = 0; c < b.rows; c += 4) {
      for (let k = 0; k < this.size - 2; k++) this.#reflect(result, c, k);
    }
    return result;
  }

  /** `b Q^T`, which is Q times each vector, for b `[c, n]` with a vector in each row. */
  rotateOut(b: Matrix): Matrix {
    const result = { ...b, values: b.values.slice() };
    for (let c = 0; c < b.rows; c += 4) {
      for (let k = this.size - 3; k >= 0; k--) this.#reflect(result, c, k);
    }
    return result;
  }

  /**
   * Solves `(T + shift_c I) x_c = b_c` for every vector, by elimination.
   *
   * @param b `[c, n]`, a vector in each row.
   * @param shifts One positive number a vector; A must have no eigenvalue below 0.
   * @returns x `[c, n]`.
   */
  solve(b: Matrix, shifts: ArrayLike<number>): Matrix {
    const result = { ...b, values: b.values.slice() };
    for (let c = 0; c < b.rows; c++) {
      this.#solveOne(result.values.subarray(c * this.size, (c + 1) * this.size), shifts[c]);
    }
    return result;
  }

  #solveOne(x: Float64Array, shift: number): void {
    const { size, diagonal, beside } = this;
    const pivots = new Float64Array(size);
    pivots[0] = diagonal[0] + shift;
    for (let i = 1; i < size; i++) {
      const factor = beside[i - 1] / pivots[i - 1];
      pivots[i] = diagonal[i] + shift - factor * beside[i - 1];
      x[i] -= factor * x[i - 1];
    }
    for (let i = size - 1; i >= 0; i--) {
      x[i] = (x[i] - (i + 1 < size ? beside[i] * x[i + 1] : 0)) / pivots[i];
    }
  }

  /** Reflection k of the vectors in rows `first` to `first + 3`, as far as there are any. */
  #reflect({ rows, values }: Matrix, first: number, k: number): void {
    const { size } = this;
    const from = k * size + k + 1;
    const u = this.#reflections.subarray(from, (k + 1) * size);
    const at = (c: number) => c * size + k + 1;
    if (first + 4 <= rows) reflectFour(values, at(first), size, u);
    else for (let c = first; c < rows; c++) reflectOne(values, at(c), u);
  }

  /**
   * Reflection k makes row k zero behind its second place. What the reflection before it changes in
   * the rest of the matrix is done in the same sweep that multiplies by the new one, since reading
   * the matrix is what takes the time.
   */
  #reduce(): void {
    const { size, diagonal, beside } = this;
    const a = this.#reflections;
    let change = { u: new Float64Array(size), w: new Float64Array(size) };
    for (let k = 0; k < size; k++) {
      const { u, w } = change;
      for (let j = k; j < size; j++) a[k * size + j] -= u[k] * w[j] + w[k] * u[j];
      diagonal[k] = a[k * size + k];
      if (k === size - 1) return;
      const next = new Float64Array(size);
      beside[k] = k < size - 2 ? reflectionOf(a, size, k, next) : a[k * size + k + 1];
      const product = sweep(a, size, k + 1, change, next);
      let dot = 0;
      for (let j = k + 1; j < size; j++) dot += next[j] * product[j];
      change = { u: next, w: product.map((value, j) => 2 * (value - dot * next[j])) };
    }
  }
}

/** Subtracts from a vector that begins at `a` twice its part along u. */
function reflectOne(values: Float64Array, a: number, u: Float64Array): void {
  let dot = 0;
  for (let i = 0; i < u.length; i++) dot += u[i] * values[a + i];
  dot *= 2;
  for (let i = 0; i < u.length; i++) values[a + i] -= dot * u[i];
}

/** The same for four vectors, `size` places apart: u is loaded once for all of them. */
function reflectFour(values: Float64Array, a: number, size: number, u: Float64Array): void {
  const b = a + size, c = b + size, d = c + size;
  let p = 0, q = 0, r = 0, s = 0;
  for (let i = 0; i < u.length; i++) {
    const ui = u[i];
    p += ui * values[a + i], q += ui * values[b + i];
    r += ui * values[c + i], s += ui * values[d + i];
  }
  p *= 2, q *= 2, r *= 2, s *= 2;
  for (let i = 0; i < u.length; i++) {
    const ui = u[i];
    values[a + i] -= p * ui, values[b + i] -= q * ui;
    values[c + i] -= r * ui, values[d + i] -= s * ui;
  }
}

/** Writes the unit vector that reflects row k onto its second place; returns what stands there. */
function reflectionOf(a: Float64Array, size: number, k: number, u: Float64Array): number {
  const [from, to] = [k * size + k + 1, (k + 1) * size];
  let behind = 0;
  for (let at = from + 1; at < to; at++) behind += a[at] * a[at];
  if (behind === 0) {
    a.fill(0, from + 1, to);
    const first = a[from];
    a[from] = 0; // no reflection is needed: u = 0
    return first;
  }
  const norm = Math.sqrt(behind + a[from] * a[from]);
  const image = a[from] > 0 ? -norm : norm; // the sign that loses no digits
  const head = a[from] - image;
  const length = Math.sqrt(behind + head * head);
  a[from] = head;
  for (let at = from; at < to; at++) {
    a[at] /= length;
    u[at - k * size] = a[at];
  }
  return image;
}

/** Subtracts `u w^T + w u^T` from rows and columns `from` on, and returns the product with v. */
function sweep(
  a: Float64Array,
  size: number,
  from: number,
  { u, w }: { u: Float64Array; w: Float64Array },
  v: Float64Array,
): Float64Array<ArrayBuffer> {
  const product = new Float64Array(size);
  for (let i = from; i < size; i++) {
    const row = i * size;
    const [ui, wi, vi] = [u[i], w[i], v[i]];
    const onDiagonal = a[row + i] - 2 * ui * wi;
    a[row + i] = onDiagonal;
    let sum = onDiagonal * vi;
    for (let j = i + 1; j < size; j++) {
      const value = a[row + j] - ui * w[j] - wi * u[j];
      a[row + j] = value;
      sum += value * v[j];
      product[j] += value * vi;
    }
    product[i] += sum;
  }
  return product;
}
