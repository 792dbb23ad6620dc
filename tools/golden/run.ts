/** Runs everything of a golden folder that this package has a method for. */

import { isTensorProduct, runCase } from "./case.ts";
import type { Outcome } from "./check.ts";
import type { Entry, Folder } from "./form.ts";
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
  const products = folder.cases.filter(isTensorProduct);
  const plain = folder.cases.filter((entry) => !isTensorProduct(entry));
  const cases = await runKnown(plain, runCase);
  const trajectories = await runKnown(folder.trajectories, runTrajectory);
  const lines = [
    `${folder.path}: ran ${cases.length} of ${folder.cases.length} cases and ${trajectories.length} of ${folder.trajectories.length} trajectories in float32`,
  ];
  const parts: [string, Outcome[]][] = [["Cases", cases], ["Trajectories", trajectories]];
  for (const [title, outcomes] of parts) {
    if (outcomes.length > 0) lines.push("", title, ...errorTable(outcomes));
  }
  const absent = [
    notThereYet("cases of other methods", plain.filter(isUnknown)),
    notThereYet("tensor-product cases", products),
    notThereYet("trajectories", folder.trajectories.filter(isUnknown)),
    folder.logme === 0 ? undefined : `Not there yet: ${folder.logme} sets of logme`,
  ];
  const outcomes = [...cases, ...trajectories];
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
