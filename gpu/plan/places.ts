/** Index mathematics in WGSL: numbers of elements, their coordinates, and views of both. */

import type { Index } from "../node.ts";
import { sameShape, type Shape, sizeOf, squeezed, stridesOf } from "../shape.ts";
import { Fours } from "./fours.ts";

const ZERO = "0u";

/** Expressions of places; of four neighbours what they have in common is written once. */
export abstract class Places {
  /** What is known of numbers as neighbours. */
  protected readonly fours: Fours = new Fours();

  /** A name for `expression`; the same name for the same expression within a scope. */
  abstract let(expression: string, type: string): string;

  /** A size, from the params block. */
  abstract param(value: number): string;

  /** Row-major number of the element at `index`. */
  flat(index: Index): string {
    if (index.flat !== undefined) return index.flat;
    const strides = stridesOf(index.shape);
    const places = index.coordinates!.flatMap((coordinate, axis) =>
      coordinate === ZERO ? [] : [{ coordinate, stride: strides[axis] }]
    );
    const neighbour = this.#neighbourAt(places);
    if (neighbour !== undefined) return neighbour;
    const terms = places.map(({ coordinate, stride }) => this.#times(coordinate, stride));
    if (terms.length === 0) return ZERO;
    return terms.length === 1 && !terms[0].includes("*")
      ? terms[0]
      : this.let(terms.join(" + "), "u32");
  }

  /** One of four neighbours, where the innermost coordinate is and no other breaks fours up. */
  #neighbourAt(places: readonly { coordinate: string; stride: number }[]): string | undefined {
    const last = places.at(-1);
    const known = this.fours.of(last?.coordinate);
    const outer = places.slice(0, -1);
    if (known === undefined || last!.stride !== 1) return undefined;
    if (outer.some(({ stride }) => stride % 4 !== 0)) return undefined;
    const terms = outer.map(({ coordinate, stride }) => this.#times(coordinate, stride / 4));
    return this.#neighbour([...terms, known.group].join(" + "), known.part);
  }

  /** Number 4 * group + part. */
  #neighbour(group: string, part: number): string {
    return this.fours.number(/^\w+$/.test(group) ? group : this.let(group, "u32"), part);
  }

  /** `index / by`, or `index % by`; of neighbours, where `by` is a multiple of four, once for all. */
  #part(index: string, operator: "/" | "%", by: number): string {
    const known = by % 4 === 0 ? this.fours.of(index) : undefined;
    if (known === undefined) return this.let(`${index} ${operator} ${this.param(by)}`, "u32");
    const group = by === 4 && operator === "/"
      ? known.group
      : this.let(`${known.group} ${operator} ${this.param(by / 4)}`, "u32");
    return operator === "/" ? group : this.#neighbour(group, known.part);
  }

  #times(index: string, step: number): string {
    return step === 1 ? index : `${index} * ${this.param(step)}`;
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
        : this.#part(index.flat!, "/", strides[axis]);
      if (outermost) {
        outermost = false;
        return quotient;
      }
      return this.#part(quotient, "%", size);
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
      return this.#part(index.flat!, "%", sizeOf(shape));
    }
    const last = shape.findLastIndex((size) => size !== 1);
    if (sameShape(shape.slice(0, last + 1), index.shape.slice(0, last + 1))) {
      const repeats = sizeOf(index.shape.slice(last + 1));
      return this.#part(index.flat!, "/", repeats);
    }
    return undefined;
  }
}
