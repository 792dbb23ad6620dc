/** Columns that know nothing: the same ones in every run. */

import { gaussians, threefry } from "../../gpu/random_host.ts";
import type { FeatureSplit } from "../data/features.ts";
import { columnStatistics } from "../data/normalise.ts";
import type { TeacherFeatures } from "../training/prepare.ts";

/** Name of the teacher that is noise. */
export const NOISE = "noise";

/** Key of the noise, "aftnoise" in ASCII: it belongs to the features, not to a run's seed. */
const KEY: readonly [number, number] = [0x6166746e, 0x6f697365];

/**
 * A teacher of Gaussian noise at the scale of others: every column has mean 0 and, as its
 * variance, the mean variance of the others' columns over all training rows, so that a column of
 * noise weighs as much as one of theirs. Fewer columns are the first ones of more.
 *
 * @param teachers The teachers beside it, at least one.
 * @param columns How many columns, from 1.
 * @returns The noise, in half precision where all others are.
 */
export function noiseTeacher(
  teachers: readonly TeacherFeatures[],
  columns: number,
): TeacherFeatures {
  const { rows } = teachers[0].splits.train;
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  const variances = teachers.flatMap(({ splits }) => columnStatistics(splits.train, all).variance);
  const deviation = Math.sqrt(variances.reduce((a, b) => a + b, 0) / variances.length);
  const isHalf = teachers.every(({ splits }) => splits.train.dtype === "f16");
  const numbers = isHalf ? new Float16Array(rows * columns) : new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += 2) {
      const pair = gaussians(threefry(...KEY, row, column / 2));
      numbers[row * columns + column] = deviation * pair[0];
      if (column + 1 < columns) numbers[row * columns + column + 1] = deviation * pair[1];
    }
  }
  const train: FeatureSplit = numbers instanceof Float32Array
    ? { rows, columns, values: numbers, dtype: "f32" }
    : { rows, columns, values: new Uint16Array(numbers.buffer), dtype: "f16" };
  return { name: NOISE, columns, splits: { train } };
}
