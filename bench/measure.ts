/** Runs one workload on a device of its own and measures it. */

import { type Counters, type Gpu, openGpu, read, slice } from "../gpu/mod.ts";
import type { Model, Workload } from "./workload.ts";

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

/** Milliseconds that all groups take together, at least. */
const TOTAL = 1500;
/** Groups of steps; odd, so that one of them is the median. */
const GROUPS = 7;

/**
 * Measures a workload. It opens the device and closes it again, so that nothing of one workload is
 * counted for the next.
 *
 * @param workload What is run.
 * @param subject Name and version of the library, and the process it runs in.
 */
export async function measure(workload: Workload, subject: Subject): Promise<Line> {
  const make = workload.prepare();
  const gpu = await openGpu();
  try {
    const start = performance.now();
    const model = make();
    model.step();
    const loss1 = await firstOf(model);
    const firstStepMs = performance.now() - start;
    const counters = await steadyStep(model, gpu);
    const times = await groupTimes(model, gpu);
    const [msMin, msPerStep, msMax] = [times[0], times[GROUPS >> 1], times[GROUPS - 1]].map(round);
    return {
      lib: subject.lib,
      version: subject.version,
      adapter: gpu.info.description || gpu.info.device || gpu.info.vendor,
      workload: workload.name,
      msPerStep,
      msMin,
      msMax,
      firstStepMs: round(firstStepMs),
      gflops: round(workload.flops / times[GROUPS >> 1] / 1e6),
      ...counters,
      rssMb: Math.round(subject.peakMb()),
      loss1,
    };
  } finally {
    gpu.close();
  }
}

async function firstOf({ loss }: Model): Promise<number> {
  const first = slice(loss, loss.shape.map(() => 0), loss.shape.map(() => 1));
  return (await read([first]))[0][0];
}

/** What one step does once everything has been seen twice. */
async function steadyStep(model: Model, gpu: Gpu): Promise<Counters> {
  for (let i = 0; i < 2; i++) model.step();
  await gpu.settled();
  const before = { ...gpu.counters };
  model.step();
  await gpu.settled();
  const { dispatches, submits, readbacks, compiles, buffersMade, liveBytes, peakBytes } =
    gpu.counters;
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
async function groupTimes(model: Model, gpu: Gpu): Promise<number[]> {
  const guess = await timeOf(model, gpu, 1);
  const steps = Math.max(1, Math.ceil(TOTAL / GROUPS / guess));
  const times: number[] = [];
  for (let i = 0; i < GROUPS; i++) times.push(await timeOf(model, gpu, steps));
  return times.sort((a, b) => a - b);
}

async function timeOf(model: Model, gpu: Gpu, steps: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < steps; i++) model.step();
  await gpu.settled();
  return (performance.now() - start) / steps;
}

/** Four digits: more is noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
