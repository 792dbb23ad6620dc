/** The adapter's device: buffers, compiled kernels, counters, and mistakes that come as events. */

import { GpuError } from "./errors.ts";
import type { Profiler } from "./profiler.ts";
import { type BufferOwner, DeviceBuffer, Storage } from "./storage.ts";

/** Counts since the device was opened. Subtract two snapshots to see what a step did. */
export interface Counters {
  /** Kernel runs. */
  dispatches: number;
  /** Command buffers handed to the queue. */
  submits: number;
  /** Waits for values from the device. */
  readbacks: number;
  /** Kernels compiled. */
  compiles: number;
  /** Buffers made. */
  buffersMade: number;
  /** Bytes of all buffers that exist now. */
  liveBytes: number;
  /** Most bytes that existed at once. */
  peakBytes: number;
}

/** What the adapter says of itself. */
export interface AdapterInfo {
  /** Vendor, as the driver names it. */
  vendor: string;
  /** Family of the chip. */
  architecture: string;
  /** Identifier of the device. */
  device: string;
  /** Name of device and driver. */
  description: string;
}

/** An open GPU: what it can do, what it has done, and whether anything went wrong. */
export interface Gpu {
  /** What the adapter says of itself. */
  readonly info: AdapterInfo;
  /** Largest sizes and counts that the device takes. */
  readonly limits: GPUSupportedLimits;
  /** Optional abilities that the device was opened with. */
  readonly features: ReadonlySet<string>;
  /** Counts since the device was opened. */
  readonly counters: Counters;
  /** The underlying WebGPU device. */
  readonly device: GPUDevice;
  /** False once the device was lost or closed. */
  readonly usable: boolean;
  /**
   * Waits until the device has done everything that was submitted.
   *
   * @throws {GpuError} For a mistake that an earlier command made, or where the device is gone.
   */
  settled(): Promise<void>;
  /** Closes the device and frees everything on it. */
  close(): void;
}

/** A compiled kernel and the layout of its buffers. */
export interface CompiledKernel {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

const USAGE = 0x4 | 0x8 | 0x80; // COPY_SRC | COPY_DST | STORAGE
const MIB = 2 ** 20;
/** Freed buffers that are kept for reuse, at most. */
const POOL_BYTES = 64 * MIB;

/** The engine's side of an open GPU: buffers, kernels, and mistakes that arrive as events. */
export class Device implements Gpu, BufferOwner {
  readonly info: AdapterInfo;
  readonly limits: GPUSupportedLimits;
  readonly features: ReadonlySet<string>;
  readonly counters: Counters = {
    dispatches: 0,
    submits: 0,
    readbacks: 0,
    compiles: 0,
    buffersMade: 0,
    liveBytes: 0,
    peakBytes: 0,
  };
  readonly device: GPUDevice;
  /** What times the plans that run; undefined but while a profile is taken. */
  profiler: Profiler | undefined;
  readonly #kernels: Map<string, CompiledKernel> = new Map();
  readonly #layouts: Map<string, GPUBindGroupLayout> = new Map();
  readonly #pool: Map<number, GPUBuffer[]> = new Map();
  #pooled = 0;
  readonly #checks: Set<Promise<void>> = new Set();
  /** Mistakes that arrived as events, and how many of them somebody was told of. */
  #faults = 0;
  #told = 0;
  /** The first of those that nobody was told of, or else the last that somebody was. */
  #fault: GpuError | undefined;
  #closed: GpuError | undefined;

  constructor(device: GPUDevice, info: AdapterInfo) {
    this.device = device;
    this.info = info;
    this.limits = device.limits;
    this.features = new Set(device.features as unknown as Iterable<string>);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.report((event as GPUUncapturedErrorEvent).error);
    });
    device.lost.then(({ reason, message }) => {
      this.#closed ??= new GpuError(
        `Lost the GPU device (${reason}): ${
          message || "no reason given"
        }; open it again with openGpu(), a training run continues from its last checkpoint`,
      );
    });
  }

  get usable(): boolean {
    return this.#closed === undefined;
  }

  /** Keeps a mistake that WebGPU reported as an event; whoever waits by then throws it. */
  report(error: GPUError, kernel?: string): void {
    const place = kernel === undefined ? "" : ` in kernel ${kernel}`;
    const message = error instanceof GPUOutOfMemoryError
      ? `Ran out of GPU memory${place}: ${error.message}; take a smaller batch or fewer teacher columns`
      : `WebGPU refused a command${place}: ${error.message}`;
    if (this.#faults === this.#told) this.#fault = new GpuError(message, { cause: error, kernel });
    this.#faults++;
  }

  /** Before new work: throws a mistake that nobody was told of, or that the device is gone. */
  check(): void {
    this.#tell(this.#told);
  }

  /** Where a wait begins: what goes wrong from here on is for {@link checked} to throw. */
  get mark(): number {
    return this.#told;
  }

  async settled(): Promise<void> {
    const { mark } = this;
    await this.device.queue.onSubmittedWorkDone();
    await this.checked(mark);
  }

  /** Waits for the checks of kernels compiled so far, then throws what went wrong since a mark. */
  async checked(mark: number): Promise<void> {
    await Promise.all(this.#checks);
    // Events are delivered in turns of their own: a loss or refusal may be one turn behind.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#tell(mark);
  }

  #tell(mark: number): void {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#faults === mark) return;
    this.#told = this.#faults;
    throw this.#fault;
  }

  close(): void {
    this.#closed ??= new GpuError("Cannot use a GPU device that was closed: open it again");
    this.device.destroy();
  }

  /** A buffer for `bytes` bytes with storage of its own. */
  allocate(bytes: number): Storage {
    const rounded = roundUp(bytes);
    return new Storage(new DeviceBuffer(this, this.take(rounded), rounded), 0, bytes);
  }

  /** A bare buffer of at least `bytes` bytes, from the pool where it has one. */
  take(bytes: number): GPUBuffer {
    const rounded = roundUp(bytes);
    const reused = this.#pool.get(rounded)?.pop();
    if (reused !== undefined) {
      this.#pooled -= rounded;
      return reused;
    }
    return this.make(rounded, USAGE);
  }

  /** A new buffer; counted. */
  make(bytes: number, usage: number): GPUBuffer {
    if (this.#closed !== undefined) throw this.#closed;
    const { maxBufferSize, maxStorageBufferBindingSize } = this.limits;
    const limit = usage === USAGE
      ? Math.min(maxBufferSize, maxStorageBufferBindingSize)
      : maxBufferSize;
    if (bytes > limit) {
      throw new GpuError(
        `Cannot make a buffer of ${megabytes(bytes)} MiB: this adapter takes at most ${
          megabytes(limit)
        } MiB in one buffer, take a smaller batch or split the tensor`,
      );
    }
    const handle = this.device.createBuffer({ size: bytes, usage });
    this.counters.buffersMade++;
    this.counters.liveBytes += bytes;
    this.counters.peakBytes = Math.max(this.counters.peakBytes, this.counters.liveBytes);
    return handle;
  }

  /** Gives back a buffer from {@link take}. */
  release(handle: GPUBuffer, bytes: number): void {
    if (!this.usable) return;
    if (this.#pooled + bytes > POOL_BYTES) return this.destroy(handle);
    const shelf = this.#pool.get(bytes);
    if (shelf === undefined) this.#pool.set(bytes, [handle]);
    else shelf.push(handle);
    this.#pooled += bytes;
  }

  /** Frees a buffer for good. */
  destroy(handle: GPUBuffer): void {
    this.counters.liveBytes -= handle.size;
    handle.destroy();
  }

  /** The compiled form of a kernel's text, with `reads` read-only and `writes` written buffers. */
  compile(source: string, label: string, reads: number, writes: number): CompiledKernel {
    const known = this.#kernels.get(source);
    if (known !== undefined) return known;
    this.check();
    const { device } = this;
    device.pushErrorScope("validation");
    const layout = this.#layout(reads, writes);
    const module = device.createShaderModule({ code: source, label });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    const check = device.popErrorScope().then((error) => {
      if (error) this.report(error, label);
    }, () => {}).finally(() => this.#checks.delete(check));
    this.#checks.add(check);
    this.counters.compiles++;
    const compiled = { pipeline, layout };
    this.#kernels.set(source, compiled);
    return compiled;
  }

  #layout(reads: number, writes: number): GPUBindGroupLayout {
    const key = `${reads},${writes}`;
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const types: GPUBufferBindingType[] = [
        "uniform",
        ...Array<GPUBufferBindingType>(reads).fill("read-only-storage"),
        ...Array<GPUBufferBindingType>(writes).fill("storage"),
      ];
      layout = this.device.createBindGroupLayout({
        entries: types.map((type, binding) => ({ binding, visibility: 0x4, buffer: { type } })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

let current: Device | undefined;
let opening: Promise<Device> | undefined;

/**
 * Opens the machine's GPU, once; later calls return the same device, or a new one where that was
 * lost. Await it before anything is evaluated.
 *
 * @returns The open device, which is now the one that tensors live on.
 * @throws {GpuError} Where there is no WebGPU, no adapter or no device.
 *
 * @example
 * ```ts
 * import { openGpu } from "@aft/aft/gpu";
 * import { assert } from "@std/assert";
 *
 * const gpu = await openGpu();
 * assert(gpu.limits.maxBufferSize > 0);
 * ```
 */
export function openGpu(): Promise<Gpu> {
  if (current?.usable) return Promise.resolve(current);
  opening ??= open().finally(() => opening = undefined);
  return opening;
}

/**
 * The device that {@link openGpu} opened.
 *
 * @returns The open device.
 * @throws {GpuError} Where none was opened.
 */
export function currentGpu(): Gpu {
  return currentDevice();
}

/** The engine's side of the open device. */
export function currentDevice(): Device {
  if (current === undefined) {
    throw new GpuError("Cannot compute yet: no GPU is open, await openGpu() first");
  }
  return current;
}

/** Software adapters: Mesa's llvmpipe (Vulkan's is called lavapipe), Google's and Microsoft's. */
const SOFTWARE = /llvmpipe|lavapipe|softpipe|swiftshader|basic render/i;

/** What an adapter is called: its description, or else what it says of its maker. */
export function adapterName({ description, vendor, architecture, device }: AdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(" ");
}

/** Whether an adapter computes on the processor. */
export function isSoftware(info: AdapterInfo): boolean {
  return SOFTWARE.test(adapterName(info));
}

/** The adapter of the open device; undefined where none is open. */
export function currentAdapter(): AdapterInfo | undefined {
  return current?.info;
}

async function open(): Promise<Device> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter({
    powerPreference: "high-performance",
  });
  if (!adapter) {
    throw new GpuError(
      "Cannot find a WebGPU adapter: install a Vulkan, Metal or DirectX 12 driver (on Debian without a GPU: apt-get install mesa-vulkan-drivers)",
    );
  }
  const requiredLimits = {
    maxBufferSize: adapter.limits.maxBufferSize,
    maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
  };
  const requiredFeatures = (["shader-f16", "timestamp-query"] as GPUFeatureName[])
    .filter((feature) => adapter.features.has(feature));
  const { vendor, architecture, device: id, description } = adapter.info;
  const info = { vendor, architecture, device: id, description };
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures })
    .catch((cause: Error) => {
      const name = adapterName(info) || "this adapter";
      throw new GpuError(`Cannot open a device on ${name}: ${cause.message}`, { cause });
    });
  current = new Device(device, info);
  return current;
}

function roundUp(bytes: number): number {
  return Math.max(256, Math.ceil(bytes / 256) * 256);
}

function megabytes(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
