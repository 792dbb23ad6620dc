/** A profile as a table for people. */

import { amount } from "./amount.ts";
import type { Profile, ProfileRow } from "./profile.ts";

/** Rows that the table shows; the rest is one line. */
const MOST_ROWS = 30;
const COLUMNS = ["ms", "share", "runs", "ms/run", "operations/s", "B/s", "of ceiling", "kernel"];

/** Rows by time, with rates and what share of the adapter's ceilings they reach. */
export function profileTable(
  { rows, timed, seconds, submits, skipped, ceilings }: Omit<Profile, "table" | "trace">,
): string {
  const shown = rows.slice(0, MOST_ROWS);
  const cells = [COLUMNS, ...shown.map(cellsOf)];
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => i === row.length - 1 ? cell : cell.padStart(widths[i])).join("  ")
  );
  const rest = rows.slice(MOST_ROWS).reduce((sum, row) => sum + row.seconds, 0);
  if (rows.length > MOST_ROWS) lines.push(`and ${rows.length - MOST_ROWS} more, ${ms(rest)} ms`);
  const device = rows.reduce((sum, row) => sum + row.seconds, 0);
  lines.push(
    `${submits} submits recorded${skipped > 0 ? `, ${skipped} more not` : ""}: ${ms(device)} ms ` +
      (timed === "kernels"
        ? `in kernels by the device's clock, ${ms(seconds)} ms in all on the host's`
        : `from send to done by the host's clock, without timestamps of the device: kernels ` +
          `cannot be told apart`),
  );
  if (ceilings !== undefined) {
    lines.push(
      `This adapter reaches ${amount(ceilings.operationsPerSecond)}operations/s in registers and ` +
        `${amount(ceilings.bytesPerSecond)}B/s in a copy`,
    );
  }
  return lines.join("\n");
}

function cellsOf(row: ProfileRow): string[] {
  const { label, runs, seconds, share, bytes, operations } = row;
  const rate = (value: number) => seconds > 0 ? amount(value / seconds) : "-";
  return [
    ms(seconds),
    percent(share),
    String(runs),
    ms(seconds / runs),
    rate(operations),
    rate(bytes),
    ceilingOf(row),
    label,
  ];
}

/** The ceiling that is nearer, and how near. */
function ceilingOf({ arithmeticShare, bandwidthShare }: ProfileRow): string {
  if (arithmeticShare === undefined || bandwidthShare === undefined) return "-";
  return arithmeticShare > bandwidthShare
    ? `${percent(arithmeticShare)} arithmetic`
    : `${percent(bandwidthShare)} bandwidth`;
}

function ms(seconds: number): string {
  const value = 1000 * seconds;
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
