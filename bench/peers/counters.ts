/** Counts what a library does, at the surface of WebGPU: the same for every library. */

import type { Counters } from "../../gpu/mod.ts";

/** The methods that are counted, by their prototypes. */
type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Counts every call of WebGPU in this process from now on. Bytes are those of buffers that exist:
 * made and not destroyed.
 *
 * @returns The counts, which go on changing.
 */
export function counting(): Counters {
  const counters: Counters = {
    dispatches: 0,
    submits: 0,
    readbacks: 0,
    compiles: 0,
    buffersMade: 0,
    liveBytes: 0,
    peakBytes: 0,
  };
  after(GPUComputePassEncoder.prototype, "dispatchWorkgroups", () => counters.dispatches++);
  after(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", () => counters.dispatches++);
  after(GPUQueue.prototype, "submit", () => counters.submits++);
  after(GPUBuffer.prototype, "mapAsync", () => counters.readbacks++);
  after(GPUDevice.prototype, "createComputePipeline", () => counters.compiles++);
  after(GPUDevice.prototype, "createComputePipelineAsync", () => counters.compiles++);
  countBytes(counters);
  return counters;
}

function countBytes(counters: Counters) {
  const alive = new WeakSet<GPUBuffer>();
  after(GPUDevice.prototype, "createBuffer", (_, made) => {
    const buffer = made as GPUBuffer;
    alive.add(buffer);
    counters.buffersMade++;
    counters.liveBytes += buffer.size;
    counters.peakBytes = Math.max(counters.peakBytes, counters.liveBytes);
  });
  after(GPUBuffer.prototype, "destroy", (self) => {
    const buffer = self as GPUBuffer;
    if (alive.delete(buffer)) counters.liveBytes -= buffer.size;
  });
}

/** Calls `then` after every call of a method, with the object and what the method returned. */
function after(prototype: object, name: string, then: (self: unknown, result: unknown) => void) {
  const methods = prototype as Record<string, Method>;
  const method = methods[name];
  methods[name] = function (...args) {
    const result = method.apply(this, args);
    then(this, result);
    return result;
  };
}
