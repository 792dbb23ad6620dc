/** Matrices of float64 numbers on the host, and products with a few columns. */

import { ShapeError } from "../../../gpu/errors.ts";

/** A matrix on the host. */
export interface Matrix {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly columns: number;
  /** rows x columns numbers, row by row. */
  readonly values: Float64Array<ArrayBuffer>;
}

/**
 * Takes numbers row by row as a matrix.
 *
 * @param rows Number of rows, 1 or more.
 * @param columns Number of columns, 1 or more.
 * @param values rows x columns numbers; copied unless they are float64 already.
 * @returns The matrix.
 * @throws {ShapeError} If there are more or fewer numbers.
 *
 * @example
 * ```ts
 * import { matrix } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const { rows, columns, values } = matrix(2, 3, [1, 2, 3, 4, 5, 6]);
 * assertEquals([rows, columns, values[3]], [2, 3, 4]);
 * ```
 */
export function matrix(rows: number, columns: number, values: ArrayLike<number>): Matrix {
  const isCount = (n: number) => Number.isSafeInteger(n) && n > 0;
  if (!isCount(rows) || !isCount(columns) || values.length !== rows * columns) {
    throw new ShapeError(
      `Cannot make a matrix [${rows}, ${columns}] of ${values.length} numbers: it needs one or ` +
        "more rows and columns, and a number for each place",
      { shapes: [[rows, columns], [values.length]] },
    );
  }
  const isOwn = values instanceof Float64Array && values.buffer instanceof ArrayBuffer;
  const own = isOwn ? values as Float64Array<ArrayBuffer> : Float64Array.from(values);
  return { rows, columns, values: own };
}

/** A matrix of zeros. */
export function zeroMatrix(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float64Array(rows * columns) };
}

/** Rows become columns: `[rows, columns] -> [columns, rows]`. */
export function transposed({ rows, columns, values }: Matrix): Matrix {
  const result = zeroMatrix(columns, rows);
  const TILE = 32; // a tile of both sides stays in the cache
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) result.values[j * rows + i] = values[i * columns + j];
      }
    }
  }
  return result;
}

/** `a b`: `[n, d] [d, c] -> [n, c]`. */
export function times(a: Matrix, b: Matrix): Matrix {
  const result = zeroMatrix(a.rows, b.columns);
  const width = b.columns;
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.columns; j++) {
      const factor = a.values[i * a.columns + j];
      if (factor === 0) continue;
      for (let k = 0; k < width; k++) {
        result.values[i * width + k] += factor * b.values[j * width + k];
      }
    }
  }
  return result;
}

/** `a^T b` for a narrow b: `[n, d] [n, c] -> [d, c]`. */
export function transposeTimes(a: Matrix, b: Matrix): Matrix {
  const result = zeroMatrix(a.columns, b.columns);
  const width = b.columns;
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.columns; j++) {
      const factor = a.values[i * a.columns + j];
      if (factor === 0) continue;
      for (let k = 0; k < width; k++) {
        result.values[j * width + k] += factor * b.values[i * width + k];
      }
    }
  }
  return result;
}

/** The numbers of one column. */
export function columnOf({ rows, columns, values }: Matrix, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => values[row * columns + column]);
}
