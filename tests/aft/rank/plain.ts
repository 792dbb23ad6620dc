/** Plain float64 algebra that the scores are held against: elimination and Jacobi rotations. */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { randomBits } from "../../../gpu/mod.ts";
import { type Matrix, matrix } from "../../../aft/rank/linear_algebra/matrix.ts";

/** Rows of numbers. */
export type Table = number[][];

/** Numbers in ±1, the same for the same seed. */
export function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const values = Array.from({ length: rows * columns }, (_, i) => {
    return 2 * (randomBits(11, seed, i) / 2 ** 32) - 1;
  });
  return matrix(rows, columns, values);
}

/** A matrix as rows. */
export function tableOf({ rows, columns, values }: Matrix): Table {
  return Array.from({ length: rows }, (_, i) => [
    ...values.subarray(i * columns, (i + 1) * columns),
  ]);
}

export function transpose(a: Table): Table {
  return a[0].map((_, j) => a.map((row) => row[j]));
}

export function product(a: Table, b: Table): Table {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** Adds a number to every place of the diagonal. */
export function shifted(a: Table, by: number): Table {
  return a.map((row, i) => row.map((value, j) => value + (i === j ? by : 0)));
}

/** Gauss-Jordan elimination with pivots; the determinant comes as a logarithm of its size. */
export function invert(a: Table): { inverse: Table; logDeterminant: number } {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => i === j ? 1 : 0)]);
  let logDeterminant = 0;
  for (let k = 0; k < n; k++) {
    const pivot = rows.slice(k).reduce(
      (best, row, i) => Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best,
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    logDeterminant += Math.log(Math.abs(rows[k][k]));
    rows[k] = rows[k].map((value) => value / rows[k][k]);
    rows.forEach((row, i) => {
      const factor = row[k];
      if (i !== k && factor !== 0) rows[i] = row.map((value, j) => value - factor * rows[k][j]);
    });
  }
  return { inverse: rows.map((row) => row.slice(n)), logDeterminant };
}

/** Eigenvalues of a symmetric matrix by Jacobi's rotations, ascending. */
export function eigenvalues(symmetric: Table): number[] {
  const a = symmetric.map((row) => [...row]);
  const n = a.length;
  for (let round = 0; round < 30; round++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) jacobi(a, p, q);
  }
  return a.map((row, i) => row[i]).sort((x, y) => x - y);
}

function jacobi(a: Table, p: number, q: number): void {
  if (a[p][q] === 0) return;
  const angle = Math.atan2(2 * a[p][q], a[q][q] - a[p][p]) / 2;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (let k = 0; k < a.length; k++) {
    [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
  }
  for (let k = 0; k < a.length; k++) {
    [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
  }
}

/** Sum of numbers. */
export const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
/** Mean of numbers. */
export const mean = (values: readonly number[]) => sum(values) / values.length;

/** Rows with an offset, in three classes of four; class 1 has no row. */
export function classTask(rows: number, columns: number, seed: number) {
  const labels = Int32Array.from({ length: rows }, (_, row) => [0, 2, 3][row * 5 % 7 % 3]);
  const noise = randomMatrix(rows, columns, seed);
  const features = matrix(
    rows,
    columns,
    noise.values.map((value, at) => {
      const label = labels[Math.floor(at / columns)];
      return value + 0.5 * label * ((at % columns) % 2) + 3;
    }),
  );
  return { features, labels };
}

/** Rows without the mean of every column. */
export function centre(table: Table): Table {
  const means = transpose(table).map(mean);
  return table.map((row) => row.map((value, j) => value - means[j]));
}

/** Holds numbers against others, place by place. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) assertAlmostEquals(actual[i], expected[i], tolerance);
}

const sumOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/**
 * The fixed point of LogME by another way: posterior means by elimination in d x d, the residual from
 * predictions, gamma as a trace, the evidence of the full form from a determinant.
 */
export function plainLogme(features: Matrix, targets: number[][], form: "fixed-point" | "full") {
  const f = tableOf(features);
  const gram = product(transpose(f), f);
  const [n, d] = [features.rows, features.columns];
  const fits = targets.map((y) => {
    let t = 1;
    for (let round = 1;; round++) {
      const { inverse } = invert(shifted(gram, t));
      const m = inverse.map((row) => dot(row, transpose(f).map((column) => dot(column, y))));
      const gamma = d - t * sumOf(inverse.map((row, i) => row[i]));
      const residual = sumOf(y.map((value, i) => (value - dot(f[i], m)) ** 2));
      const alpha = gamma / (dot(m, m) + 1e-5);
      const beta = (n - gamma) / (residual + 1e-5);
      const next = alpha / beta;
      const small = form === "full" ? 1e-5 : 0;
      const isLast = Math.abs(next - t) / t <= (form === "full" ? 1e-2 : 1e-3) || round === 11;
      if (isLast) {
        const precision = shifted(gram.map((row) => row.map((value) => beta * value)), alpha);
        const evidence = d * Math.log(alpha) + n * Math.log(beta / (2 * Math.PI)) -
          invert(precision).logDeterminant - beta * (residual + small) -
          alpha * (dot(m, m) + small);
        return { alpha, beta, m, evidence: evidence / (2 * n) };
      }
      t = next;
    }
  });
  return { fits, score: sumOf(fits.map(({ evidence }) => evidence)) / fits.length };
}
