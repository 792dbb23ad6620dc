/** Rows or columns of a block of results. */

import type { KernelWriter } from "../plan/kernel_writer.ts";

/**
 * Neighbouring rows or columns, held inside the matrix: where a block sticks out its last lines are
 * computed twice. Where the matrix has a multiple of four lines, whole groups of four are held.
 */
export class Lines {
  readonly #inFours: boolean;

  /**
   * @param writer The kernel.
   * @param first Expression of the first line.
   * @param count How many, a multiple of four.
   * @param size Lines of the matrix.
   */
  constructor(
    readonly writer: KernelWriter,
    readonly first: string,
    readonly count: number,
    readonly size: number,
  ) {
    this.#inFours = size % 4 === 0;
  }

  /** Each line, as an expression. */
  all(): string[] {
    return Array.from({ length: this.count }, (_, i) => {
      if (this.#inFours) return plus(this.#four(4 * (i >> 2)), i & 3);
      return this.#let(`min(${plus(this.first, i)}, ${this.writer.param(this.size - 1)})`);
    });
  }

  /** The first line of each group of four; only where the matrix has a multiple of four. */
  fours(): string[] {
    return Array.from({ length: this.count / 4 }, (_, i) => this.#four(4 * i));
  }

  /** Line number `i`, an expression. */
  at(i: string): string {
    const { writer, first, size } = this;
    return this.#inFours
      ? this.#let(`min(${first} + (${i} & ~3u), ${writer.param(size - 4)}) + (${i} & 3u)`)
      : this.#let(`min(${first} + ${i}, ${writer.param(size - 1)})`);
  }

  /** Condition under which line `i` is not one that is computed twice. */
  inside(i: string): string {
    return `${this.first} + ${i} < ${this.writer.param(this.size)}`;
  }

  #four(i: number): string {
    return this.#let(`min(${plus(this.first, i)}, ${this.writer.param(this.size - 4)})`);
  }

  #let(expression: string): string {
    return this.writer.let(expression, "u32");
  }
}

function plus(index: string, count: number): string {
  return count === 0 ? index : `(${index} + ${count}u)`;
}
