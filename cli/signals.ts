/** Ctrl-C: the first asks a command to stop after its step, the second stops at once. */

import { INTERRUPTED } from "./command.ts";
import type { Output } from "./output.ts";

/** Windows knows no SIGTERM. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * Runs something that stops in good order when it is asked to: by Ctrl-C, by SIGTERM, or because
 * nobody reads its output any more.
 *
 * @param output Where the command writes.
 * @param action What is run; its signal aborts once.
 * @returns What `action` gives.
 */
export async function interruptible<T>(
  output: Output,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const asked = new AbortController();
  const onSignal = () => {
    if (asked.signal.aborted) Deno.exit(INTERRUPTED);
    output.note("Stopping after this step; once more stops at once");
    asked.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  try {
    return await action(AbortSignal.any([asked.signal, output.closed]));
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
  }
}
