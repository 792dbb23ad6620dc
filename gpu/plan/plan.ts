/** A compiled request: the same work can be sent to the device again with new numbers. */

import { scalarType } from "../dtype.ts";
import type { CompiledKernel, Device } from "../device.ts";
import type { Vertex } from "../node.ts";
import type { Storage } from "../storage.ts";
import type { TimedKernel } from "../profiler.ts";
import { figuresOf } from "./figures.ts";
import type { Graph } from "./graph.ts";
import type { Kernel } from "./kernel_writer.ts";
import { type Arena, type Place, PlanMemory } from "./memory.ts";
import { schedule } from "./schedule.ts";
import { type Program, writeProgram } from "./write.ts";

/** One kernel run of a plan. */
interface Dispatch {
  kernel: Kernel;
  compiled: CompiledKernel;
  /** Where its params are. */
  params: GPUBufferBinding;
  groups: [number, number];
  /** Made for the storages of the request at hand. */
  bindings?: GPUBindGroup;
}

/** Where an output is to be copied once the kernels have run. */
export interface Delivery {
  handle: GPUBuffer;
  offset: number;
}

/** Params blocks start at multiples of this many words, the largest alignment that adapters ask for. */
const BLOCK_WORDS = 64;
/** Workgroups along one axis, at most; more wrap to a second axis. */
const MAX_GROUPS = 65535;

/** The kernels of a graph, for a device of such limits; nothing is compiled. */
export function programOf(graph: Graph, limits: GPUSupportedLimits, fuse: boolean): Program {
  const bindable = limits.maxStorageBuffersPerShaderStage;
  const maxReads = Math.min(bindable, 16) - 4;
  return writeProgram(schedule(graph, { maxReads, fuse }), bindable);
}

/** A plan, ready to run any number of times. */
export class Plan {
  readonly #gpu: Device;
  readonly #memory: PlanMemory;
  readonly #dispatches: Dispatch[];
  readonly #copies: Program["copies"];
  readonly #outputs: readonly Vertex[];
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #numbers: Float32Array<ArrayBuffer>;
  readonly #params: GPUBuffer | undefined;
  readonly #constants: { order: number; word: number; float: boolean }[] = [];
  readonly #boundaries: Program["boundaries"];
  /** Places of the request whose storages are bound; none is before the first. */
  #given: readonly Place[] | undefined;
  #timed: readonly TimedKernel[] | undefined;

  /** Schedules, writes and compiles everything that `graph` asks for. */
  constructor(gpu: Device, arena: Arena, graph: Graph, fuse: boolean) {
    this.#gpu = gpu;
    const program = programOf(graph, gpu.limits, fuse);
    this.#boundaries = program.boundaries;
    this.#memory = new PlanMemory(arena, program, graph);
    const { kernels } = program;
    const starts: number[] = [];
    let words = 0;
    for (const { params } of kernels) {
      starts.push(words);
      words += Math.ceil(params.length / BLOCK_WORDS) * BLOCK_WORDS;
    }
    this.#words = new Uint32Array(words);
    this.#numbers = new Float32Array(this.#words.buffer);
    this.#params = words === 0 ? undefined : gpu.make(4 * words, 0x8 | 0x40);
    kernels.forEach((kernel, i) => this.#placeParams(kernel, starts[i]));
    this.#dispatches = kernels.map((kernel, i) => this.#dispatch(kernel, starts[i]));
    this.#copies = program.copies;
    this.#outputs = graph.outputs;
    this.#setConstants(graph.vertices, true);
  }

  /** The kernels, in running order. */
  get kernels(): readonly Kernel[] {
    return this.#dispatches.map(({ kernel }) => kernel);
  }

  /** Sends the plan's work to the queue, with the numbers and storages of `graph`, as one submit. */
  run(graph: Graph, deliveries: readonly (Delivery | undefined)[]): void {
    const { device, counters } = this.#gpu;
    this.#setConstants(graph.vertices, false);
    this.#bind(graph.given);
    const encoder = device.createCommandEncoder();
    const recording = this.#gpu.profiler?.open(this.#timedKernels());
    let pass: GPUComputePassEncoder | undefined;
    this.#dispatches.forEach(({ compiled, bindings, groups }, i) => {
      pass ??= encoder.beginComputePass(recording?.pass(i));
      pass.setPipeline(compiled.pipeline);
      pass.setBindGroup(0, bindings!);
      pass.dispatchWorkgroups(...groups);
      if (recording === undefined) return;
      pass.end(); // times are those of passes: each kernel has its own
      pass = undefined;
    });
    pass?.end();
    const copy = (vertex: Vertex, to: Delivery) => {
      const from = this.#memory.placeOf(vertex, graph.given);
      encoder.copyBufferToBuffer(from.handle, from.offset, to.handle, to.offset, from.bytes);
    };
    for (const { value, storage } of this.#copies) copy(value, storage);
    deliveries.forEach((to, i) => to && copy(this.#outputs[i], to));
    recording?.resolve(encoder);
    device.queue.submit([encoder.finish()]);
    recording?.sent();
    counters.submits++;
    counters.dispatches += this.#dispatches.length;
  }

  /** The kernels with their figures, worked out once. */
  #timedKernels(): readonly TimedKernel[] {
    return this.#timed ??= this.kernels.map((kernel) => ({
      label: kernel.label,
      figures: figuresOf(kernel, (vertex) => this.#boundaries.has(vertex)),
    }));
  }

  /** Gives the plan's memory back. */
  dispose(): void {
    this.#memory.dispose();
    if (this.#params !== undefined) this.#gpu.destroy(this.#params);
  }

  #placeParams(kernel: Kernel, start: number): void {
    this.#words.set(kernel.params, start);
    for (const { vertex, word } of kernel.constants) {
      const float = scalarType(vertex.dtype) === "f32";
      this.#constants.push({ order: vertex.order, word: start + word, float });
    }
  }

  #dispatch(kernel: Kernel, start: number): Dispatch {
    const { reads, targets, groups } = kernel;
    const compiled = this.#gpu.compile(kernel.source, kernel.label, reads.length, targets.length);
    const size = 16 * Math.ceil(kernel.params.length / 4);
    const params = { buffer: this.#params!, offset: 4 * start, size };
    const wide = Math.min(groups, MAX_GROUPS);
    return { kernel, compiled, params, groups: [wide, Math.ceil(groups / wide)] };
  }

  /** Binds the storages of a request to the kernels that read them, where others are bound yet. */
  #bind(given: readonly Storage[]): void {
    const before = this.#given;
    const isOther = given.map(({ handle, offset }, i) =>
      handle !== before?.[i].handle || offset !== before[i].offset
    );
    if (before !== undefined && !isOther.includes(true)) return;
    this.#given = given.map(({ handle, offset, bytes }) => ({ handle, offset, bytes }));
    for (const dispatch of this.#dispatches) {
      const isStale = dispatch.kernel.reads.some(({ vertex }) =>
        typeof vertex.given === "number" && isOther[vertex.given]
      );
      if (before === undefined || isStale) dispatch.bindings = this.#bindingsOf(dispatch, given);
    }
  }

  #bindingsOf({ kernel, compiled, params }: Dispatch, given: readonly Storage[]): GPUBindGroup {
    const { label, reads, targets } = kernel;
    const places = [
      ...reads.map(({ vertex }) => this.#memory.placeOf(vertex, given)),
      ...targets.map(({ vertex, storage }) => storage ?? this.#memory.placeOf(vertex, given)),
    ];
    const resources = places.map(({ handle, offset, bytes }) => ({
      ...{ buffer: handle, offset },
      size: Math.ceil(bytes / 16) * 16,
    }));
    return this.#gpu.device.createBindGroup({
      label,
      layout: compiled.layout,
      entries: [params, ...resources].map((resource, binding) => ({ binding, resource })),
    });
  }

  /** Writes numbers that differ from the last run's into the params block. */
  #setConstants(vertices: readonly Vertex[], force: boolean): void {
    let changed = force;
    for (const { order, word, float } of this.#constants) {
      const before = this.#words[word];
      const value = vertices[order].attributes.value as number;
      if (float) this.#numbers[word] = value;
      else this.#words[word] = value;
      changed ||= this.#words[word] !== before;
    }
    if (changed && this.#params !== undefined) {
      this.#gpu.device.queue.writeBuffer(this.#params, 0, this.#words);
    }
  }
}
