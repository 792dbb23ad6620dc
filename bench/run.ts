/** Runs the workloads that are asked for and prints a line for each. */

import { nearestName } from "../aft/nearest.ts";
import { type Bench, type Line, measure, type Subject } from "./measure.ts";

/** Where lines go. */
export interface Output {
  print(line: string): void;
  complain(line: string): void;
}

/** Largest relative distance of the first loss from its value in float64. */
const TOLERANCE = 1e-5;

/** What the table without `--json` shows. */
const COLUMNS = [
  "workload",
  "msPerStep",
  "msMin",
  "msMax",
  "firstStepMs",
  "gflops",
  "dispatches",
  "submits",
  "readbacks",
  "compiles",
  "buffersMade",
  "rssMb",
] as const;

/**
 * Runs the named workloads, or all.
 *
 * @param args `--json` and names.
 * @param known The workloads of one engine.
 * @param subject What is measured.
 * @param output Where lines go.
 * @returns The exit code: 1 where a first loss is wrong, 2 for a name that is not in the table.
 */
export async function run(
  args: readonly string[],
  known: readonly Bench[],
  subject: Subject,
  { print, complain }: Output,
): Promise<number> {
  const asJson = args.includes("--json");
  const names = args.filter((arg) => arg !== "--json");
  const refusal = refusalOf(names, known);
  if (refusal !== undefined) {
    complain(refusal);
    return 2;
  }
  if (!asJson) print(row(COLUMNS));
  let code = 0;
  for (const workload of known) {
    if (names.length > 0 && !names.includes(workload.name)) continue;
    const line = await measure(workload, subject);
    print(asJson ? JSON.stringify(line) : row(COLUMNS.map((name) => String(line[name]))));
    if (isRight(workload, line)) continue;
    complain(
      `${workload.name} is wrong: its first loss is ${line.loss1}, not ${workload.loss1} within ${TOLERANCE} of it`,
    );
    code = 1;
  }
  return code;
}

/**
 * Why names cannot be run.
 *
 * @param names Names that are asked for.
 * @param workloads Those that there are.
 * @returns One sentence, with the nearest name; undefined where all are known.
 */
export function refusalOf(
  names: readonly string[],
  workloads: readonly Pick<Bench, "name">[],
): string | undefined {
  const known = workloads.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const nearest = nearestName(unknown, known);
  const guess = nearest === undefined ? "" : `did you mean ${nearest}? `;
  return `Cannot run workload ${unknown}: ${guess}Known are ${known.join(", ")}`;
}

/** A loss that is not a number is wrong. */
function isRight({ loss1 }: Bench, line: Line): boolean {
  return Math.abs(line.loss1 - loss1) <= TOLERANCE * Math.abs(loss1);
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => i === 0 ? cell.padEnd(9) : cell.padStart(11)).join(" ");
}
