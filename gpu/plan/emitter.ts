/** Writes the WGSL expressions of inlined ops: loads, arithmetic, index mathematics. */

import { scalarType, storageType } from "../dtype.ts";
import type { Index, Vertex } from "../node.ts";
import { sameShape, type Shape, sizeOf, squeezed, stridesOf } from "../shape.ts";
import type { Storage } from "../storage.ts";

/** One buffer range that a kernel reads. */
export interface ReadBinding {
  name: string;
  vertex: Vertex;
  element: string;
}

/** What one kernel run writes: a vertex, into memory of the plan or over a variable. */
export interface Target {
  vertex: Vertex;
  /** Storage of the variable that is overwritten; otherwise the plan finds a place. */
  storage?: Storage;
}

/** Place of a constant in the params block. */
export interface ConstantSlot {
  vertex: Vertex;
  word: number;
}

/** Thrown while writing a kernel that would read an element another thread has overwritten. */
export class InPlaceConflict extends Error {}

const ZERO = "0u";

/** Expressions of one kernel; repeated ones are written once per scope. */
export class Emitter {
  readonly reads: ReadBinding[] = [];
  readonly params: number[] = [];
  readonly constants: ConstantSlot[] = [];
  readonly preludes: Set<string> = new Set();
  protected readonly lines: string[] = [];
  /** Row-major number of the element that this thread writes, where it writes one. */
  protected identity: string | undefined;
  /** The kernel op whose result is in a register, and that register. */
  protected core: { vertex: Vertex; value: string } | undefined;
  readonly #scopes: Map<string, string>[] = [new Map()];
  readonly #slots: Map<string, number> = new Map();
  #names = 0;

  /**
   * @param inMemory Whether a vertex is read from memory rather than computed here.
   * @param targets What the kernel writes.
   */
  constructor(
    protected readonly inMemory: (vertex: Vertex) => boolean,
    readonly targets: readonly Target[],
  ) {}

  /** Expression of the element of `vertex` at `index`. */
  value(vertex: Vertex, index: Index): string {
    if (this.core?.vertex === vertex) return this.core.value;
    const key = `${vertex.order}@${index.flat ?? index.coordinates!.join()}`;
    const known = this.#find(key);
    if (known !== undefined) return known;
    const text = this.inMemory(vertex) || vertex.op.kind !== "inline"
      ? this.#load(vertex, this.flat(index))
      : vertex.op.emit(this, vertex, index);
    this.#scopes.at(-1)!.set(key, text);
    return text;
  }

  /** A name for `expression`; the same name for the same expression within a scope. */
  let(expression: string, type: string): string {
    const known = this.#find(expression);
    if (known !== undefined) return known;
    const name = this.fresh("t");
    this.lines.push(`let ${name}: ${type} = ${expression};`);
    this.#scopes.at(-1)!.set(expression, name);
    return name;
  }

  /** A name that nothing else in this kernel has. */
  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** A size, from the params block so that kernels of other sizes have the same text. */
  param(value: number): string {
    return this.#slot(`u${value}`, value);
  }

  /** A vertex of {@link constantOp}: its value can change without a new kernel. */
  constant(vertex: Vertex): string {
    const text = this.#slot(`c${vertex.order}`, 0, (word) => this.constants.push({ vertex, word }));
    const type = scalarType(vertex.dtype);
    if (type === "u32") return text;
    return type === "bool" ? `(${text} != 0u)` : `bitcast<${type}>(${text})`;
  }

  /** A function that the kernel needs, whole; asked for twice it is written once. */
  prelude(text: string): void {
    this.preludes.add(text);
  }

  /** Row-major number of the element at `index`. */
  flat(index: Index): string {
    if (index.flat !== undefined) return index.flat;
    const strides = stridesOf(index.shape);
    const terms = index.coordinates!.flatMap((coordinate, axis) => {
      if (coordinate === ZERO) return [];
      return strides[axis] === 1 ? [coordinate] : [`${coordinate} * ${this.param(strides[axis])}`];
    });
    if (terms.length === 0) return ZERO;
    return terms.length === 1 && !terms[0].includes("*")
      ? terms[0]
      : this.let(terms.join(" + "), "u32");
  }

  /** Coordinates of the element at `index`, one per axis. */
  coordinates(index: Index): readonly string[] {
    if (index.coordinates !== undefined) return index.coordinates;
    const strides = stridesOf(index.shape);
    let outermost = true;
    return index.shape.map((size, axis) => {
      if (size === 1) return ZERO;
      const quotient = strides[axis] === 1
        ? index.flat!
        : this.let(`${index.flat} / ${this.param(strides[axis])}`, "u32");
      if (outermost) {
        outermost = false;
        return quotient;
      }
      return this.let(`${quotient} % ${this.param(size)}`, "u32");
    });
  }

  /** The same element under another shape of as many elements. */
  reshaped(index: Index, shape: Shape): Index {
    const known = index.coordinates;
    const moved = known !== undefined && sameShape(squeezed(index.shape), squeezed(shape));
    if (!moved) return { shape, flat: this.flat(index) };
    const kept = known.filter((_, axis) => index.shape[axis] !== 1);
    let next = 0;
    const coordinates = shape.map((size) => size === 1 ? ZERO : kept[next++]);
    return { shape, flat: index.flat, coordinates };
  }

  /** The element of a smaller tensor that broadcasts to `index`. */
  broadcast(index: Index, shape: Shape): Index {
    if (sizeOf(shape) === 1) return { shape, flat: ZERO, coordinates: shape.map(() => ZERO) };
    if (index.coordinates === undefined) {
      const flat = this.#broadcastFlat(index, shape);
      if (flat !== undefined) return { shape, flat };
    }
    const coordinates = this.coordinates(index);
    return { shape, coordinates: shape.map((size, axis) => size === 1 ? ZERO : coordinates[axis]) };
  }

  /** Where only leading or only trailing axes are repeated, one division finds the element. */
  #broadcastFlat(index: Index, shape: Shape): string | undefined {
    const first = shape.findIndex((size) => size !== 1);
    if (sameShape(shape.slice(first), index.shape.slice(first))) {
      return this.let(`${index.flat} % ${this.param(sizeOf(shape))}`, "u32");
    }
    const last = shape.findLastIndex((size) => size !== 1);
    if (sameShape(shape.slice(0, last + 1), index.shape.slice(0, last + 1))) {
      const repeats = sizeOf(index.shape.slice(last + 1));
      return this.let(`${index.flat} / ${this.param(repeats)}`, "u32");
    }
    return undefined;
  }

  /** Name of the read binding of a vertex, seen as an array of `element`. */
  bind(vertex: Vertex, element: string): string {
    const known = this.reads.find((read) => read.vertex === vertex && read.element === element);
    if (known !== undefined) return known.name;
    const target = this.#overwritten(vertex);
    if (target >= 0) throw new InPlaceConflict();
    const name = `in${this.reads.length}`;
    this.reads.push({ name, vertex, element });
    return name;
  }

  /** Opens a scope: names made in it are not known outside. */
  protected push(): void {
    this.#scopes.push(new Map());
  }

  /** Closes the innermost scope. */
  protected pop(): void {
    this.#scopes.pop();
  }

  #load(vertex: Vertex, flat: string): string {
    const target = this.#overwritten(vertex);
    if (target >= 0 && flat !== this.identity) throw new InPlaceConflict();
    const buffer = target >= 0 ? `out${target}` : this.bind(vertex, storageType(vertex.dtype));
    switch (vertex.dtype) {
      case "bool":
        return this.let(`${buffer}[${flat}] != 0u`, "bool");
      case "f16": {
        const pair = this.let(`unpack2x16float(${buffer}[${flat} >> 1u])`, "vec2<f32>");
        return this.let(`select(${pair}.x, ${pair}.y, (${flat} & 1u) == 1u)`, "f32");
      }
      default:
        return this.let(`${buffer}[${flat}]`, vertex.dtype);
    }
  }

  /** Number of the target that overwrites the buffer this vertex is in, or -1. */
  #overwritten(vertex: Vertex): number {
    const own = vertex.node.value?.storage;
    if (own === undefined) return -1;
    const target = this.targets.findIndex((t) => t.storage?.buffer === own.buffer);
    if (target >= 0) {
      const { storage } = this.targets[target];
      if (storage!.offset !== own.offset || storage!.bytes !== own.bytes) {
        throw new InPlaceConflict();
      }
    }
    return target;
  }

  #find(key: string): string | undefined {
    for (let depth = this.#scopes.length - 1; depth >= 0; depth--) {
      const known = this.#scopes[depth].get(key);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  #slot(key: string, value: number, added?: (word: number) => void): string {
    let word = this.#slots.get(key);
    if (word === undefined) {
      word = this.params.push(value) - 1;
      this.#slots.set(key, word);
      added?.(word);
    }
    return `p${word}`;
  }
}
