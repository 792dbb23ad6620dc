/** Models of sentences, which come as numbers of words. */

import { add, normal, notEqual, type Tensor, type Variable, variable } from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { checkSize } from "./check.ts";
import { Embedding } from "./embedding.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./norm.ts";
import { deriveSeed } from "./seed.ts";
import { fromTokens } from "./tokens.ts";
import { TransformerBlock } from "./transformer.ts";

/** Options of {@linkcode TextTransformer}. */
export interface TextTransformerOptions {
  /** Number of token ids, from 1; they count from 0, and 0 is padding. */
  readonly vocabulary: number;
  /** Tokens of a sentence, padding included, from 1. */
  readonly tokens: number;
  /** Numbers for each token, a multiple of the heads. */
  readonly width: number;
  /** Blocks, from 1. */
  readonly depth: number;
  /** Heads of every attention, a divisor of the width. */
  readonly heads: number;
  /** Numbers in one row of the logits, from 1. */
  readonly outputs: number;
  /** Decides all start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
}

/** Deviation that embeddings and positions start with, as those of GPT-2 and BERT. */
const DEVIATION = 0.02;

/**
 * A transformer that reads sentences (the encoder of Vaswani et al. 2017, with the norms before its parts):
 * learned rows for token ids and for places, blocks of attention and feed-forward parts, and the mean over
 * tokens. Places with id 0 are padding: no token sees them, and the mean leaves them out.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { TextTransformer } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const sizes = { vocabulary: 9, tokens: 4, width: 8, depth: 1, heads: 2 } as const;
 * const model = new TextTransformer({ ...sizes, outputs: 3, seed: 1 });
 * const { logits, features } = model.forward(tensor([[5, 7, 0, 0], [8, 2, 2, 1]], { dtype: "i32" }));
 * assertEquals([logits.shape, features.shape], [[2, 3], [2, 8]]);
 * ```
 */
export class TextTransformer extends Module {
  /** What stands for each token id, [vocabulary, width]; starts normal, deviation 0.02. */
  readonly embedding: Embedding;
  /** Blocks, first to last. */
  readonly blocks: readonly TransformerBlock[];
  /** What is added to each token for its place, [tokens, width]; starts normal, deviation 0.02. */
  readonly positions: Variable;
  /** Norm behind the last block. */
  readonly norm: LayerNorm;
  /** From features to logits. */
  readonly head: Linear;

  /**
   * Makes the model.
   *
   * @param options Sizes and seed.
   * @throws {ConfigError} If a size is out of range, or the heads do not divide the width.
   */
  constructor(options: TextTransformerOptions) {
    super();
    const { vocabulary, tokens, width, depth, heads, outputs, seed } = options;
    const action = "make a model of text";
    checkSize(action, "vocabulary", vocabulary);
    checkSize(action, "tokens", tokens);
    checkSize(action, "depth", depth);
    checkSize(action, "outputs", outputs);
    const start = (name: string) => ({ seed: deriveSeed(seed, name), deviation: DEVIATION });
    this.embedding = new Embedding(vocabulary, width, start("embedding"));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, outputs, { seed: deriveSeed(seed, "head") });
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new TransformerBlock(width, heads, deriveSeed(seed, `blocks.${i}`)),
    );
    this.positions = variable(normal([tokens, width], start("positions")));
  }

  /**
   * Applies the model.
   *
   * @param ids i32 or u32 [batch, tokens], from 0 to vocabulary - 1.
   * @returns Logits [batch, outputs] and features [batch, width].
   * @throws {ShapeError} If ids are no integers, or sentences have another length.
   */
  forward(ids: Tensor): { logits: Tensor; features: Tensor } {
    const [tokens] = this.positions.shape;
    const isWhole = ids.dtype === "i32" || ids.dtype === "u32";
    if (!isWhole || ids.rank !== 2 || ids.shape[1] !== tokens) {
      throw new ShapeError(
        `Cannot read text from ${ids.dtype} ${showShape(ids.shape)}: the model takes i32 or u32 ` +
          `[batch, ${tokens}]`,
        { shapes: [ids.shape] },
      );
    }
    const placed = add(this.embedding.forward(ids), this.positions); // -> [batch, tokens, width]
    return fromTokens(placed, this, notEqual(ids, 0));
  }
}
