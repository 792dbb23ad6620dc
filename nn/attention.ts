/** Multi-head self-attention. */

import { reshape, selfAttention, type Tensor } from "../gpu/mod.ts";
import { ConfigError, ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { checkSize } from "./check.ts";
import { Linear, type LinearOptions } from "./linear.ts";
import { Module } from "./module.ts";
import { deriveSeed } from "./seed.ts";

/** Options of {@linkcode MultiHeadAttention}. */
export interface MultiHeadAttentionOptions extends Pick<LinearOptions, "init" | "biasInit"> {
  /** Heads, each of width / heads columns. */
  readonly heads: number;
  /** Decides the start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Whether a row sees no row behind itself; default false. */
  readonly causal?: boolean;
}

/**
 * Self-attention with several heads (Vaswani et al. 2017): one product makes queries, keys and values of
 * all heads (its rows are [3, heads, width / heads], as PyTorch keeps them), every row takes a weighted
 * mean of the values of the rows that it sees, and a product brings the heads together. The matrix of all
 * pairs of rows is never in memory.
 *
 * @example
 * ```ts
 * import { notEqual, openGpu, reshape, tensor, zeros } from "@aft/aft/gpu";
 * import { MultiHeadAttention } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new MultiHeadAttention(8, { heads: 2, seed: 1 });
 * const words = tensor([[4, 7, 0], [5, 0, 0]], { dtype: "i32" });
 * const mask = reshape(notEqual(words, 0), [2, 1, 1, 3]); // nobody looks at padding
 * assertEquals(layer.forward(zeros([2, 3, 8]), mask).shape, [2, 3, 8]);
 * ```
 */
export class MultiHeadAttention extends Module {
  /** From rows to queries, keys and values, [3 width, width]. */
  readonly qkv: Linear;
  /** From the heads' results to rows, [width, width]. */
  readonly projection: Linear;
  /** Number of heads. */
  readonly heads: number;
  /** Whether a row sees no row behind itself. */
  readonly causal: boolean;

  /**
   * Makes the layer.
   *
   * @param width Columns of a row, a multiple of the number of heads.
   * @param options Heads, seed, and how the parameters start.
   * @throws {ConfigError} If a size is out of range, or the heads do not divide the width.
   */
  constructor(width: number, options: MultiHeadAttentionOptions) {
    super();
    const { heads, seed, causal = false, init, biasInit } = options;
    const action = "make a layer of attention";
    checkSize(action, "width", width);
    checkSize(action, "heads", heads);
    if (width % heads !== 0) {
      throw new ConfigError(
        `Cannot ${action} with heads ${heads}: heads must divide the width, ${width}`,
        { field: "heads", value: heads },
      );
    }
    this.heads = heads;
    this.causal = causal;
    this.qkv = new Linear(width, 3 * width, { seed: deriveSeed(seed, "qkv"), init, biasInit });
    this.projection = new Linear(width, width, {
      seed: deriveSeed(seed, "projection"),
      init,
      biasInit,
    });
  }

  /**
   * Applies the layer.
   *
   * @param x [batch, rows, width].
   * @param mask bool, broadcasts to [batch, heads, rows, rows]: true where a row (third axis) sees another
   * (fourth); default all.
   * @returns [batch, rows, width].
   * @throws {ShapeError} If x has another form, or the mask does not fit.
   */
  forward(x: Tensor, mask?: Tensor): Tensor {
    const width = this.projection.weight.shape[0];
    if (x.rank !== 3 || x.shape[2] !== width) {
      throw new ShapeError(
        `Cannot attend among ${showShape(x.shape)}: the layer takes [batch, rows, ${width}]`,
        { shapes: [x.shape] },
      );
    }
    const [batch, rows] = x.shape;
    const columns = width / this.heads;
    const qkv = reshape(this.qkv.forward(x), [batch, rows, 3, this.heads, columns]);
    const mixed = selfAttention(qkv, { causal: this.causal, mask }); // [batch, rows, heads, columns]
    return this.projection.forward(reshape(mixed, x.shape));
  }
}
