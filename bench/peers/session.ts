/** What every peer's session has. */

import type { Session } from "../measure.ts";
import { counting } from "./counters.ts";

/** Counts from before the first library has opened its device. */
const counters = counting();

/** What a peer says itself. */
export type PeerSession = Pick<Session, "start" | "settled">;

/**
 * A session on a peer's device. A mistake that WebGPU reports as an event ends it at the next wait:
 * work that was refused costs no time and must not be counted as done.
 */
export function sessionOf(device: GPUDevice, { start, settled }: PeerSession): Session {
  const mistakes: string[] = [];
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    mistakes.push((event as GPUUncapturedErrorEvent).error.message);
  });
  return {
    adapter: device.adapterInfo.description || device.adapterInfo.device,
    counters,
    start,
    async settled() {
      await settled();
      if (mistakes.length > 0) throw new Error(mistakes[0]);
    },
    close: () => device.destroy(),
  };
}
