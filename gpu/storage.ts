/** Memory on the device: buffers that count, and ranges of them. */

import { GpuError } from "./errors.ts";

/** What a buffer needs of the device that made it. */
export interface BufferOwner {
  /** The device that the buffers are on. */
  readonly device: GPUDevice;
  /** False once the device was lost or closed. */
  readonly usable: boolean;
  /** Gives back a buffer that nobody can reach any more. */
  release(handle: GPUBuffer, bytes: number): void;
}

const forgotten = new FinalizationRegistry<
  { owner: BufferOwner; handle: GPUBuffer; bytes: number }
>(
  ({ owner, handle, bytes }) => owner.release(handle, bytes),
);

let buffersNamed = 0;

/** Bytes of a buffer. */
interface Range {
  readonly offset: number;
  readonly bytes: number;
}

/** A range with the count of updates that changed any of it. */
interface Counted extends Range {
  /** Updates that have been submitted. */
  version: number;
  /** Updates that have been recorded and not yet submitted. */
  pending: number;
}

/** A buffer with the ranges in use. It goes back to its device when no tensor holds it. */
export class DeviceBuffer {
  /** Distinguishes buffers in plan keys. */
  readonly id: number = buffersNamed++;
  readonly #ranges: Map<string, Counted> = new Map();
  #disposed = false;

  constructor(
    readonly owner: BufferOwner,
    readonly handle: GPUBuffer,
    readonly bytes: number,
  ) {
    forgotten.register(this, { owner, handle, bytes }, this);
  }

  /** True once {@link dispose} was called. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** The counts of a range; of equal ranges they are one. */
  range(offset: number, bytes: number): Counted {
    const key = `${offset}+${bytes}`;
    let range = this.#ranges.get(key);
    if (range === undefined) {
      this.#ranges.set(key, range = { offset, bytes, version: 0, pending: 0 });
    }
    return range;
  }

  /** Ranges that have bytes in common with another. */
  touching(range: Range): Counted[] {
    return [...this.#ranges.values()].filter((other) => overlap(range, other));
  }

  /** Gives the memory back now. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    this.owner.release(this.handle, this.bytes);
  }
}

/** A range of a buffer. */
export class Storage {
  /** The range as plan keys write it. */
  readonly name: string;
  readonly #range: Counted;

  constructor(
    readonly buffer: DeviceBuffer,
    readonly offset: number,
    readonly bytes: number,
  ) {
    this.name = `#${buffer.id}+${offset}`;
    this.#range = buffer.range(offset, bytes);
  }

  /** Updates that have been submitted. */
  get version(): number {
    return this.#range.version;
  }

  /** Updates that have been recorded and not yet submitted. */
  get pending(): number {
    return this.#range.pending;
  }

  /** Notes that an update was recorded. */
  expectUpdate(): void {
    for (const range of this.buffer.touching(this)) range.pending++;
  }

  /** Notes that a recorded update was submitted, or is dropped with its step. */
  endUpdate(): void {
    for (const range of this.buffer.touching(this)) {
      range.pending--;
      range.version++;
    }
  }

  /** Notes that values from before are no longer there. */
  noteChange(): void {
    for (const range of this.buffer.touching(this)) range.version++;
  }

  /** True where both have bytes in common. */
  overlaps(other: Storage): boolean {
    return other.buffer === this.buffer && overlap(this, other);
  }

  /** The buffer's handle; refused once it has been disposed of or its device is gone. */
  get handle(): GPUBuffer {
    this.refuseDead();
    return this.buffer.handle;
  }

  /** Refuses memory that is no longer there. */
  refuseDead(): void {
    if (this.buffer.disposed) {
      throw new GpuError(
        "Cannot use a tensor that was disposed of: drop it, or dispose of it later",
      );
    }
    if (!this.buffer.owner.usable) {
      throw new GpuError(
        "Cannot use a tensor of a GPU device that is gone: make it again from host values or a checkpoint",
      );
    }
  }
}

function overlap(a: Range, b: Range): boolean {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}
