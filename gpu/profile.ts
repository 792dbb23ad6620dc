/** Where the time of a stretch of work goes, kernel by kernel. */

import { type Ceilings, measureCeilings } from "./ceilings.ts";
import { currentDevice, type Device } from "./device.ts";
import { GpuError } from "./errors.ts";
import { profileTable } from "./profile_table.ts";
import { profileTrace } from "./profile_trace.ts";
import { Profiler, type RecordedSubmit } from "./profiler.ts";

/** Settings of {@link profile}. */
export interface ProfileOptions {
  /** Submits to record, from the first; what comes after runs untimed. Default 100. */
  readonly submits?: number;
  /** Whether to time kernels by the device's own clock where it can; default true. */
  readonly timestamps?: boolean;
  /** Whether to measure the adapter's ceilings afterwards, a second or two; default true. */
  readonly ceilings?: boolean;
}

/** A kernel, or where kernels cannot be timed a submit, over all its runs. */
export interface ProfileRow {
  /** The kernel's label; of a submit the number of its kernels and the label of the first. */
  readonly label: string;
  /** Names of the ops that compute in it. */
  readonly ops: readonly string[];
  /** How often it ran. */
  readonly runs: number;
  /** Seconds of all runs together. */
  readonly seconds: number;
  /** Share of the seconds of all rows, from 0 to 1. */
  readonly share: number;
  /** Bytes that all runs had to read and to write. */
  readonly bytes: number;
  /** Multiplications, additions and what weighs as much in all runs, estimated from the ops. */
  readonly operations: number;
  /** Share of the adapter's arithmetic that was reached, 1 is all; missing without ceilings. */
  readonly arithmeticShare?: number;
  /** Share of the adapter's bandwidth that was reached; above 1 where caches served. */
  readonly bandwidthShare?: number;
}

/** What {@link profile} found. */
export interface Profile {
  /** What was timed: kernels by the device's clock, or whole submits by the host's. */
  readonly timed: "kernels" | "submits";
  /** Seconds of the whole stretch on the host, waiting included. */
  readonly seconds: number;
  /** Submits that were recorded. */
  readonly submits: number;
  /** Submits beyond those, which were not. */
  readonly skipped: number;
  /** Kernels, or submits, the slowest first. */
  readonly rows: readonly ProfileRow[];
  /** What the adapter reaches at most, where that was measured. */
  readonly ceilings?: Ceilings;
  /** The rows as a table for people. */
  readonly table: string;
  /** Chrome's trace-event JSON: open it in Perfetto or chrome://tracing. */
  readonly trace: string;
}

/**
 * Runs something and says where the device's time went. Every kernel is then a pass of its own, so
 * the whole takes a little longer than without; when no profile is taken nothing is spent on it.
 *
 * @param run What is profiled: it may take steps, read values, wait.
 * @param options How much is recorded.
 * @returns Kernels by time, a table and a trace.
 * @throws {GpuError} Where no GPU is open, another profile is being taken, or the device fails.
 *
 * @example
 * ```ts
 * import { matmul, ones, openGpu, profile, sum } from "@aft/aft/gpu";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const { rows, trace } = await profile(async () => {
 *   await sum(matmul(ones([64, 64]), ones([64, 64]))).item();
 * }, { ceilings: false });
 * assertEquals(rows.reduce((runs, row) => runs + row.runs, 0) > 0, true);
 * assert(JSON.parse(trace).traceEvents.length > rows.length);
 * ```
 */
export async function profile(
  run: () => unknown,
  options: ProfileOptions = {},
): Promise<Profile> {
  const gpu = currentDevice();
  const { submits = 100, timestamps = true, ceilings = true } = options;
  const stamped = timestamps && gpu.features.has("timestamp-query");
  const { recorded, skipped, seconds, start } = await record(gpu, run, stamped, submits);
  const found = ceilings ? await measureCeilings() : undefined;
  const timed = stamped ? "kernels" : "submits";
  const rows = rowsOf(recorded, stamped, found);
  const facts = {
    timed,
    seconds,
    submits: recorded.length,
    skipped,
    rows,
    ceilings: found,
  } as const;
  const { ceilings: _, ...rest } = facts;
  return {
    ...rest,
    ...found && { ceilings: found },
    table: profileTable(facts),
    trace: profileTrace(recorded, start),
  };
}

async function record(gpu: Device, run: () => unknown, stamped: boolean, limit: number) {
  if (gpu.profiler !== undefined) {
    throw new GpuError("Cannot take a profile within a profile: wait until the first one is done");
  }
  await gpu.settled(); // what was sent before is not part of it
  const profiler = gpu.profiler = new Profiler(gpu, stamped, limit);
  const start = performance.now();
  try {
    await run();
    await gpu.settled();
  } finally {
    gpu.profiler = undefined;
    await profiler.settled();
  }
  const seconds = (performance.now() - start) / 1000;
  return { recorded: profiler.submits, skipped: profiler.skipped, seconds, start };
}

/** Runs of one kernel, or one kind of submit. */
interface Timed {
  label: string;
  ops: readonly string[];
  seconds: number;
  bytes: number;
  operations: number;
}

function rowsOf(
  submits: readonly RecordedSubmit[],
  stamped: boolean,
  ceilings: Ceilings | undefined,
): ProfileRow[] {
  const runs = submits.flatMap((submit, i) =>
    stamped ? kernelRuns(submit) : [submitRun(submit, submits[i - 1])]
  );
  const total = runs.reduce((sum, { seconds }) => sum + seconds, 0);
  const groups = Map.groupBy(runs, ({ label }) => label);
  const rows = [...groups].map(([label, group]): ProfileRow => {
    const sum = (of: (run: Timed) => number) => group.reduce((all, run) => all + of(run), 0);
    const [seconds, bytes] = [sum((run) => run.seconds), sum((run) => run.bytes)];
    const operations = sum((run) => run.operations);
    return {
      ...{ label, ops: group[0].ops, runs: group.length, seconds, bytes, operations },
      share: total > 0 ? seconds / total : 0,
      ...ceilings && seconds > 0 && {
        arithmeticShare: operations / seconds / ceilings.operationsPerSecond,
        bandwidthShare: bytes / seconds / ceilings.bytesPerSecond,
      },
    };
  });
  return rows.sort((a, b) => b.seconds - a.seconds);
}

function kernelRuns({ kernels, stamps }: RecordedSubmit): Timed[] {
  return kernels.map(({ label, figures }, i) => {
    const { ops, bytesRead, bytesWritten, operations } = figures;
    // Clocks that drivers stop or set back must not give negative times.
    const seconds = stamps === undefined ? 0 : Math.max(0, stamps[i][1] - stamps[i][0]) / 1e9;
    return { label, ops, seconds, bytes: bytesRead + bytesWritten, operations };
  });
}

/** A submit lasts from when it was sent, or the one before was done, until it is done. */
function submitRun({ kernels, sent, done }: RecordedSubmit, before?: RecordedSubmit): Timed {
  const seconds = Math.max(0, done - Math.max(sent, before?.done ?? 0)) / 1000;
  const sum = (of: (kernel: RecordedSubmit["kernels"][number]) => number) =>
    kernels.reduce((all, kernel) => all + of(kernel), 0);
  return {
    label: kernels.length === 0
      ? "copies alone"
      : `${kernels.length} kernels from ${kernels[0].label}`,
    ops: [...new Set(kernels.flatMap(({ figures }) => figures.ops))],
    seconds,
    bytes: sum(({ figures }) => figures.bytesRead + figures.bytesWritten),
    operations: sum(({ figures }) => figures.operations),
  };
}
