/** A moment for others, in work that keeps the thread to itself. */

/** Lets events in, such as Ctrl-C. */
export function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
