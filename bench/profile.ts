/** Where the time of a workload goes, kernel by kernel. */

import { type Gpu, openGpu, type Profile, profile } from "../gpu/mod.ts";
import { adapterName } from "./ours.ts";
import { type Output, refusalOf } from "./run.ts";
import type { Model, Workload } from "./workload.ts";

/** Milliseconds of steps that a profile is taken of, about. */
const STRETCH = 1000;
/** Fewest and most steps of a profile; each is one submit, and a profile keeps 100. */
const STEPS = [3, 100] as const;

/** Where lines go, and files. */
export interface ProfileOutput extends Output {
  /** Writes a file as a whole. */
  write(path: string, text: string): Promise<void>;
}

/**
 * Profiles the named workloads, or all: steps that have been seen before, so that nothing is compiled.
 *
 * @param args `--profile`, `--json`, `--trace=FOLDER` and names.
 * @param known The workloads of this engine.
 * @param output Where lines and trace files go: a table for each workload, or one line of JSON.
 * @returns The exit code: 2 for a name that is not in the table.
 */
export async function runProfiles(
  args: readonly string[],
  known: readonly Workload[],
  { print, complain, write }: ProfileOutput,
): Promise<number> {
  const { asJson, folder, names } = requestOf(args);
  const refusal = refusalOf(names, known);
  if (refusal !== undefined) {
    complain(refusal);
    return 2;
  }
  for (const workload of known) {
    if (names.length > 0 && !names.includes(workload.name)) continue;
    const { adapter, steps, found } = await profileOf(workload);
    const { table, trace, ...facts } = found;
    if (asJson) print(JSON.stringify({ workload: workload.name, adapter, steps, ...facts }));
    else print(`${workload.name}, ${steps} steps on ${adapter}\n${table}\n`);
    if (folder === undefined) continue;
    const path = `${folder}/${workload.name}.trace.json`;
    await write(path, trace);
    if (!asJson) print(`Trace ${path}\n`);
  }
  return 0;
}

const TRACE = "--trace=";

function requestOf(args: readonly string[]) {
  const trace = args.find((arg) => arg.startsWith(TRACE));
  return {
    asJson: args.includes("--json"),
    folder: trace?.slice(TRACE.length).replace(/[/\\]+$/, "") || undefined,
    names: args.filter((arg) => arg !== "--json" && arg !== "--profile" && arg !== trace),
  };
}

/** The profile of one workload, on a device of its own. */
async function profileOf({ prepare }: Workload) {
  const make = prepare();
  const gpu = await openGpu();
  try {
    const model = make();
    const milliseconds = await warmUp(model, gpu);
    const steps = Math.max(STEPS[0], Math.min(STEPS[1], Math.round(STRETCH / milliseconds)));
    const found: Profile = await profile(() => {
      for (let i = 0; i < steps; i++) model.step();
    }, { submits: steps });
    return { adapter: adapterName(gpu), steps, found };
  } finally {
    gpu.close();
  }
}

/** Milliseconds of a step once two have been taken. */
async function warmUp({ step }: Model, gpu: Gpu): Promise<number> {
  for (let i = 0; i < 2; i++) step();
  await gpu.settled();
  const start = performance.now();
  step();
  await gpu.settled();
  return performance.now() - start;
}
