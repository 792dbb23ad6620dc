/** What is kept of a comparison: its table, the accuracy of every seed, what it cost. */

import { finished } from "../../aft/compare/choice.ts";
import { type ComparisonTable, tableOf } from "../../aft/compare/conclude.ts";
import { settingText } from "../../aft/compare/report_words.ts";
import type { Records } from "../../aft/compare/store.ts";
import { accuracyOf, runsOf, settingKey } from "../../aft/compare/table.ts";
import type { CompareRow, Comparison, ProbeRecord } from "../../aft/compare/types.ts";

/** A line of the table with what each seed reached. */
export interface KeptRow extends CompareRow {
  /** Test accuracy, or R2 for values, by seed. */
  readonly bySeed: Readonly<Record<string, number>>;
}

/** A comparison as docs/claims keeps it: `table.json` with a few numbers more. */
export interface Kept extends Omit<ComparisonTable, "rows"> {
  /** What was compared, by the flags of `aft compare`. */
  readonly flags: string;
  /** Lines of methods that have finished runs. */
  readonly rows: readonly KeptRow[];
  /** Methods, or methods under a setting, of which no run is there. */
  readonly notRun: readonly string[];
  /** Seeds that the comparison asks for. */
  readonly seedsWanted: number;
  /** Seeds by which strengths are chosen. */
  readonly tuneSeeds: number;
  /** Finished runs, those that choose strengths among them. */
  readonly runs: number;
  /** Seconds of all these runs together. */
  readonly machineSeconds: number;
  /** Names of the GPUs. */
  readonly devices: readonly string[];
}

/**
 * Makes what is kept of a comparison from the runs that are there.
 *
 * @param flags What is compared, as a definition has it.
 * @param comparison The same, worked out.
 * @param records Finished runs; others may be among them.
 * @param probes Linear probes of the teachers.
 * @returns Table and cost, methods without runs left out and named.
 */
export function keptOf(
  flags: string,
  comparison: Comparison,
  records: Records,
  probes: ReadonlyMap<string, ProbeRecord>,
): Kept {
  const { cells } = comparison;
  const table = tableOf(comparison, records, probes);
  const rows = table.rows.map((row, i): KeptRow => {
    const runs = [...runsOf(cells[i], records)];
    return {
      ...row,
      bySeed: Object.fromEntries(runs.map(([seed, { test }]) => [seed, accuracyOf(test)])),
    };
  });
  const keys = new Set(cells.flatMap(({ tune, final }) => [...tune, ...final]).map((r) => r.key));
  const runs = [...keys].flatMap((key) => finished(records, key) ?? []);
  const seedsOf = (runs: readonly { seed: number }[]) => new Set(runs.map(({ seed }) => seed)).size;
  return {
    flags,
    ...table,
    rows: rows.filter(({ seeds }) => seeds > 0),
    notRun: notRun(rows),
    seedsWanted: seedsOf(cells[0].final),
    tuneSeeds: Math.max(...cells.map(({ tune }) => seedsOf(tune))),
    runs: runs.length,
    machineSeconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
    devices: [...new Set(runs.map(({ device }) => device))],
  };
}

/**
 * Whether a table tells less of some method than an earlier one of the same comparison does.
 *
 * @param before The earlier one.
 * @param now The table.
 * @returns True where a line has fewer seeds than before; never where something else was compared.
 */
export function losesSeeds(before: Kept, now: Kept): boolean {
  const lineOf = (row: KeptRow) => `${row.method} ${settingKey(row)}`;
  const seeds = new Map(now.rows.map((row) => [lineOf(row), row.seeds]));
  return before.flags === now.flags &&
    before.rows.some((row) => row.seeds > (seeds.get(lineOf(row)) ?? 0));
}

/** Names what is missing: a method as a whole, or under some of the settings. */
function notRun(rows: readonly CompareRow[]): string[] {
  const methods = [...new Set(rows.map(({ method }) => method))];
  return methods.flatMap((method) => {
    const own = rows.filter((row) => row.method === method);
    const missing = own.filter(({ seeds }) => seeds === 0);
    if (missing.length === own.length) return [method];
    return missing.map((row) => `${method} (${settingText(row)})`);
  });
}
