/** A profile as Chrome's trace-event JSON, which Perfetto and chrome://tracing open. */

import type { RecordedSubmit } from "./profiler.ts";

/** One event of a trace; times are microseconds. */
type TraceEvent = Record<string, unknown>;

/** Threads of the trace, by number. */
const THREADS = ["", "submits, by the host's clock", "kernels, by the device's clock"];

/**
 * All submits, and their kernels where they were timed, as complete events.
 *
 * @param submits What was recorded.
 * @param start When the profile began, in milliseconds of `performance.now()`.
 */
export function profileTrace(submits: readonly RecordedSubmit[], start: number): string {
  const shift = shiftOf(submits);
  const events = submits.flatMap((submit, i) => [
    submitEvent(submit, submits[i - 1], i, start),
    ...kernelEvents(submit, start, shift),
  ]);
  const names: TraceEvent[] = [
    { ph: "M", pid: 1, name: "process_name", args: { name: "aft" } },
    ...THREADS.flatMap((name, tid) =>
      tid === 0 ? [] : [{ ph: "M", pid: 1, tid, name: "thread_name", args: { name } }]
    ),
  ];
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents: [...names, ...events] });
}

/**
 * What brings the device's nanoseconds to the host's milliseconds: the least shift that lets no
 * submit begin before it was sent.
 */
function shiftOf(submits: readonly RecordedSubmit[]): number {
  const shifts = submits.flatMap(({ sent, stamps }) =>
    stamps?.length ? [sent - stamps[0][0] / 1e6] : []
  );
  return shifts.reduce((most, shift) => Math.max(most, shift), -Infinity);
}

function submitEvent(
  { kernels, sent, done }: RecordedSubmit,
  before: RecordedSubmit | undefined,
  i: number,
  start: number,
): TraceEvent {
  const begin = Math.max(sent, before?.done ?? 0); // one follows the other on the device
  return {
    ...{ ph: "X", pid: 1, tid: 1, cat: "submit", name: `submit ${i}` },
    ts: 1000 * (begin - start),
    dur: 1000 * Math.max(0, done - begin),
    args: { kernels: kernels.length, sent: sent - start },
  };
}

function kernelEvents(
  { kernels, stamps }: RecordedSubmit,
  start: number,
  shift: number,
): TraceEvent[] {
  if (stamps === undefined) return [];
  return kernels.map(({ label, figures }, i) => {
    const { ops, bytesRead, bytesWritten, operations } = figures;
    const [begin, end] = stamps[i];
    return {
      ...{ ph: "X", pid: 1, tid: 2, cat: "kernel", name: label },
      ts: 1000 * (begin / 1e6 + shift - start),
      dur: Math.max(0, end - begin) / 1000,
      args: { ops: ops.join(", "), bytesRead, bytesWritten, operations },
    };
  });
}
