/** Learned rows, looked up by number. */

import { normal, take, type Tensor, type Variable, variable } from "../gpu/mod.ts";
import { checkNotNegative, checkSize } from "./check.ts";
import { Module } from "./module.ts";

/** Options of {@linkcode Embedding}. */
export interface EmbeddingOptions {
  /** Decides the start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Standard deviation of the normal distribution that the rows start from; default 1. */
  readonly deviation?: number;
}

/**
 * A table of learned rows; the layer replaces row numbers by rows. Its gradient adds up the rows that
 * are asked for more than once, in a fixed order.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { Embedding } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new Embedding(3, 2, { seed: 1 });
 * layer.load({ weight: { shape: [3, 2], values: new Float32Array([1, 2, 3, 4, 5, 6]) } });
 * const rows = layer.forward(tensor([2, 0], { dtype: "i32" }));
 * assertEquals(await rows.toArray(), [[5, 6], [1, 2]]);
 * ```
 */
export class Embedding extends Module {
  /** [count, width]. */
  readonly weight: Variable;

  /**
   * Makes the layer.
   *
   * @param count Number of rows, from 1.
   * @param width Columns of a row, from 1.
   * @param options Seed, and how the rows start.
   * @throws {ConfigError} If a size or the deviation is out of range.
   */
  constructor(count: number, width: number, options: EmbeddingOptions) {
    super();
    const { seed, deviation = 1 } = options;
    checkSize("make an embedding", "count", count);
    checkSize("make an embedding", "width", width);
    checkNotNegative("make an embedding", "deviation", deviation);
    this.weight = variable(normal([count, width], { seed, deviation }));
  }

  /**
   * Looks rows up.
   *
   * @param indices i32 or u32 of any shape, from 0 to count - 1.
   * @returns [...indices.shape, width].
   */
  forward(indices: Tensor): Tensor {
    return take(this.weight, indices);
  }
}
