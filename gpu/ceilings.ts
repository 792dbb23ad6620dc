/** The most that the adapter reaches, measured by short kernels: what figures are held against. */

import { currentDevice, type Device } from "./device.ts";

/** The most that an adapter was seen to reach. */
export interface Ceilings {
  /** Multiplications and additions per second in registers, f32; a multiply-add counts as two. */
  readonly operationsPerSecond: number;
  /** Bytes per second that a copy reads and writes, both counted. */
  readonly bytesPerSecond: number;
}

/** A measurement takes at least this long. */
const SECONDS = 0.03;
const THREADS = 64;
/** Workgroups of the arithmetic kernels: enough to fill a large adapter. */
const GROUPS = 1024;
/** Statements of one round of the arithmetic kernels' loop. */
const UNROLLED = 4;
/** Bytes that are copied, where the adapter takes buffers of that size: more than caches hold. */
const COPIED = 2 ** 26;

/** Kernels of one chain of multiply-adds per accumulator; adapters differ in which is fastest. */
const ARITHMETIC = [
  { type: "f32", width: 1, accumulators: 8 },
  { type: "vec4<f32>", width: 4, accumulators: 4 },
] as const;

/**
 * Measures the adapter: multiply-adds in registers, and a copy from memory to memory. Takes
 * a second or less on a graphics card, two on a software adapter, and 128 MiB for that time.
 *
 * @returns Both rates.
 * @throws {GpuError} Where no GPU is open, or it fails.
 *
 * @example
 * ```ts
 * import { measureCeilings, openGpu } from "@aft/aft/gpu";
 * import { assert } from "@std/assert";
 *
 * await openGpu();
 * const { operationsPerSecond, bytesPerSecond } = await measureCeilings();
 * assert(operationsPerSecond > 0 && bytesPerSecond > 0);
 * ```
 */
export async function measureCeilings(): Promise<Ceilings> {
  const gpu = currentDevice();
  let operationsPerSecond = 0;
  for (const kernel of ARITHMETIC) {
    operationsPerSecond = Math.max(operationsPerSecond, await arithmeticRate(gpu, kernel));
  }
  return { operationsPerSecond, bytesPerSecond: await copyRate(gpu) };
}

async function arithmeticRate(
  gpu: Device,
  { type, width, accumulators }: typeof ARITHMETIC[number],
): Promise<number> {
  const names = Array.from({ length: accumulators }, (_, i) => `a${i}`);
  const step = names.map((name) => `${name} = ${name} * scale + shift;`).join(" ");
  // Rounds and factors come from memory, so that nothing can be worked out while compiling.
  const source = `@group(0) @binding(0) var<uniform> params: vec4<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<${type}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let scale = ${type}(bitcast<f32>(params.y));
  let shift = ${type}(bitcast<f32>(params.z));
  ${names.map((name, i) => `var ${name} = ${type}(f32(id.x + ${i}u));`).join("\n  ")}
  for (var round = 0u; round < params.x; round++) {
    ${Array(UNROLLED).fill(step).join("\n    ")}
  }
  out[id.x] = ${names.join(" + ")};
}`;
  const bytes = 4 * width * THREADS * GROUPS;
  const out = gpu.take(bytes);
  const perRound = 2 * width * accumulators * UNROLLED * THREADS * GROUPS;
  const words = new Uint32Array(4);
  new Float32Array(words.buffer).set([0.999, 0.001], 1);
  try {
    return await rate(gpu, { source, buffers: [out], reads: 0, groups: GROUPS }, (times) => {
      words[0] = times;
      return { words, dispatches: 1, amount: times * perRound };
    });
  } finally {
    gpu.release(out, bytes);
  }
}

async function copyRate(gpu: Device): Promise<number> {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const bytes = Math.min(COPIED, maxStorageBufferBindingSize, maxBufferSize);
  const source = `@group(0) @binding(0) var<uniform> params: vec4<u32>;
@group(0) @binding(1) var<storage, read> given: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) wide: vec3<u32>) {
  let i = id.y * wide.x * ${THREADS}u + id.x;
  if (i < params.x) { out[i] = given[i]; }
}`;
  const buffers = [gpu.make(bytes, STORAGE), gpu.make(bytes, STORAGE)];
  const words = Uint32Array.of(bytes / 16, 0, 0, 0);
  const groups = Math.ceil(bytes / 16 / THREADS);
  try {
    return await rate(gpu, { source, buffers, reads: 1, groups }, (times) => ({
      ...{ words, dispatches: times, amount: times * 2 * bytes },
    }));
  } finally {
    buffers.forEach((buffer) => gpu.destroy(buffer));
  }
}

const STORAGE = 0x80;
/** Workgroups along one axis, at most. */
const MOST_GROUPS = 65535;

interface Work {
  source: string;
  buffers: readonly GPUBuffer[];
  reads: number;
  groups: number;
}

interface Round {
  words: Uint32Array<ArrayBuffer>;
  dispatches: number;
  amount: number;
}

/** Amount per second of a kernel, of which more and more is done until it takes long enough. */
async function rate(gpu: Device, work: Work, roundOf: (times: number) => Round): Promise<number> {
  const { source, buffers, reads, groups } = work;
  const { pipeline, layout } = gpu.compile(source, "ceiling", reads, buffers.length - reads);
  const params = gpu.make(256, 0x8 | 0x40); // COPY_DST | UNIFORM
  const entries = [params, ...buffers].map((buffer, binding) => ({
    binding,
    resource: { buffer },
  }));
  const bindings = gpu.device.createBindGroup({ layout, entries });
  const wide = Math.min(groups, MOST_GROUPS);
  const secondsOf = async ({ words, dispatches }: Round) => {
    gpu.device.queue.writeBuffer(params, 0, words);
    await gpu.settled();
    const start = performance.now();
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    for (let i = 0; i < dispatches; i++) {
      pass.dispatchWorkgroups(wide, Math.ceil(groups / wide));
    }
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
    await gpu.settled();
    return (performance.now() - start) / 1000;
  };
  try {
    await secondsOf(roundOf(1)); // compiles
    for (let times = 1;; times *= 2) {
      const round = roundOf(times);
      const seconds = await secondsOf(round);
      if (seconds >= SECONDS) return round.amount / Math.min(seconds, await secondsOf(round));
    }
  } finally {
    gpu.destroy(params);
  }
}
