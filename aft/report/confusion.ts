/**
 * What a confusion matrix says, class by class and mistake by mistake.
 *
 * @module
 */

import type { ReportData } from "./data.ts";

/** A matrix of more classes than this does not travel with the page, which it would make too long. */
const MOST_CLASSES = 100;
/** Mistakes that travel with the page in its place. */
const MOST_MISTAKES = 1000;

/** Test rows by true class (rows) and predicted class (columns). */
type Confusion = NonNullable<ReportData["confusion"]>;

/** One class with its counts on the test split. */
export interface ClassCounts {
  /** Its name. */
  readonly name: string;
  /** Rows of this class that were given it. */
  readonly right: number;
  /** Rows of this class. */
  readonly rows: number;
  /** Rows given this class. */
  readonly predicted: number;
}

/** A class taken for another, both by their numbers. */
export interface Mistake {
  /** The class of the rows. */
  readonly true: number;
  /** The class that they were given. */
  readonly predicted: number;
  /** How many they are. */
  readonly rows: number;
}

/** Counts of every class, in their order. */
export function countClasses(confusion: Confusion, names: readonly string[]): ClassCounts[] {
  const predicted = confusion.map(() => 0);
  for (const row of confusion) row.forEach((count, i) => predicted[i] += count);
  return confusion.map((row, i) => ({
    name: names[i] ?? String(i),
    right: row[i],
    rows: row.reduce((a, b) => a + b, 0),
    predicted: predicted[i],
  }));
}

/** Every class that was taken for another, the most frequent mistakes first. */
export function mistakesOf(confusion: Confusion): Mistake[] {
  const found: Mistake[] = [];
  confusion.forEach((row, i) =>
    row.forEach((rows, j) => {
      if (i !== j && rows > 0) found.push({ true: i, predicted: j, rows });
    })
  );
  return found.sort((a, b) => b.rows - a.rows);
}

/**
 * The data of a report as its page carries them: of many classes their counts and the most frequent
 * mistakes, in place of the matrix, which grows with the square of their number.
 *
 * @param data The report's data.
 * @returns The same data, or other ones without `confusion`, with `classCounts` and `mistakes`.
 */
export function carried(data: ReportData): unknown {
  const { confusion, ...rest } = data;
  if (confusion === undefined || confusion.length <= MOST_CLASSES) return data;
  return {
    ...rest,
    classCounts: countClasses(confusion, data.classes),
    mistakes: mistakesOf(confusion).slice(0, MOST_MISTAKES),
  };
}
