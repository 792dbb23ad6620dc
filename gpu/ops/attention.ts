/**
 * Attention: with the matrix of all pairs where it is small, block by block where it is not, and composed
 * from plain ops as a check on both.
 */

import { attendInBlocks } from "../attention/attend.ts";
import { attendFromOps, attendInPairs, type Setting, type Sides } from "../attention/pairs.ts";
import { ConfigError, ShapeError } from "../errors.ts";
import { sameShape, type Shape, showShape } from "../shape.ts";
import { constant, type Tensor } from "../tensor.ts";
import { asComputed, refuseType } from "./define.ts";
import { reshape, slice, transpose } from "./view.ts";

/** Settings of {@link attention}. */
export interface AttentionOptions {
  /**
   * Whether a query sees no key behind its own place; default false. The last query and the last key
   * stand at the same place, so with Q queries and K keys query i sees the keys up to i + K - Q.
   */
  causal?: boolean;
  /** bool, broadcasts to `[batch, heads, queries, keys]`; true where a query sees a key. */
  mask?: Tensor;
  /** Factor of the scores; default 1 / sqrt(columns of a head). */
  scale?: number;
  /**
   * Most pairs of a query and a key, over all heads, whose shares are kept in memory from the forward to
   * the backward pass. Where there are more, none is kept: so many are computed at once, block by block,
   * and again for the gradients. Default 2^22, 16 MiB.
   */
  keptPairs?: number;
}

/** Default of {@link AttentionOptions.keptPairs}. */
const KEPT_PAIRS = 2 ** 22;

/**
 * Attention (Vaswani et al. 2017): softmax(scale q k^T) v for every head, where a query leaves out the
 * keys that it does not see; one that sees none gets zeros. Operands are read through strides: views of one
 * product cost no copy. Two products with a softmax between them; of more than `keptPairs` pairs the whole
 * matrix is never in memory.
 *
 * @param q Queries, f32 or f16 `[batch, heads, queries, columns]`.
 * @param k Keys `[batch, heads, keys, columns]`.
 * @param v Values `[batch, heads, keys, columns]`.
 * @param options Which keys a query sees, and the factor of the scores.
 * @returns f32 `[batch, heads, queries, columns]`.
 * @throws {ShapeError} Where the shapes do not belong together, or the mask is not bool.
 * @throws {ConfigError} If `keptPairs` is no number from 0.
 *
 * @example
 * ```ts
 * import { attention, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const [q, k] = [tensor([[[[1, 0]]]]), tensor([[[[0, 1], [0, 1]]]])];
 * const v = tensor([[[[2, 4], [6, 8]]]]);
 * assertEquals(await attention(q, k, v).toArray(), [[[[4, 6]]]]);
 * ```
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  checkSides(q, k, v);
  const setting = settingOf(q, k, options);
  const [batch, heads, queries] = q.shape;
  const { keptPairs = KEPT_PAIRS } = options;
  if (!(keptPairs >= 0)) {
    throw new ConfigError(`Cannot attend with keptPairs ${keptPairs}: it must be a number from 0`, {
      field: "keptPairs",
      value: keptPairs,
    });
  }
  const sides = [q, k, v].map(asComputed) as unknown as Sides;
  if (batch * heads * queries * k.shape[2] <= keptPairs) return attendInPairs(sides, setting);
  return attendInBlocks(sides, setting, keptPairs);
}

/**
 * {@link attention} of rows among themselves, from one tensor that holds queries, keys and values, as one
 * product makes them; its gradient is one tensor again.
 *
 * @param qkv f32 or f16 `[batch, rows, 3, heads, columns]`.
 * @param options Which rows a row sees, and the factor of the scores.
 * @returns f32 `[batch, rows, heads, columns]`.
 * @throws {ShapeError} Where `qkv` has another form, or the mask does not fit.
 *
 * @example
 * ```ts
 * import { openGpu, reshape, selfAttention, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const qkv = reshape(tensor([1, 1, 5, 1, 1, 7]), [1, 2, 3, 1, 1]);
 * assertEquals(await selfAttention(qkv).data(), new Float32Array([6, 6]));
 * ```
 */
export function selfAttention(qkv: Tensor, options: AttentionOptions = {}): Tensor {
  refuseType("attention", "float", qkv.dtype);
  if (qkv.rank !== 5 || qkv.shape[2] !== 3) {
    throw new ShapeError(
      `Cannot attend among ${showShape(qkv.shape)}: it must be [batch, rows, 3, heads, columns]`,
      { shapes: [qkv.shape] },
    );
  }
  const [q, k, v] = unpacked(qkv);
  return transpose(attention(q, k, v, options), [0, 2, 1, 3]);
}

/**
 * The same as {@link attention}, composed from plain ops: it keeps the matrix of all pairs, and is a
 * check on the other ways.
 *
 * @param q Queries `[batch, heads, queries, columns]`.
 * @param k Keys `[batch, heads, keys, columns]`.
 * @param v Values `[batch, heads, keys, columns]`.
 * @param options Which keys a query sees, and the factor of the scores.
 * @returns f32 `[batch, heads, queries, columns]`.
 * @throws {ShapeError} Where the shapes do not belong together, or the mask is not bool.
 */
export function attentionFromOps(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  checkSides(q, k, v);
  return attendFromOps([q, k, v].map(asComputed) as unknown as Sides, settingOf(q, k, options));
}

function settingOf(
  { shape: [batch, heads, queries, width] }: Tensor,
  { shape: [, , keys] }: Tensor,
  { causal = false, mask, scale = 1 / Math.sqrt(width) }: AttentionOptions,
): Setting {
  const seen = checkedMask(mask, [batch, heads, queries, keys]);
  return { scale: constant(scale, "f32"), causal, mask: seen, ahead: keys - queries };
}

/** Queries, keys and values as [batch, heads, rows, columns]. */
function unpacked(qkv: Tensor): Tensor[] {
  const [batch, rows, , heads, width] = qkv.shape;
  return [0, 1, 2].map((role) => {
    const own = slice(qkv, [0, 0, role, 0, 0], [batch, rows, role + 1, heads, width]);
    return transpose(reshape(own, [batch, rows, heads, width]), [0, 2, 1, 3]);
  });
}

function checkSides(q: Tensor, k: Tensor, v: Tensor): void {
  for (const { dtype } of [q, k, v]) refuseType("attention", "float", dtype);
  const fits = q.rank === 4 && k.rank === 4 && sameShape(k.shape, v.shape) &&
    [0, 1, 3].every((axis) => q.shape[axis] === k.shape[axis]);
  if (fits) return;
  throw new ShapeError(
    `Cannot attend from queries ${showShape(q.shape)} to keys ${showShape(k.shape)} and values ${
      showShape(v.shape)
    }: they are [batch, heads, queries, columns] and twice [batch, heads, keys, columns]`,
    { shapes: [q.shape, k.shape, v.shape] },
  );
}

/** A mask with four axes, of which some may have size 1. */
function checkedMask(mask: Tensor | undefined, pairs: Shape): Tensor | undefined {
  if (mask === undefined) return undefined;
  const shape = [...Array<number>(Math.max(0, 4 - mask.rank)).fill(1), ...mask.shape];
  const fits = shape.length === 4 && shape.every((size, i) => size === 1 || size === pairs[i]);
  if (!fits || mask.dtype !== "bool") {
    throw new ShapeError(
      `Cannot attend with a mask ${mask.dtype} ${showShape(mask.shape)}: it must be bool and ` +
        `broadcast to ${showShape(pairs)}`,
      { shapes: [mask.shape, pairs] },
    );
  }
  return reshape(mask, shape);
}
