/** Each teacher's own columns of the training rows. */

import { type Matrix, zeroMatrix } from "../rank/linear_algebra/matrix.ts";
import type { Preparation } from "./preparation.ts";

/**
 * Takes teachers that stand side by side apart.
 *
 * @param rows The training rows in use.
 * @param blocks Columns of each teacher, in order.
 * @returns Of each teacher `[rows, columns]`, in float64.
 */
export function teacherMatrices(rows: Preparation, blocks: readonly number[]): Matrix[] {
  const psi = rows.teacher();
  const total = psi.length / rows.rows;
  let start = 0;
  return blocks.map((columns) => {
    const block = zeroMatrix(rows.rows, columns);
    for (let row = 0; row < rows.rows; row++) {
      const at = row * total + start;
      block.values.set(psi.subarray(at, at + columns), row * columns);
    }
    start += columns;
    return block;
  });
}
