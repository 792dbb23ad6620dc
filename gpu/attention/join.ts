/** Puts results of blocks side by side as they are computed. */

import { ALIGNMENT, packed } from "../pack.ts";
import { reshape, slice } from "../ops/view.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** A tensor that blocks make piece by piece, each a range of what lies within its outer axes. */
export class Joined {
  readonly #inner: number;
  readonly #stride: number;
  readonly #filled: number[];

  /**
   * @param shape Of the whole.
   * @param axis The axis that pieces divide; those before it they take one place of.
   * @param start Element of the buffer at which it starts, a multiple of {@link ALIGNMENT}.
   */
  constructor(readonly shape: Shape, axis: number, readonly start: number) {
    this.#inner = sizeOf(shape.slice(axis));
    this.#stride = Math.ceil(this.#inner / ALIGNMENT) * ALIGNMENT;
    this.#filled = Array(sizeOf(shape) / this.#inner).fill(0);
  }

  /** Element of the buffer behind the last. */
  get end(): number {
    return this.start + this.#filled.length * this.#stride;
  }

  /** Where the next piece starts, of so many elements. */
  next(size: number): number {
    const entry = this.#filled.findIndex((filled) => filled < this.#inner);
    const offset = this.start + entry * this.#stride + this.#filled[entry];
    this.#filled[entry] += size;
    return offset;
  }

  /** The whole, from the buffer. */
  from(buffer: Tensor): Tensor {
    const entries = reshape(slice(buffer, [this.start], [this.end]), [-1, this.#stride]);
    return reshape(slice(entries, [0, 0], [this.#filled.length, this.#inner]), this.shape);
  }
}

/** Joins pieces of one tensor. */
export function joined(pieces: readonly Tensor[], shape: Shape, axis: number): Tensor {
  const whole = new Joined(shape, axis, 0);
  const offsets = pieces.map((piece) => whole.next(piece.size));
  return whole.from(packed(pieces, offsets, whole.end));
}
