/** The demonstration's result as plain text. */

import type { DemoResult } from "./types.ts";
import { percent } from "./verdict.ts";

/**
 * Writes the result as lines for a terminal.
 *
 * @param result How it ended.
 * @returns Lines, joined.
 */
export function formatDemo(result: DemoResult): string {
  const { table, teachers, energy, verdict, trials } = result;
  const students = alignColumns([
    ["method", "beta", "test accuracy", "by seed", "cross-entropy"],
    ...table.map(({ method, beta, accuracies, mean, deviation, loss }) => [
      method,
      method === "stl" ? "-" : String(beta),
      percent(mean) + (deviation === null ? "" : ` +- ${(100 * deviation).toFixed(1)}`),
      accuracies.map((accuracy) => (100 * accuracy).toFixed(1)).join(" "),
      loss.toFixed(3),
    ]),
  ]);
  const known = alignColumns([
    ["teacher", "rho's energy", "columns", "own test", "probe", "what it knows"],
    ...teachers.map(({ name, accuracy, probe, summary }, i) => [
      name,
      percent(energy[i].share),
      percent(energy[i].columnShare),
      accuracy === null ? "-" : percent(accuracy),
      percent(probe),
      summary,
    ]),
  ]);
  return [
    students,
    ...trials.length > 0 ? [chosen(result)] : [],
    "",
    known,
    `probe: nearest class mean over the labelled images of seed 0; on pixels ${
      percent(result.pixels)
    }`,
    "",
    ...verdict,
    "",
    `report: ${result.report}`,
    `train this student from the files, and change what you like:`,
    `  ${result.command}`,
  ].join("\n");
}

function chosen({ trials, table, task }: DemoResult): string {
  const betas = [...new Set(trials.map(({ beta }) => beta))].join(", ");
  const kept = table.filter(({ method }) => trials.some((trial) => trial.method === method))
    .map(({ method, beta }) => `${method} ${beta}`).join(", ");
  return `beta: the one of ${betas} with the smallest cross-entropy on ${task.images.validation} ` +
    `validation images, seed 0 (${kept})`;
}

/** Columns as wide as their widest cell. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()
  ).join("\n");
}
