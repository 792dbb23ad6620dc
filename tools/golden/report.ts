/** What the check prints: the largest errors, and the failures. */

import { type Check, type Outcome, passes, share } from "./check.ts";

/** A row per method and output: the case that takes up most of its tolerance. */
export function errorTable(outcomes: readonly Outcome[]): string[] {
  const worst = new Map<string, { id: string; check: Check; count: number }>();
  for (const { id, method, checks } of outcomes) {
    for (const check of checks) {
      const key = `${method}\t${check.output}`;
      const before = worst.get(key);
      const count = (before?.count ?? 0) + 1;
      const isWorse = before === undefined || share(check) > share(before.check);
      worst.set(key, isWorse ? { id, check, count } : { ...before, count });
    }
  }
  const rows = [...worst].map(([key, { id, check, count }]) => {
    const percent = `${Number((100 * share(check)).toPrecision(2))} %`;
    return [
      ...key.split("\t"),
      String(count),
      check.error.toExponential(1),
      check.tolerance.toExponential(1),
      percent,
      id,
    ];
  });
  return aligned([
    ["method", "output", "count", "largest error", "tolerance", "of it", "where"],
    ...rows,
  ]);
}

/** A line per failed comparison. */
export function failures(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ id, checks }) =>
    checks.filter((check) => !passes(check)).map(({ output, error, tolerance, detail }) =>
      `FAILED ${id}: ${output}: error ${error} above ${tolerance}: ${detail}`
    )
  );
}

/** True where every comparison of a case is within its tolerance. */
export function succeeded({ checks }: Outcome): boolean {
  return checks.every(passes);
}

/** Columns side by side; the third to sixth are numbers. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row.map((cell, i) => i >= 2 && i <= 5 ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))
      .join("  ").trimEnd()
  );
}
