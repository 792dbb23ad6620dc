/** Gives every value of a plan a place: slots are shared by values that never live together. */

import { byteLength } from "../dtype.ts";
import type { Device } from "../device.ts";
import type { Vertex } from "../node.ts";
import { sizeOf } from "../shape.ts";
import type { Graph } from "./graph.ts";
import type { Program } from "./write.ts";

/** A range of a buffer. */
export interface Place {
  handle: GPUBuffer;
  offset: number;
  bytes: number;
}

interface Slot {
  handle: GPUBuffer;
  bytes: number;
  /** Plans that use the slot. */
  users: number;
}

/** Slots of one device. Plans run one after the other, so they all use the same ones. */
export class Arena {
  readonly #slots: Slot[] = [];

  constructor(readonly gpu: Device) {}

  /** A slot of at least `bytes` that is not among `taken`. */
  take(bytes: number, taken: ReadonlySet<Slot>): Slot {
    const fits = this.#slots
      .filter((slot) => slot.bytes >= bytes && slot.bytes <= 4 * bytes + 65536 && !taken.has(slot))
      .sort((a, b) => a.bytes - b.bytes);
    if (fits.length > 0) return fits[0];
    const size = Math.ceil(bytes / 256) * 256;
    const slot = { handle: this.gpu.take(size), bytes: size, users: 0 };
    this.#slots.push(slot);
    return slot;
  }

  /** Frees a slot that no plan uses any more. */
  drop(slot: Slot): void {
    if (--slot.users > 0) return;
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.gpu.release(slot.handle, slot.bytes);
  }
}

/** The places of one plan's values. */
export class PlanMemory {
  readonly #places: Map<Vertex, Place> = new Map();
  readonly #slots: Set<Slot> = new Set();
  readonly #own: GPUBuffer[] = [];

  constructor(readonly arena: Arena, program: Program, graph: Graph) {
    this.#placePacks(graph.vertices);
    this.#placeSlots(program, graph.outputs);
  }

  /** Where a vertex's elements are. */
  placeOf(vertex: Vertex): Place {
    const storage = vertex.node.value?.storage;
    if (storage === undefined) return this.#places.get(vertex)!;
    return { handle: storage.handle, offset: storage.offset, bytes: storage.bytes };
  }

  /** Gives everything back. */
  dispose(): void {
    for (const slot of this.#slots) this.arena.drop(slot);
    for (const handle of this.#own) this.arena.gpu.destroy(handle);
  }

  /** A pack's gaps have to stay zero, so its buffer is shared with nothing. */
  #placePacks(vertices: readonly Vertex[]): void {
    for (const pack of vertices) {
      if (pack.op.kind !== "pack" || pack.node.value !== undefined) continue;
      const bytes = byteLength(pack.dtype, sizeOf(pack.shape));
      const handle = this.arena.gpu.make(Math.ceil(bytes / 256) * 256, 0x4 | 0x8 | 0x80);
      this.#own.push(handle);
      this.#places.set(pack, { handle, offset: 0, bytes });
      const offsets = pack.attributes.offsets as readonly number[];
      pack.inputs.forEach((input, i) => {
        const own = byteLength(input.dtype, sizeOf(input.shape));
        this.#places.set(input, { handle, offset: 4 * offsets[i], bytes: own });
      });
    }
  }

  #placeSlots({ kernels, copies }: Program, outputs: readonly Vertex[]): void {
    const end = kernels.length;
    const lastRead = new Map<Vertex, number>();
    kernels.forEach(({ reads }, i) => reads.forEach(({ vertex }) => lastRead.set(vertex, i)));
    for (const vertex of [...outputs, ...copies.map(({ value }) => value)]) {
      lastRead.set(vertex, end);
    }
    const busy = new Map<Vertex, Slot>();
    kernels.forEach(({ targets, reads }, i) => {
      for (const { vertex, storage } of targets) {
        if (storage !== undefined || this.#places.has(vertex)) continue;
        const bytes = byteLength(vertex.dtype, sizeOf(vertex.shape));
        const slot = this.arena.take(bytes, new Set(busy.values()));
        if (!this.#slots.has(slot)) slot.users++;
        this.#slots.add(slot);
        busy.set(vertex, slot);
        this.#places.set(vertex, { handle: slot.handle, offset: 0, bytes });
      }
      for (const vertex of [...reads.map((read) => read.vertex), ...targets.map((t) => t.vertex)]) {
        if ((lastRead.get(vertex) ?? i) <= i) busy.delete(vertex);
      }
    });
  }
}
