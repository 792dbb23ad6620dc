/** Features seen along their singular directions, and targets with them. */

import { eigenOf } from "./linear_algebra/eigen.ts";
import { columnGram, rowGram } from "./linear_algebra/gram.ts";
import { type Matrix, matrix, times, transposed, transposeTimes } from "./linear_algebra/matrix.ts";
import { Tridiagonal } from "./linear_algebra/tridiagonal.ts";

/**
 * The economy singular value decomposition F = U S V^T of features `[n, d]` as far as scores need
 * it: k = min(n, d) squared singular values, and U^T y for a few columns y. It is found from the
 * Gram matrix of the smaller side, so that squares below about 1e-16 of the largest are rounding.
 */
export interface Spectrum {
  /** Squared singular values s^2, `[k]`, none below 0. */
  readonly squares: Float64Array<ArrayBuffer>;
  /** Coordinates x = U^T y, `[k, c]`; signs are arbitrary. */
  readonly coordinates: Matrix;
  /**
   * Ridge weights `(F^T F + t I)^-1 F^T y`, one t for each column of y.
   *
   * @param strengths t, `[c]`, each above 0.
   * @returns `[c, d]`.
   */
  ridge(strengths: ArrayLike<number>): Matrix;
}

/** The Gram matrix of the smaller side of features: of columns where there are no more than rows. */
export function smallGram(features: Matrix): Matrix {
  return features.columns <= features.rows ? columnGram(features) : rowGram(features);
}

/**
 * The {@linkcode smallGram} of features, from that of the same features without their means: a sum
 * in place of a second product, and one that loses no digits.
 *
 * @param gram Of the centred features; left as it is.
 * @param centred The centred features `[n, d]`.
 * @param mean The means that were taken away, `[d]`.
 * @returns A new matrix.
 */
export function gramWithMeans(gram: Matrix, centred: Matrix, mean: ArrayLike<number>): Matrix {
  const { rows: n, columns: d } = centred;
  const mu = matrix(d, 1, mean);
  const values = gram.values.slice();
  const size = gram.rows;
  if (d <= n) { // [d, d]: centred columns are orthogonal to constant ones
    values.forEach((value, at) => {
      values[at] = value + n * mean[Math.floor(at / size)] * mean[at % size];
    });
  } else { // [n, n]: (x_i + mu) . (x_j + mu)
    const along = times(centred, mu).values;
    const square = transposeTimes(mu, mu).values[0];
    values.forEach((value, at) => {
      values[at] = value + along[Math.floor(at / size)] + along[at % size] + square;
    });
  }
  return { rows: size, columns: size, values };
}

/**
 * Takes features and targets apart.
 *
 * @param features F `[n, d]`.
 * @param targets y `[n, c]`.
 * @param gram {@linkcode smallGram} of the features, where it is known; it is overwritten.
 * @returns Singular values, coordinates, ridge weights.
 */
export function spectrumOf(
  features: Matrix,
  targets: Matrix,
  gram: Matrix = smallGram(features),
): Spectrum {
  const isTall = features.columns <= features.rows;
  // [d, c] where columns are few, [n, c] where rows are
  const vectors = isTall ? transposeTimes(features, targets) : targets;
  const tridiagonal = new Tridiagonal(gram);
  const rotated = tridiagonal.rotateIn(transposed(vectors));
  const { values, coordinates } = eigenOf(tridiagonal, transposed(rotated));
  const squares = values.map((value) => Math.max(0, value));
  if (isTall) divideByRoots(coordinates, squares, features.rows);
  const ridge = (strengths: ArrayLike<number>) => {
    const solved = tridiagonal.rotateOut(tridiagonal.solve(rotated, strengths));
    return isTall ? solved : times(solved, features);
  };
  return { squares, coordinates, ridge };
}

/** From V^T F^T y = S U^T y to U^T y; directions that features do not have get nothing. */
function divideByRoots({ columns, values }: Matrix, squares: Float64Array, rows: number): void {
  const largest = squares.reduce((a, b) => Math.max(a, b), 0);
  const least = largest * Number.EPSILON * Math.max(rows, squares.length);
  for (let i = 0; i < squares.length; i++) {
    const factor = squares[i] > least ? 1 / Math.sqrt(squares[i]) : 0;
    for (let c = 0; c < columns; c++) values[i * columns + c] *= factor;
  }
}
