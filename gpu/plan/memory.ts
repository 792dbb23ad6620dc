/** Gives every value of a plan a place: slots are shared by values that never live together. */

import { byteLength } from "../dtype.ts";
import type { Device } from "../device.ts";
import type { Vertex } from "../node.ts";
import { sizeOf } from "../shape.ts";
import type { Storage } from "../storage.ts";
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
    this.#placeSlots(program, graph);
  }

  /** Where a vertex's elements are, where a request brings `given`. */
  placeOf(vertex: Vertex, given: readonly Storage[]): Place {
    const storage = typeof vertex.given === "number" ? given[vertex.given] : vertex.given;
    return storage ?? this.#places.get(vertex)!;
  }

  /** Gives everything back. */
  dispose(): void {
    for (const slot of this.#slots) this.arena.drop(slot);
    for (const handle of this.#own) this.arena.gpu.destroy(handle);
  }

  /** Packs whose gaps have to stay zero: their buffers are shared with nothing. */
  #placePacks(vertices: readonly Vertex[]): void {
    for (const pack of packsOf(vertices)) {
      if (pack.attributes.zeroGaps !== true) continue;
      const handle = this.arena.gpu.make(Math.ceil(bytesOf(pack) / 256) * 256, 0x4 | 0x8 | 0x80);
      this.#own.push(handle);
      this.#place(pack, handle);
    }
  }

  /** Puts a value at the start of a buffer, and what is packed in it into its ranges. */
  #place(vertex: Vertex, handle: GPUBuffer): void {
    this.#places.set(vertex, { handle, offset: 0, bytes: bytesOf(vertex) });
    if (vertex.op.kind !== "pack") return;
    const offsets = vertex.attributes.offsets as readonly number[];
    vertex.inputs.forEach((input, i) => {
      this.#places.set(input, { handle, offset: 4 * offsets[i], bytes: bytesOf(input) });
    });
  }

  #placeSlots({ kernels, copies }: Program, { vertices, outputs }: Graph): void {
    const end = kernels.length;
    const homes = homesOf(vertices);
    const home = (vertex: Vertex) => homes.get(vertex) ?? vertex;
    const touched = kernels.map(({ reads, targets }) =>
      [...reads, ...targets].map(({ vertex }) => home(vertex))
    );
    const lastUse = new Map<Vertex, number>();
    touched.forEach((those, i) => those.forEach((vertex) => lastUse.set(vertex, i)));
    for (const vertex of [...outputs, ...copies.map(({ value }) => value)]) {
      lastUse.set(home(vertex), end);
    }
    const busy = new Map<Vertex, Slot>();
    kernels.forEach(({ targets }, i) => {
      for (const { vertex, storage } of targets) {
        if (storage !== undefined || this.#places.has(vertex)) continue;
        const whole = home(vertex);
        const slot = this.arena.take(bytesOf(whole), new Set(busy.values()));
        if (!this.#slots.has(slot)) slot.users++;
        this.#slots.add(slot);
        busy.set(whole, slot);
        this.#place(whole, slot.handle);
      }
      for (const vertex of touched[i]) if (lastUse.get(vertex) === i) busy.delete(vertex);
    });
  }
}

/** Values that others are computed straight into. */
function packsOf(vertices: readonly Vertex[]): Vertex[] {
  return vertices.filter(({ op, given }) => op.kind === "pack" && given === undefined);
}

/** The pack of each value that is packed. */
function homesOf(vertices: readonly Vertex[]): Map<Vertex, Vertex> {
  const pairs = packsOf(vertices).flatMap((pack) =>
    pack.inputs.map((input) => [input, pack] as const)
  );
  return new Map(pairs);
}

function bytesOf({ dtype, shape }: Vertex): number {
  return byteLength(dtype, sizeOf(shape));
}
