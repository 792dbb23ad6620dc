/** Long work that keeps the thread to itself, done bit by bit so that others get a turn. */

/** How far a work is. */
export interface WorkStep {
  /** Parts that are done, from 1. */
  readonly done: number;
  /** Parts at most; it may end earlier. */
  readonly of: number;
}

/** Is told how far a work is. */
export type Told = (step: WorkStep) => void;

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

/** A work that tells what happens by a call, as one that yields it; its result or error comes last. */
export async function* followed<B, T>(
  work: (tell: (bit: B) => void) => Promise<T>,
): AsyncGenerator<B, T> {
  const told: B[] = [];
  let wake = () => {};
  const result = work((bit) => {
    told.push(bit);
    wake();
  });
  let isOver = false;
  const over = () => {
    isOver = true;
    wake();
  };
  result.then(over, over);
  while (true) {
    yield* told.splice(0);
    if (told.length > 0) continue; // told of while the last ones were taken
    if (isOver) return await result;
    await new Promise<void>((resolve) => wake = resolve);
  }
}
