/** The table of a comparison. */

import { csvCell } from "../data/csv_cells.ts";
import type { Score } from "../evaluate.ts";
import { betaOf, finished } from "./choice.ts";
import { NOISE } from "./noise.ts";
import { pairedDifference, summarise } from "../statistics.ts";
import type { Records } from "./store.ts";
import type {
  Cell,
  CompareRow,
  Comparison,
  EnergyShare,
  FinishedRun,
  ProbeRecord,
  Setting,
} from "./types.ts";

/**
 * Accuracy of a score from 0 to 1; for values the coefficient of determination, of which the error
 * 1 - R2 is the squared error in units of the labels' variance.
 */
export function accuracyOf(score: Score): number {
  return "accuracy" in score ? score.accuracy : score.r2;
}

/** Runs of a cell at its strength that reached their end, by seed. */
export function runsOf(cell: Cell, records: Records): Map<number, FinishedRun> {
  const beta = betaOf(cell, records);
  const chosen = cell.final.filter((run) => run.beta === beta);
  return new Map(chosen.flatMap(({ key, seed }) => {
    const run = finished(records, key);
    return run ? [[seed, run] as const] : [];
  }));
}

/** A text that two settings have in common where they are the same. */
export function settingKey({ trainSize, noise, teachers }: Setting): string {
  return JSON.stringify([trainSize, noise, teachers]);
}

/** {@linkcode settingKey} of what a probe depends on: noise does not enter it. */
function probedKey(setting: Pick<Setting, "trainSize" | "teachers">): string {
  return settingKey({ ...setting, noise: 0 });
}

/**
 * One line for each method and setting, in the order of the comparison.
 *
 * @param comparison What is compared.
 * @param records Finished runs.
 * @param probes Linear probes; default none.
 * @returns The lines; numbers that need more runs than are there are null.
 */
export function rowsOf(
  comparison: Comparison,
  records: Records,
  probes: ReadonlyMap<string, ProbeRecord> = new Map(),
): CompareRow[] {
  const { cells, baseline } = comparison;
  const bases = new Map(
    cells.filter(({ method }) => method === baseline)
      .map((cell) => [settingKey(cell.setting), runsOf(cell, records)]),
  );
  return cells.map((cell) => {
    const base = bases.get(settingKey(cell.setting)) ?? new Map();
    const probe = probeOf(cell.setting, comparison, probes);
    return rowOf(cell, records, base, { comparison, probe });
  });
}

function rowOf(
  cell: Cell,
  records: Records,
  base: ReadonlyMap<number, FinishedRun>,
  { comparison, probe }: { comparison: Comparison; probe: number | null },
): CompareRow {
  const runs = runsOf(cell, records);
  const results = [...runs.values()];
  const accuracy = summarise(results.map(({ test }) => accuracyOf(test)));
  const loss = summarise(results.map(({ test }) => test.loss));
  const isBase = cell.method === comparison.baseline;
  const energy = energyOf(results, comparison, cell.setting);
  return {
    method: cell.method,
    ...cell.setting,
    seeds: runs.size,
    beta: cell.hasStrength ? betaOf(cell, records) ?? null : null,
    accuracyMean: accuracy.mean,
    accuracySd: accuracy.sd,
    ...isBase ? NO_DIFFERENCE : difference(runs, base),
    normalisedError: normalisedError(runs, base),
    lossMean: loss.mean,
    lossSd: loss.sd,
    probe,
    seconds: summarise(results.map(({ seconds }) => seconds)).mean,
    ...energy && { energy },
  };
}

/** Mean test accuracy of the linear probes of a setting. */
function probeOf(
  setting: Setting,
  comparison: Comparison,
  probes: ReadonlyMap<string, ProbeRecord>,
): number | null {
  const cell = comparison.probes.find((cell) => probedKey(cell) === probedKey(setting));
  const records = (cell?.runs ?? []).flatMap(({ key }) => probes.get(key) ?? []);
  return summarise(records.map(({ test }) => accuracyOf(test))).mean;
}

const NO_DIFFERENCE = {
  diffMean: null,
  diffLow: null,
  diffHigh: null,
  signs: null,
  signsAgainst: null,
} as const;

/** Accuracies of the seeds that both have, side by side. */
function pairs(
  runs: ReadonlyMap<number, FinishedRun>,
  base: ReadonlyMap<number, FinishedRun>,
): [number[], number[]] {
  const both = [...runs].flatMap(([seed, run]) => {
    const other = base.get(seed);
    return other ? [[accuracyOf(run.test), accuracyOf(other.test)]] : [];
  });
  return [both.map(([own]) => own), both.map(([, other]) => other)];
}

function difference(
  runs: ReadonlyMap<number, FinishedRun>,
  base: ReadonlyMap<number, FinishedRun>,
) {
  const [own, other] = pairs(runs, base);
  if (own.length === 0) return NO_DIFFERENCE;
  const { mean, low, high, above, below } = pairedDifference(own, other);
  return { diffMean: mean, diffLow: low, diffHigh: high, signs: above, signsAgainst: below };
}

/** Mean error over that of the baseline with the same seeds. */
function normalisedError(
  runs: ReadonlyMap<number, FinishedRun>,
  base: ReadonlyMap<number, FinishedRun>,
): number | null {
  const [own, other] = pairs(runs, base).map((values) => summarise(values).mean);
  if (own === null || other === null || other === 1) return null;
  return (1 - own) / (1 - other);
}

/**
 * Mean shares over runs. A run knows its teachers by their place, in the order of the feature files
 * and noise last: names belong to the comparison that did the run first.
 */
function energyOf(
  runs: readonly FinishedRun[],
  { columns }: Comparison,
  { teachers, noise }: Setting,
): EnergyShare[] | undefined {
  const reports = runs.flatMap(({ scales }) => scales ?? []);
  if (reports.length === 0) return undefined;
  const widths = [
    ...teachers.map((name) => [name, columns[name]] as const),
    [NOISE, noise] as const,
  ];
  const total = widths.reduce((sum, [, width]) => sum + width, 0);
  return widths.filter(([, width]) => width > 0).map(([name, width], place) => {
    const shares = reports.map(({ teachers }) => teachers[place].energyShare);
    return { name, share: summarise(shares).mean!, columnShare: width / total };
  });
}

/** Columns of the CSV, in their order. */
const COLUMNS = [
  ...["method", "trainSize", "noise", "teachers", "seeds", "beta"] as const,
  ...["accuracyMean", "accuracySd", "diffMean", "diffLow", "diffHigh"] as const,
  ...[
    "signs",
    "signsAgainst",
    "normalisedError",
    "lossMean",
    "lossSd",
    "probe",
    "seconds",
  ] as const,
] satisfies readonly (keyof CompareRow)[];

/**
 * The table as CSV (RFC 4180): a head, then one line for each row; what is null is empty, teachers
 * have `+` between them.
 *
 * @param rows The table.
 * @returns Text of the file.
 */
export function toCsv(rows: readonly CompareRow[]): string {
  const lines = rows.map((row) =>
    COLUMNS.map((column) => {
      const value = row[column];
      return csvCell(Array.isArray(value) ? value.join("+") : String(value ?? ""));
    })
  );
  return [COLUMNS, ...lines].map((cells) => `${cells.join(",")}\n`).join("");
}
