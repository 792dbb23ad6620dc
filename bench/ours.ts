/** This engine, as the benchmarks run it. */

import { type Gpu, openGpu, read, slice } from "../gpu/mod.ts";
import type { Bench, Session, Steps } from "./measure.ts";
import type { Model, Workload } from "./workload.ts";

/** A workload of this engine, ready to be measured. */
export function ours(workload: Workload): Bench {
  return {
    ...workload,
    async open() {
      const make = workload.prepare();
      return sessionOf(await openGpu(), make);
    },
  };
}

/** Name of the device and its driver. */
export function adapterName({ info }: Gpu): string {
  return info.description || info.device || info.vendor;
}

function sessionOf(gpu: Gpu, make: () => Model): Session {
  return {
    adapter: adapterName(gpu),
    counters: gpu.counters,
    start: () => stepsOf(make()),
    settled: () => gpu.settled(),
    close: () => gpu.close(),
  };
}

function stepsOf({ step, loss }: Model): Steps {
  return {
    step,
    async loss() {
      const first = slice(loss, loss.shape.map(() => 0), loss.shape.map(() => 1));
      return (await read([first]))[0][0];
    },
  };
}
