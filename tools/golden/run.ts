/** Runs everything of a golden folder that this package has a method for. */

import { runCase } from "./case.ts";
import type { Outcome } from "./check.ts";
import type { Entry, Folder } from "./form.ts";
import { runLogme } from "./logme.ts";
import { type GoldenMethod, goldenMethod } from "./methods.ts";
import { errorTable, failures, notThereYet, succeeded } from "./report.ts";
import { runTrajectory } from "./trajectory.ts";

/** How many cases and trajectories agreed with the reference, and how many did not. */
export interface Counts {
  passed: number;
  failed: number;
}

/** Runs a folder and prints what was reached. */
export async function runFolder(folder: Folder, print: (line: string) => void): Promise<Counts> {
  const cases = await runKnown(folder.cases, runCase);
  const trajectories = await runKnown(folder.trajectories, runTrajectory);
  const logme: Outcome[] = [];
  for (const entry of folder.logme) logme.push(await runLogme(entry));
  const lines = [
    `${folder.path}: ran ${cases.length} of ${folder.cases.length} cases and ${trajectories.length} of ${folder.trajectories.length} trajectories in float32, ${logme.length} sets of LogME in float64`,
  ];
  const parts: [string, Outcome[]][] = [
    ["Cases", cases],
    ["Trajectories", trajectories],
    ["LogME", logme],
  ];
  for (const [title, outcomes] of parts) {
    if (outcomes.length > 0) lines.push("", title, ...errorTable(outcomes));
  }
  const absent = [
    notThereYet("cases of other methods", folder.cases.filter(isUnknown)),
    notThereYet("trajectories", folder.trajectories.filter(isUnknown)),
  ];
  const outcomes = [...cases, ...trajectories, ...logme];
  lines.push("", ...absent.filter((line) => line !== undefined), ...failures(outcomes));
  lines.forEach((line) => print(line));
  const passed = outcomes.filter(succeeded).length;
  return { passed, failed: outcomes.length - passed };
}

function isUnknown({ method }: Entry): boolean {
  return goldenMethod(method) === undefined;
}

async function runKnown(
  entries: readonly Entry[],
  run: (entry: Entry, golden: GoldenMethod) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const entry of entries) {
    const golden = goldenMethod(entry.method);
    if (golden !== undefined) outcomes.push(await run(entry, golden));
  }
  return outcomes;
}
