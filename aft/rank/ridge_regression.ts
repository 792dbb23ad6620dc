/** Ridge regression for any number of strengths, from one decomposition. */

import { type Matrix, zeroMatrix } from "./linear_algebra/matrix.ts";
import { scaleOf } from "./features.ts";
import type { LinearMap } from "./softmax_regression.ts";
import { spectrumOf } from "./spectrum.ts";

/**
 * The least mean squared error / 2 + strength / 2 ||w||^2, for each strength and each column of
 * values alone, with offsets that are not penalised.
 *
 * @param x Standardised features `[n, d]`, so that offsets are the means of the values.
 * @param y Values `[n, c]`.
 * @param strengths Each above 0.
 * @returns A map for each strength, in their order.
 */
export function* ridgePath(
  x: Matrix,
  y: Matrix,
  strengths: readonly number[],
): Generator<{ strength: number; map: LinearMap }> {
  const bias = Float64Array.from(scaleOf(y).mean);
  const centred = zeroMatrix(y.rows, y.columns);
  y.values.forEach((value, at) => centred.values[at] = value - bias[at % y.columns]);
  const { ridge } = spectrumOf(x, centred);
  for (const strength of strengths) {
    const shifts = new Float64Array(y.columns).fill(strength * x.rows);
    yield { strength, map: { weights: ridge(shifts), bias } };
  }
}
