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

/** A buffer with the count of its updates. It goes back to its device when no tensor holds it. */
export class DeviceBuffer {
  /** Distinguishes buffers in plan keys. */
  readonly id: number = buffersNamed++;
  /** Updates that have been submitted. */
  version = 0;
  /** Updates that have been recorded and not yet submitted. */
  pending = 0;
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

  constructor(
    readonly buffer: DeviceBuffer,
    readonly offset: number,
    readonly bytes: number,
  ) {
    this.name = `#${buffer.id}+${offset}`;
  }

  /** True where both have bytes in common. */
  overlaps({ buffer, offset, bytes }: Storage): boolean {
    return buffer === this.buffer && offset < this.offset + this.bytes &&
      this.offset < offset + bytes;
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
