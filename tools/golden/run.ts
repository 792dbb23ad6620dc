/** Runs everything of a golden folder. */

import { runCase } from "./case.ts";
import type { Outcome } from "./check.ts";
import type { Entry, Folder } from "./form.ts";
import { runLogme } from "./logme.ts";
import { refuse } from "./json.ts";
import { type GoldenMethod, goldenMethods } from "./methods.ts";
import { errorTable, failures, succeeded } from "./report.ts";
import { runTrajectory } from "./trajectory.ts";

/** How many cases and trajectories agreed with the reference, and how many did not. */
export interface Counts {
  passed: number;
  failed: number;
}

/** Runs a folder and prints what was reached. */
export async function runFolder(folder: Folder, print: (line: string) => void): Promise<Counts> {
  const cases = await runAll(folder.cases, runCase);
  const trajectories = await runAll(folder.trajectories, runTrajectory);
  const logme: Outcome[] = [];
  for (const entry of folder.logme) logme.push(await runLogme(entry));
  const lines = [
    `${folder.path}: ran ${cases.length} cases and ${trajectories.length} trajectories in float32, ${logme.length} sets of LogME in float64`,
  ];
  const parts: [string, Outcome[]][] = [
    ["Cases", cases],
    ["Trajectories", trajectories],
    ["LogME", logme],
  ];
  for (const [title, outcomes] of parts) {
    if (outcomes.length > 0) lines.push("", title, ...errorTable(outcomes));
  }
  const outcomes = [...cases, ...trajectories, ...logme];
  lines.push("", ...failures(outcomes));
  lines.forEach((line) => print(line));
  const passed = outcomes.filter(succeeded).length;
  return { passed, failed: outcomes.length - passed };
}

/** The entry of a golden method; a name without one is no case that could pass. */
function methodOf({ method, fields }: Entry): GoldenMethod {
  if (Object.hasOwn(goldenMethods, method)) return goldenMethods[method];
  const known = Object.keys(goldenMethods).join(", ");
  return refuse(fields.file, fields.place, `method ${method} is none of ${known}`);
}

async function runAll(
  entries: readonly Entry[],
  run: (entry: Entry, golden: GoldenMethod) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const entry of entries) outcomes.push(await run(entry, methodOf(entry)));
  return outcomes;
}
