/** The strength of a method, chosen on validation rows. */

import type { Score } from "../evaluate.ts";
import { summarise } from "../statistics.ts";
import type { Records } from "./store.ts";
import type { Trial } from "./progress.ts";
import type { Cell, CellRun, Comparison, FinishedRun } from "./types.ts";

/** What came out of a run, where it reached its end. */
export function finished(records: Records, key: string): FinishedRun | undefined {
  const result = records.get(key)?.result;
  return result && "test" in result ? result : undefined;
}

/** Share of wrong answers, or squared error: what a strength is chosen by. */
function errorOf(score: Score): number {
  return "accuracy" in score ? 1 - score.accuracy : score.loss;
}

/**
 * Mean validation scores of every strength that was tried.
 *
 * @param cell A method under a setting.
 * @param records Finished runs.
 * @returns One trial for each strength in the order of the list, none where nothing is to be
 * chosen; undefined while runs are missing. A strength with a failed run has no error.
 */
export function trialsOf(cell: Cell, records: Records): Trial[] | undefined {
  if (cell.tune.some(({ key }) => !records.has(key))) return undefined;
  const betas = [...new Set(cell.tune.map(({ beta }) => beta))];
  return betas.map((beta) => {
    const runs = cell.tune.filter((run) => run.beta === beta);
    const scores = runs.flatMap(({ key }) => finished(records, key)?.val ?? []);
    if (scores.length < runs.length) return { beta, error: null, loss: null };
    return {
      beta,
      error: summarise(scores.map(errorOf)).mean,
      loss: summarise(scores.map(({ loss }) => loss)).mean,
    };
  });
}

/**
 * The strength with the smallest validation error; among equals the one with the smaller loss, and
 * then the smaller strength.
 *
 * @param cell A method under a setting.
 * @param records Finished runs.
 * @returns The strength; undefined while runs are missing.
 */
export function betaOf(cell: Cell, records: Records): number | undefined {
  if (cell.tune.length === 0) return cell.final[0].beta;
  const trials = trialsOf(cell, records);
  const order = ({ beta, error, loss }: Trial) => [error ?? Infinity, loss ?? Infinity, beta];
  return trials?.reduce((best, trial) => isBefore(order(trial), order(best)) ? trial : best).beta;
}

/** Whether one list of numbers comes before another, decided by the first that differs. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && a[at] < b[at];
}

/**
 * Runs that the table of a cell is made from.
 *
 * @param cell A method under a setting.
 * @param records Finished runs.
 * @returns Runs of all seeds at the chosen strength; undefined while it is not chosen.
 */
export function chosenRuns(cell: Cell, records: Records): CellRun[] | undefined {
  const beta = betaOf(cell, records);
  return beta === undefined ? undefined : cell.final.filter((run) => run.beta === beta);
}

/**
 * How many runs the table lacks.
 *
 * @param comparison What is compared.
 * @param records Finished runs.
 * @returns Runs that are not there, or that failed; those of an open choice count once a seed.
 */
export function missingRuns({ cells }: Comparison, records: Records): number {
  const missing = new Set<string>();
  cells.forEach((cell, i) => {
    const runs = chosenRuns(cell, records);
    for (const { key } of runs ?? []) if (!finished(records, key)) missing.add(key);
    if (runs === undefined) { for (const { seed } of cell.final) missing.add(`${i} ${seed}`); }
  });
  return missing.size;
}
