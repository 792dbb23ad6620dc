/** Measures one workload on one engine, whichever it is. */

import type { Counters } from "../gpu/mod.ts";

/** One measured workload: the line that is printed as JSON. */
export interface Line {
  lib: string;
  version: string;
  adapter: string;
  workload: string;
  /** Median over groups of steps, each with one wait for the device. */
  msPerStep: number;
  msMin: number;
  msMax: number;
  /** From host data that is ready to the first loss on the host. */
  firstStepMs: number;
  gflops: number;
  dispatches: number;
  submits: number;
  readbacks: number;
  compiles: number;
  buffersMade: number;
  liveBytes: number;
  peakBytes: number;
  /** Peak of the process so far. */
  rssMb: number;
  loss1: number;
}

/** What is measured. */
export interface Subject {
  lib: string;
  version: string;
  /** Most memory that the process has held so far, in MB. */
  peakMb(): number;
}

/** A workload of one engine. */
export interface Bench {
  name: string;
  /** Multiplications and additions of one step. */
  flops: number;
  /** Loss of the first forward pass in float64, at the start weights. */
  loss1: number;
  /** Makes the data on the host and opens a device of its own. */
  open(): Promise<Session>;
}

/** An engine on a device of its own, with the data of one workload on the host. */
export interface Session {
  /** Name of the device and its driver. */
  readonly adapter: string;
  /** Counts since the device was opened. */
  readonly counters: Counters;
  /** Uploads the data and makes the model. */
  start(): Steps;
  /** Waits until the device has done everything. */
  settled(): Promise<void>;
  /** Closes the device. */
  close(): void;
}

/** A workload on the device. */
export interface Steps {
  /** Records and submits one step; does not wait. */
  step(): void;
  /** Loss of the last step; of a product, its first entry. */
  loss(): Promise<number>;
}

/** Milliseconds that all groups take together, at least. */
const TOTAL = 1500;
/** Groups of steps; odd, so that one of them is the median. */
const GROUPS = 7;
/** Groups of one step where seven of them would take more than twice as long as they must. */
const SLOW_GROUPS = 3;

/**
 * Measures a workload. It opens the device and closes it again, so that nothing of one workload is
 * counted for the next.
 *
 * @param bench What is run.
 * @param subject Name and version of the library, and the process it runs in.
 * @throws {Error} If the loss is higher after all steps than before: what does not learn is not
 *   the step that is to be measured. Of a product the first entry stays as it is.
 */
export async function measure(bench: Bench, subject: Subject): Promise<Line> {
  const session = await bench.open();
  try {
    const start = performance.now();
    const steps = session.start();
    steps.step();
    const loss1 = await steps.loss();
    const firstStepMs = performance.now() - start;
    const counters = await steadyStep(steps, session);
    const times = await groupTimes(steps, session);
    const median = times[times.length >> 1];
    const last = await steps.loss();
    if (!(last <= loss1)) throw new Error(`${bench.name} does not learn: ${loss1}, then ${last}`);
    return {
      lib: subject.lib,
      version: subject.version,
      adapter: session.adapter,
      workload: bench.name,
      msPerStep: round(median),
      msMin: round(times[0]),
      msMax: round(times.at(-1)!),
      firstStepMs: round(firstStepMs),
      gflops: round(bench.flops / median / 1e6),
      ...counters,
      rssMb: Math.round(subject.peakMb()),
      loss1,
    };
  } finally {
    session.close();
  }
}

/** What one step does once everything has been seen twice. */
async function steadyStep({ step }: Steps, session: Session): Promise<Counters> {
  for (let i = 0; i < 2; i++) step();
  await session.settled();
  const before = { ...session.counters };
  step();
  await session.settled();
  const { dispatches, submits, readbacks, compiles, buffersMade, liveBytes, peakBytes } =
    session.counters;
  return {
    dispatches: dispatches - before.dispatches,
    submits: submits - before.submits,
    readbacks: readbacks - before.readbacks,
    compiles: compiles - before.compiles,
    buffersMade: buffersMade - before.buffersMade,
    liveBytes,
    peakBytes,
  };
}

/** Milliseconds per step of every group, ascending. */
async function groupTimes(steps: Steps, session: Session): Promise<number[]> {
  const guess = await timeOf(steps, session, 1);
  const groups = guess * GROUPS > 2 * TOTAL ? SLOW_GROUPS : GROUPS;
  const count = Math.max(1, Math.ceil(TOTAL / groups / guess));
  const times: number[] = [];
  for (let i = 0; i < groups; i++) times.push(await timeOf(steps, session, count));
  return times.sort((a, b) => a - b);
}

async function timeOf({ step }: Steps, session: Session, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) step();
  await session.settled();
  return (performance.now() - start) / count;
}

/** Four digits: more is noise. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
