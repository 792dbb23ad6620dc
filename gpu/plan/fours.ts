/** Neighbours in fours: what kernels know of numbers, so that four elements are one read. */

import type { DType } from "../dtype.ts";

/** Type that four neighbours have together in a storage buffer; four halves are two words. */
export function fourType(dtype: DType): string {
  switch (dtype) {
    case "f16":
      return "vec2<u32>";
    case "bool":
      return "vec4<u32>";
    default:
      return `vec4<${dtype}>`;
  }
}

/** One of four neighbours: number 4 * group + part. */
export interface Neighbour {
  /** Expression of the number of the four. */
  readonly group: string;
  /** From 0 to 3. */
  readonly part: number;
}

/** Expressions of one kernel that are known to be one of four neighbours. */
export class Fours {
  readonly #known: Map<string, Neighbour> = new Map();

  /** The number 4 * group + part as an expression, known from now on. */
  number(group: string, part: number): string {
    const text = `(${group} * 4u + ${part}u)`;
    this.#known.set(text, { group, part });
    return text;
  }

  /** Says of an expression that it is number 4 * group + part. */
  learn(expression: string, group: string, part: number): void {
    this.#known.set(expression, { group, part });
  }

  /** What is known of an expression; undefined for a number like any other. */
  of(expression: string | undefined): Neighbour | undefined {
    return expression === undefined ? undefined : this.#known.get(expression);
  }
}
