/** Writes the WGSL expressions of inlined ops: loads and arithmetic, each once. */

import { scalarType } from "../dtype.ts";
import type { Index, Vertex } from "../node.ts";
import { Storage } from "../storage.ts";
import { type Binding, elementAt, elementType } from "./load.ts";
import { Places } from "./places.ts";

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

/** Expressions of one kernel; repeated ones are written once per scope. */
export class Emitter extends Places {
  readonly reads: ReadBinding[] = [];
  readonly params: number[] = [];
  readonly constants: ConstantSlot[] = [];
  readonly preludes: Set<string> = new Set();
  protected readonly lines: string[] = [];
  /** Row-major numbers of the elements that this thread writes at once. */
  protected own: readonly string[] = [];
  /** Whether targets are stored four elements at once. */
  protected wide = false;
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
  ) {
    super();
  }

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
  override let(expression: string, type: string): string {
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
  override param(value: number): string {
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
    if (target >= 0 && !this.own.includes(flat)) throw new InPlaceConflict();
    const neighbour = this.fours.of(flat);
    const binding = target >= 0
      ? { name: `out${target}`, wide: this.wide }
      : this.#bound(vertex, neighbour !== undefined);
    const name = (expression: string, type: string) => this.let(expression, type);
    return elementAt(name, binding, vertex.dtype, flat, neighbour);
  }

  /** The binding of a vertex that elements are taken from: one in whatever form, or a new one. */
  #bound(vertex: Vertex, wide: boolean): Binding {
    const { dtype } = vertex;
    for (const form of [wide, !wide]) {
      const element = elementType(dtype, form);
      const known = this.reads.find((read) => read.vertex === vertex && read.element === element);
      if (known !== undefined) return { name: known.name, wide: form };
    }
    return { name: this.bind(vertex, elementType(dtype, wide)), wide };
  }

  /** Number of the target that overwrites the buffer this vertex is in, or -1. */
  #overwritten(vertex: Vertex): number {
    const own = vertex.given;
    if (!(own instanceof Storage)) return -1;
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
