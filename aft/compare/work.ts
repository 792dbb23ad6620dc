/** Does many runs, several at a time. */

import type { RunResult, RunSpec } from "./types.ts";

/** Something that does one run at a time: here, or in a worker. */
export interface Hand {
  /** Does a run; gives undefined where it was stopped. */
  run(
    spec: RunSpec,
    options: { signal?: AbortSignal; told?: (step: number) => void },
  ): Promise<RunResult | undefined>;
}

/** What happens while runs are done. */
export type WorkEvent =
  | { readonly kind: "step"; readonly spec: RunSpec; readonly step: number }
  | { readonly kind: "result"; readonly spec: RunSpec; readonly result: RunResult }
  | { readonly kind: "there"; readonly spec: RunSpec }
  | { readonly kind: "error"; readonly spec: RunSpec; readonly error: unknown };

/** How runs are done. */
export interface WorkOptions {
  /** Stops them. */
  readonly signal?: AbortSignal;
  /** Whether a run is finished already, asked just before it would begin. */
  readonly isThere?: (spec: RunSpec) => Promise<boolean>;
}

/**
 * Does runs in their order, as many at a time as there are hands. A run that throws is told, and
 * the others go on.
 *
 * @param hands Who does them.
 * @param specs The runs.
 * @param options Stop signal, and which are there.
 * @returns What happens, until all are done or stopped.
 */
export async function* work(
  hands: readonly Hand[],
  specs: readonly RunSpec[],
  { signal, isThere }: WorkOptions = {},
): AsyncGenerator<WorkEvent> {
  const left = new AbortController(); // aborts where nobody listens any more
  const stop = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
  const queue = [...specs];
  const channel = new Channel<WorkEvent>();
  const doAll = async (hand: Hand) => {
    for (let spec = queue.shift(); spec !== undefined; spec = queue.shift()) {
      if (stop.aborted) return;
      channel.push(await doOne(hand, spec, channel, { signal: stop, isThere }));
    }
  };
  const all = Promise.all(hands.map(doAll)).finally(() => channel.close());
  try {
    yield* channel.values();
  } finally {
    left.abort();
    await all;
  }
}

async function doOne(
  hand: Hand,
  spec: RunSpec,
  channel: Channel<WorkEvent>,
  { signal, isThere }: WorkOptions,
): Promise<WorkEvent | undefined> {
  try {
    if (await isThere?.(spec)) return { kind: "there", spec };
    const told = (step: number) => channel.push({ kind: "step", spec, step });
    const result = await hand.run(spec, { signal, told });
    return result && { kind: "result", spec, result };
  } catch (error) {
    return { kind: "error", spec, error };
  }
}

/** Values from several sides, in the order of their coming. */
class Channel<T> {
  readonly #values: T[] = [];
  #closed = false;
  #wake: () => void = () => {};

  push(value: T | undefined): void {
    if (value !== undefined) this.#values.push(value);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *values(): AsyncGenerator<T> {
    while (true) {
      while (this.#values.length > 0) yield this.#values.shift()!;
      if (this.#closed) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
