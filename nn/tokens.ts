/** What models of tokens have in common behind their first layer. */

import { cast, div, maximum, mean, mul, reshape, sum, type Tensor } from "../gpu/mod.ts";
import type { Linear } from "./linear.ts";
import type { LayerNorm } from "./norm.ts";

/** A layer from tokens to tokens; the mask says which tokens see which. */
interface TokenLayer {
  forward(x: Tensor, mask?: Tensor): Tensor;
}

/** The parts of a model behind its tokens. */
interface TokenParts {
  readonly blocks: readonly TokenLayer[];
  readonly norm: LayerNorm;
  readonly head: Linear;
}

/**
 * Blocks, a last norm, the mean over tokens, a head.
 *
 * @param tokens [batch, tokens, width].
 * @param parts Blocks, norm and head.
 * @param present bool [batch, tokens]: false where a place is empty, which nothing looks at and the mean
 * leaves out; default all true.
 * @returns Logits [batch, outputs] and features [batch, width].
 */
export function fromTokens(
  tokens: Tensor,
  { blocks, norm, head }: TokenParts,
  present?: Tensor,
): { logits: Tensor; features: Tensor } {
  const [batch, places] = tokens.shape;
  const mask = present && reshape(present, [batch, 1, 1, places]); // over heads and looking tokens
  const mixed = blocks.reduce((y, block) => block.forward(y, mask), tokens);
  const features = meanOf(norm.forward(mixed), present); // -> [batch, width]
  return { logits: head.forward(features), features };
}

/** Mean over the tokens that are there; zeros where none is. */
function meanOf(tokens: Tensor, present: Tensor | undefined): Tensor {
  if (present === undefined) return mean(tokens, { axes: 1 });
  const weights = reshape(cast(present, "f32"), [...present.shape, 1]); // [batch, tokens, 1]
  return div(sum(mul(tokens, weights), { axes: 1 }), maximum(sum(weights, { axes: 1 }), 1));
}
