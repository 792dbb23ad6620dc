/** The state of a run to and from variables, and the check that it is the same run. */

import type { Variable } from "../../gpu/mod.ts";
import { ConfigError } from "../../gpu/errors.ts";
import { readState, type State, writeState } from "../../nn/state.ts";
import type { Checkpoint } from "../checkpoint.ts";
import type { Fingerprints } from "./fingerprint.ts";

/** Values of variables by name; one readback where there are any. */
export async function stateOf(variables: Record<string, Variable> = {}): Promise<State> {
  return Object.keys(variables).length > 0 ? await readState(mapOf(variables)) : {};
}

/** Sets a method's variables. */
export function loadMethod(variables: Record<string, Variable> = {}, state: State): void {
  writeState(mapOf(variables), state, "method");
}

function mapOf(variables: Record<string, Variable>): Map<string, Variable> {
  return new Map(Object.entries(variables));
}

/** What tells one run's data from another's. */
type DataOfRun = Pick<Checkpoint, "data" | "rows" | "teachers" | "scaling" | "fingerprints">;

const PARTS = {
  data: "the form of the data",
  rows: "the number of rows",
  teachers: "the teachers",
  scaling: "the values of inputs or features",
} satisfies Readonly<Partial<Record<keyof DataOfRun, string>>>;

const ROWS: Readonly<Record<keyof Fingerprints, string>> = {
  train: "an input or a label of a training row",
  val: "an input or a label of a validation row",
  test: "an input or a label of a test row",
  features: "a teacher's feature of a training row",
};

/**
 * Refuses to go on with other data than a run began with. A checkpoint without fingerprints says
 * nothing of single rows.
 *
 * @param before What the checkpoint says.
 * @param now What is there now.
 * @throws {ConfigError} Naming what differs.
 */
export function checkSameData(before: DataOfRun & { step: number }, now: DataOfRun): void {
  const refuse = (what: string, field: string, value: unknown) => {
    throw new ConfigError(
      `Cannot resume at step ${before.step}: ${what} changed since the run was left`,
      { field, value },
    );
  };
  for (const part of Object.keys(PARTS) as (keyof typeof PARTS)[]) {
    if (canonical(before[part]) === canonical(now[part])) continue;
    refuse(PARTS[part], part === "teachers" ? "features" : "data", now[part]);
  }
  if (before.fingerprints === undefined) return;
  for (const rows of Object.keys(ROWS) as (keyof Fingerprints)[]) {
    const found = now.fingerprints?.[rows];
    if (before.fingerprints[rows] === found) continue;
    refuse(ROWS[rows], rows === "features" ? "features" : "data", found);
  }
}

/** A value as JSON, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  );
}
