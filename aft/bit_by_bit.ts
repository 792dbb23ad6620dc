/** Long work that keeps the thread to itself, done bit by bit so that others get a turn. */

/** How far a work is. */
export interface WorkStep {
  /** Parts that are done, from 1. */
  readonly done: number;
  /** Parts at most; it may end earlier. */
  readonly of: number;
}

/** Lets events in, such as Ctrl-C. */
export function yieldToEvents(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Does all of a work, without a turn for others. */
export function drained<T>(work: Generator<unknown, T>): T {
  let bit = work.next();
  while (!bit.done) bit = work.next();
  return bit.value;
}

/** A work with a turn for events after every bit, before it is told of. */
export async function* paced<B, T>(work: Generator<B, T>): AsyncGenerator<B, T> {
  let bit = work.next();
  while (!bit.done) {
    await yieldToEvents();
    yield bit.value;
    bit = work.next();
  }
  return bit.value;
}
