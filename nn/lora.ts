/** Changes of low rank beside weights that stand still (Hu et al. 2021, arXiv 2106.09685). */

import { matmul, mul, type Tensor, type Variable, variable, zeros } from "../gpu/mod.ts";
import { checkOption, checkSize } from "./check.ts";
import { resolveInit } from "./init.ts";
import { Module } from "./module.ts";

/** Options of {@linkcode LoRA}. */
export interface LoRAOptions {
  /** Rank of the change, from 1. */
  readonly rank: number;
  /** The change is multiplied by alpha / rank; above 0, default the rank, for a factor of 1. */
  readonly alpha?: number;
  /** Decides the start of A: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
}

/**
 * The change alpha/rank B A of a weight `[outputs, inputs]`. A starts uniform in ±1/sqrt(inputs) and
 * B at 0, so that at first nothing is changed.
 *
 * @example
 * ```ts
 * import { ones, openGpu } from "@aft/aft/gpu";
 * import { LoRA } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const change = new LoRA(4, 3, { rank: 2, alpha: 4, seed: 1 });
 * assertEquals(await change.forward(ones([1, 4])).toArray(), [[0, 0, 0]]);
 * change.load({
 *   down: { shape: [2, 4], values: new Float32Array(8).fill(1) },
 *   up: { shape: [3, 2], values: new Float32Array([1, 0, 0, 1, 1, 1]) },
 * });
 * assertEquals(await change.forward(ones([1, 4])).toArray(), [[8, 8, 16]]);
 * ```
 */
export class LoRA extends Module {
  /** A, [rank, inputs]. */
  readonly down: Variable;
  /** B, [outputs, rank]. */
  readonly up: Variable;
  readonly #scale: number;

  /**
   * Makes the change.
   *
   * @param inputs Columns of the weight, from 1.
   * @param outputs Rows of the weight, from 1.
   * @param options Rank, alpha and seed.
   * @throws {ConfigError} If a number is out of range.
   */
  constructor(inputs: number, outputs: number, { rank, alpha = rank, seed }: LoRAOptions) {
    super();
    const action = "make a change of low rank";
    checkSize(action, "inputs", inputs);
    checkSize(action, "outputs", outputs);
    checkSize(action, "rank", rank);
    checkOption(action, "alpha", alpha, "above 0", Number.isFinite(alpha) && alpha > 0);
    const fan = { fanIn: inputs, fanOut: rank };
    this.down = variable(resolveInit("uniform")([rank, inputs], fan, { seed }));
    this.up = variable(zeros([outputs, rank]));
    this.#scale = alpha / rank;
  }

  /**
   * What the change adds to the weight's output.
   *
   * @param x [rows, inputs].
   * @returns [rows, outputs].
   */
  forward(x: Tensor): Tensor {
    const few = matmul(x, this.down, { transposeB: true }); // [rows, inputs] -> [rows, rank]
    return mul(matmul(few, this.up, { transposeB: true }), this.#scale);
  }

  /**
   * The change itself.
   *
   * @returns [outputs, inputs].
   */
  change(): Tensor {
    return mul(matmul(this.up, this.down), this.#scale);
  }
}
