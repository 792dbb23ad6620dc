/** Models of an image's patches: the vision transformer and the MLP-mixer. */

import { add, normal, type Tensor, type Variable, variable } from "../gpu/mod.ts";
import { checkSize } from "./check.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./norm.ts";
import { PatchEmbedding } from "./patches.ts";
import { deriveSeed } from "./seed.ts";
import { fromTokens } from "./tokens.ts";
import { MixerBlock, TransformerBlock } from "./transformer.ts";

/** Options of {@linkcode Mixer}. */
export interface MixerOptions {
  /** Channels, rows and columns of an image. */
  readonly image: readonly [number, number, number];
  /** Rows and columns of a patch, a divisor of both. */
  readonly patch: number;
  /** Numbers for each patch, from 1. */
  readonly width: number;
  /** Blocks, from 1. */
  readonly depth: number;
  /** Numbers in one row of the logits, from 1. */
  readonly outputs: number;
  /** Decides all start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
}

/** Options of {@linkcode ViT}. */
export interface ViTOptions extends MixerOptions {
  /** Heads of every attention, a divisor of the width. */
  readonly heads: number;
}

/**
 * A vision transformer (Dosovitskiy et al. 2021): patches with learned positions, blocks of attention and
 * feed-forward parts with norms before them, and instead of a class token the mean over patches.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { ViT } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const sizes = { image: [3, 8, 8], patch: 4, width: 16, depth: 1, heads: 2 } as const;
 * const { logits, features } = new ViT({ ...sizes, outputs: 10, seed: 1 }).forward(zeros([2, 3, 8, 8]));
 * assertEquals([logits.shape, features.shape], [[2, 10], [2, 16]]);
 * ```
 */
export class ViT extends Module {
  /** Cuts images into patches. */
  readonly patches: PatchEmbedding;
  /** Blocks, first to last. */
  readonly blocks: readonly TransformerBlock[];
  /** What is added to each patch for its place, [patches, width]; starts normal, deviation 0.02. */
  readonly positions: Variable;
  /** Norm behind the last block. */
  readonly norm: LayerNorm;
  /** From features to logits. */
  readonly head: Linear;

  /**
   * Makes the model.
   *
   * @param options Sizes and seed.
   * @throws {ConfigError} If a size is out of range or does not divide another.
   */
  constructor(options: ViTOptions) {
    super();
    const { image, patch, width, depth, heads, outputs, seed } = options;
    const action = "make a model of patches";
    checkSize(action, "depth", depth);
    checkSize(action, "outputs", outputs);
    this.patches = new PatchEmbedding(image, patch, width, deriveSeed(seed, "patches"));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, outputs, { seed: deriveSeed(seed, "head") });
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new TransformerBlock(width, heads, deriveSeed(seed, `blocks.${i}`)),
    );
    const start = { seed: deriveSeed(seed, "positions"), deviation: 0.02 };
    this.positions = variable(normal([this.patches.count, width], start));
  }

  /**
   * Applies the model.
   *
   * @param x [batch, channels, rows, columns].
   * @returns Logits [batch, outputs] and features [batch, width].
   * @throws {ShapeError} If x does not hold such images.
   */
  forward(x: Tensor): { logits: Tensor; features: Tensor } {
    return fromTokens(add(this.patches.forward(x), this.positions), this);
  }
}

/**
 * An MLP-mixer (Tolstikhin et al. 2021): patches whose numbers are mixed across patches and across
 * columns in turn, and the mean over patches.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { Mixer } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const sizes = { image: [3, 8, 8], patch: 4, width: 16, depth: 1 } as const;
 * const { logits, features } = new Mixer({ ...sizes, outputs: 10, seed: 1 }).forward(zeros([2, 3, 8, 8]));
 * assertEquals([logits.shape, features.shape], [[2, 10], [2, 16]]);
 * ```
 */
export class Mixer extends Module {
  /** Cuts images into patches. */
  readonly patches: PatchEmbedding;
  /** Blocks, first to last. */
  readonly blocks: readonly MixerBlock[];
  /** Norm behind the last block. */
  readonly norm: LayerNorm;
  /** From features to logits. */
  readonly head: Linear;

  /**
   * Makes the model.
   *
   * @param options Sizes and seed.
   * @throws {ConfigError} If a size is out of range or does not divide another.
   */
  constructor(options: MixerOptions) {
    super();
    const { image, patch, width, depth, outputs, seed } = options;
    const action = "make a model of patches";
    checkSize(action, "depth", depth);
    checkSize(action, "outputs", outputs);
    this.patches = new PatchEmbedding(image, patch, width, deriveSeed(seed, "patches"));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, outputs, { seed: deriveSeed(seed, "head") });
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new MixerBlock(this.patches.count, width, deriveSeed(seed, `blocks.${i}`)),
    );
  }

  /**
   * Applies the model.
   *
   * @param x [batch, channels, rows, columns].
   * @returns Logits [batch, outputs] and features [batch, width].
   * @throws {ShapeError} If x does not hold such images.
   */
  forward(x: Tensor): { logits: Tensor; features: Tensor } {
    return fromTokens(this.patches.forward(x), this);
  }
}
