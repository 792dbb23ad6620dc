/** Blocks that models of tokens are made of. */

import { add, gelu, reshape, type Tensor, transpose } from "../gpu/mod.ts";
import { MultiHeadAttention } from "./attention.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./norm.ts";
import { deriveSeed } from "./seed.ts";

/**
 * Two linear layers with GELU between them, along the last axis.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { FeedForward } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(new FeedForward(4, 16, 1).forward(zeros([2, 3, 4])).shape, [2, 3, 4]);
 * ```
 */
export class FeedForward extends Module {
  /** From columns to hidden columns. */
  readonly inner: Linear;
  /** Back to columns. */
  readonly outer: Linear;

  /**
   * Makes the layers.
   *
   * @param width Columns, from 1.
   * @param hidden Hidden columns, from 1.
   * @param seed Decides the start values.
   * @throws {ConfigError} If a size is out of range.
   */
  constructor(width: number, hidden: number, seed: number) {
    super();
    this.inner = new Linear(width, hidden, { seed: deriveSeed(seed, "inner") });
    this.outer = new Linear(hidden, width, { seed: deriveSeed(seed, "outer") });
  }

  /**
   * Applies the layers.
   *
   * @param x [..., width].
   * @returns [..., width].
   */
  forward(x: Tensor): Tensor {
    return this.outer.forward(gelu(this.inner.forward(x)));
  }
}

/**
 * A block of a transformer with the norms before its parts: x + attention(norm(x)), then
 * x + feed-forward(norm(x)) with four times as many hidden columns.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { TransformerBlock } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(new TransformerBlock(8, 2, 1).forward(zeros([2, 3, 8])).shape, [2, 3, 8]);
 * ```
 */
export class TransformerBlock extends Module {
  /** Norm before the attention. */
  readonly attentionNorm: LayerNorm;
  /** The attention. */
  readonly attention: MultiHeadAttention;
  /** Norm before the feed-forward part. */
  readonly forwardNorm: LayerNorm;
  /** The feed-forward part. */
  readonly feedForward: FeedForward;

  /**
   * Makes the block.
   *
   * @param width Columns, a multiple of the heads.
   * @param heads Heads of the attention.
   * @param seed Decides the start values.
   * @throws {ConfigError} If a size is out of range, or the heads do not divide the width.
   */
  constructor(width: number, heads: number, seed: number) {
    super();
    this.attentionNorm = new LayerNorm(width);
    this.attention = new MultiHeadAttention(width, { heads, seed: deriveSeed(seed, "attention") });
    this.forwardNorm = new LayerNorm(width);
    this.feedForward = new FeedForward(width, 4 * width, deriveSeed(seed, "feedForward"));
  }

  /**
   * Applies the block.
   *
   * @param x [batch, tokens, width].
   * @param mask Which tokens see which, as in the attention.
   * @returns [batch, tokens, width].
   */
  forward(x: Tensor, mask?: Tensor): Tensor {
    const attended = add(x, this.attention.forward(this.attentionNorm.forward(x), mask));
    return add(attended, this.feedForward.forward(this.forwardNorm.forward(attended)));
  }
}

/**
 * A block of an MLP-mixer: x + a feed-forward part across tokens, then x + one across columns, each
 * after a norm. Half as many hidden numbers as columns across tokens, four times as many across columns.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { MixerBlock } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(new MixerBlock(3, 8, 1).forward(zeros([2, 3, 8])).shape, [2, 3, 8]);
 * ```
 */
export class MixerBlock extends Module {
  /** Norm before tokens are mixed. */
  readonly tokenNorm: LayerNorm;
  /** Across tokens. */
  readonly tokens: FeedForward;
  /** Norm before columns are mixed. */
  readonly columnNorm: LayerNorm;
  /** Across columns. */
  readonly columns: FeedForward;

  /**
   * Makes the block.
   *
   * @param tokens Tokens, from 1.
   * @param width Columns, from 2.
   * @param seed Decides the start values.
   * @throws {ConfigError} If a size is out of range.
   */
  constructor(tokens: number, width: number, seed: number) {
    super();
    this.tokenNorm = new LayerNorm(width);
    this.tokens = new FeedForward(tokens, Math.ceil(width / 2), deriveSeed(seed, "tokens"));
    this.columnNorm = new LayerNorm(width);
    this.columns = new FeedForward(width, 4 * width, deriveSeed(seed, "columns"));
  }

  /**
   * Applies the block.
   *
   * @param x [batch, tokens, width].
   * @returns [batch, tokens, width].
   */
  forward(x: Tensor): Tensor {
    // [batch, tokens, width] -> [batch, width, tokens] and back
    const across = transpose(this.tokens.forward(transpose(this.tokenNorm.forward(x))));
    const mixed = add(x, reshape(across, x.shape));
    return add(mixed, this.columns.forward(this.columnNorm.forward(mixed)));
  }
}
