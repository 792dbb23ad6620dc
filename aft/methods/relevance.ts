/** How much each teacher column says of the labels, as a start for scales. */

import type { Preparation } from "./preparation.ts";

/** Rows that are looked at together. */
const CHUNK = 1024;
/** Bounds of a relevance, so that its logit is finite. */
const [LEAST, MOST] = [1e-3, 1 - 1e-3];

/** Rows whose columns are looked at. */
type Labelled = Pick<Preparation, "rows" | "labels" | "classes" | "teacher">;

/** Sums over rows that statistics of columns follow from. */
interface Moments {
  /** Sum of each column over the rows of each group, `[groups, columns]`. */
  sums: Float64Array;
  /** Sum of squares of each column. */
  squares: Float64Array;
  columns: number;
}

/**
 * Scales s = logit(r) at which rho is the relevance r of each column: its adjusted correlation ratio
 * with the classes, max(0, (eta^2 - a) / (1 - a)) with a = (C - 1)/(N - 1), or for values the
 * adjusted squared correlation (a = 1/(N - 1)); divided by the largest, kept in [0.001, 0.999].
 * Where no column says anything all start alike.
 *
 * @param rows The training rows in use.
 * @returns One scale per column.
 */
export function relevantScales(rows: Labelled): Float32Array<ArrayBuffer> {
  return scalesAt(relevances(rows));
}

/** Scales s at which sigmoid(s) is rho, from above 0 to below 1. */
export function scalesAt(rho: Float64Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(rho, (r) => Math.log(r / (1 - r)));
}

/**
 * The relevance of each column itself, as {@linkcode relevantScales} has it; 0.5 for all where no
 * column says anything.
 *
 * @param rows Rows with labels.
 * @returns One number per column, from 0.001 to 0.999.
 */
export function relevances(rows: Labelled): Float64Array<ArrayBuffer> {
  const relevance = rows.classes > 0 ? ofClasses(rows) : ofValues(rows);
  const largest = relevance.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) return new Float64Array(relevance.length).fill(0.5);
  return relevance.map((r) => Math.min(MOST, Math.max(LEAST, r / largest)));
}

/** Adjusted correlation ratio: what the means of classes explain of a column's variance. */
function ofClasses(rows: Labelled): Float64Array<ArrayBuffer> {
  const { labels } = rows;
  const counts = new Float64Array(rows.classes);
  for (const label of labels) counts[label]++;
  const { sums, squares, columns } = momentsOf(rows, rows.classes, (row) => [labels[row], 1]);
  const chance = (counts.filter((count) => count > 0).length - 1) / (rows.rows - 1);
  return Float64Array.from({ length: columns }, (_, c) => {
    let [total, between] = [0, 0];
    counts.forEach((count, group) => {
      const sum = sums[group * columns + c];
      total += sum;
      if (count > 0) between += sum * sum / count;
    });
    const square = total * total / rows.rows;
    return adjusted((between - square) / (squares[c] - square), chance);
  });
}

/** Adjusted squared correlation with values. */
function ofValues(rows: Labelled): Float64Array<ArrayBuffer> {
  const labels = Float64Array.from(rows.labels);
  const mean = labels.reduce((a, b) => a + b, 0) / rows.rows;
  const spread = labels.reduce((sum, label) => sum + (label - mean) ** 2, 0);
  const plain = momentsOf(rows, 1, () => [0, 1]);
  const along = momentsOf(rows, 1, (row) => [0, labels[row] - mean]);
  return Float64Array.from({ length: plain.columns }, (_, c) => {
    const variance = plain.squares[c] - plain.sums[c] ** 2 / rows.rows;
    return adjusted(along.sums[c] ** 2 / (variance * spread), 1 / (rows.rows - 1));
  });
}

/** What lies above chance; 0 for constant columns and where chance explains everything. */
function adjusted(ratio: number, chance: number): number {
  const above = (ratio - chance) / (1 - chance);
  return Number.isFinite(above) ? Math.max(0, above) : 0;
}

/** Weighted sums of columns by group, and their sums of squares, over all rows. */
function momentsOf(
  rows: Labelled,
  groups: number,
  place: (row: number) => readonly [group: number, weight: number],
): Moments {
  let moments: Moments | undefined;
  let origin: Float32Array | undefined;
  for (let start = 0; start < rows.rows; start += CHUNK) {
    const count = Math.min(CHUNK, rows.rows - start);
    const values = rows.teacher(Array.from({ length: count }, (_, i) => start + i));
    const columns = values.length / count;
    moments ??= {
      sums: new Float64Array(groups * columns),
      squares: new Float64Array(columns),
      columns,
    };
    origin ??= values.slice(0, columns); // counted from the first row: an offset costs no digits
    for (let i = 0; i < count; i++) {
      const [group, weight] = place(start + i);
      for (let c = 0; c < columns; c++) {
        const value = values[i * columns + c] - origin[c];
        moments.sums[group * columns + c] += weight * value;
        moments.squares[c] += value * value;
      }
    }
  }
  return moments!;
}
