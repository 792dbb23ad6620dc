/** Times what plans send to the device while a profile is taken. */

import type { Device } from "./device.ts";
import type { Figures } from "./plan/figures.ts";

/** A kernel as the profiler sees it. */
export interface TimedKernel {
  readonly label: string;
  readonly figures: Figures;
}

/** One submit that was recorded; times are milliseconds of `performance.now()`. */
export interface RecordedSubmit {
  readonly kernels: readonly TimedKernel[];
  /** When the host sent it. */
  readonly sent: number;
  /** When the device was done with it. */
  done: number;
  /** Start and end of each kernel in nanoseconds of the device's own clock. */
  stamps?: readonly (readonly [start: number, end: number])[];
}

const RESOLVE = 0x200 | 0x4; // QUERY_RESOLVE | COPY_SRC
const MAP = 0x1 | 0x8; // MAP_READ | COPY_DST
/** Queries that one set may hold. */
const MOST_QUERIES = 4096;

/** What a profile records of the plans that run meanwhile. */
export class Profiler {
  readonly submits: RecordedSubmit[] = [];
  /** Submits that came after the limit was reached. */
  skipped = 0;
  readonly #waiting: Promise<void>[] = [];

  /**
   * @param gpu The device.
   * @param stamped Whether each kernel is timed by the device.
   * @param limit Submits to record, at most.
   */
  constructor(readonly gpu: Device, readonly stamped: boolean, readonly limit: number) {}

  /** A recording of the next submit; undefined where there are enough. */
  open(kernels: readonly TimedKernel[]): Recording | undefined {
    if (this.submits.length === this.limit) {
      this.skipped++;
      return undefined;
    }
    return new Recording(this, kernels);
  }

  /** Takes in a submit whose times are on their way. */
  add(submit: RecordedSubmit, times: Promise<void>): void {
    this.submits.push(submit);
    this.#waiting.push(times);
  }

  /** Waits for the times of all submits. */
  async settled(): Promise<void> {
    await Promise.all(this.#waiting.splice(0));
  }
}

/** Times of one submit. */
export class Recording {
  readonly #profiler: Profiler;
  readonly #kernels: readonly TimedKernel[];
  readonly #queries: GPUQuerySet | undefined;
  readonly #buffers: GPUBuffer[] = [];

  constructor(profiler: Profiler, kernels: readonly TimedKernel[]) {
    this.#profiler = profiler;
    this.#kernels = kernels;
    const count = 2 * kernels.length;
    if (profiler.stamped && count > 0 && count <= MOST_QUERIES) {
      this.#queries = profiler.gpu.device.createQuerySet({ type: "timestamp", count });
    }
  }

  /** What the pass of kernel `i`, which runs alone in it, has to say. */
  pass(i: number): GPUComputePassDescriptor {
    const querySet = this.#queries;
    if (querySet === undefined) return {};
    return {
      timestampWrites: {
        querySet,
        beginningOfPassWriteIndex: 2 * i,
        endOfPassWriteIndex: 2 * i + 1,
      },
    };
  }

  /** Brings the times to where the host can read them; call it before the encoder is finished. */
  resolve(encoder: GPUCommandEncoder): void {
    if (this.#queries === undefined) return;
    const { gpu } = this.#profiler;
    const bytes = 16 * this.#kernels.length;
    const [from, to] = [RESOLVE, MAP].map((usage) => gpu.make(256 * Math.ceil(bytes / 256), usage));
    this.#buffers.push(from, to);
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#kernels.length, from, 0);
    encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
  }

  /** Call it right after the submit. */
  sent(): void {
    const { queue } = this.#profiler.gpu.device;
    const submit: RecordedSubmit = { kernels: this.#kernels, sent: performance.now(), done: NaN };
    const done = queue.onSubmittedWorkDone().then(() => {
      submit.done = performance.now();
    });
    this.#profiler.add(submit, done.then(() => this.#read(submit)));
  }

  async #read(submit: RecordedSubmit): Promise<void> {
    const [, buffer] = this.#buffers;
    if (buffer === undefined) return;
    await buffer.mapAsync(0x1);
    const stamps = new BigInt64Array(buffer.getMappedRange().slice(0, 16 * this.#kernels.length));
    // Counted from an arbitrary start, below 2^53 nanoseconds for a hundred days.
    submit.stamps = this.#kernels.map((_, i) => [Number(stamps[2 * i]), Number(stamps[2 * i + 1])]);
    buffer.unmap();
    this.#buffers.forEach((own) => this.#profiler.gpu.destroy(own));
    this.#queries!.destroy();
  }
}
