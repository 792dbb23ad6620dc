/** A very plain reader of features, to see what they hold of the classes. */

/** Rows to be read, `[rows, columns]` numbers. */
export interface Rows {
  /** Numbers of all rows. */
  readonly values: ArrayLike<number>;
  /** Numbers of a row. */
  readonly columns: number;
  /** Class of every row. */
  readonly labels: ArrayLike<number>;
}

/**
 * Names for each test row the class whose mean over a few labelled rows is nearest.
 *
 * @param train Where the labelled rows are.
 * @param rows Numbers of the labelled rows.
 * @param test Rows to be named.
 * @returns Share of test rows whose class is found.
 */
export function nearestMean(train: Rows, rows: ArrayLike<number>, test: Rows): number {
  const means = classMeans(train, rows);
  let found = 0;
  for (let row = 0; row < test.labels.length; row++) {
    const distances = means.map((mean) =>
      mean.reduce((sum, value, i) => sum + (test.values[row * test.columns + i] - value) ** 2, 0)
    );
    if (distances.indexOf(Math.min(...distances)) === test.labels[row]) found++;
  }
  return found / test.labels.length;
}

function classMeans({ values, columns, labels }: Rows, rows: ArrayLike<number>): Float64Array[] {
  const means: Float64Array[] = [];
  const counts: number[] = [];
  for (let k = 0; k < rows.length; k++) {
    const label = labels[rows[k]];
    const mean = means[label] ??= new Float64Array(columns);
    for (let i = 0; i < columns; i++) mean[i] += values[rows[k] * columns + i];
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return Array.from(
    means,
    (mean, label) =>
      mean ? mean.map((sum) => sum / counts[label]) : new Float64Array(columns).fill(Infinity),
  );
}
