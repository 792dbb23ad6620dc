/**
 * Attention: with the matrix of all pairs where it is small, without it where it is not, and composed from
 * plain ops as a check on both.
 */

import { writeAttention } from "../attention/forward.ts";
import { type AttentionLayout, ROW_NUMBERS } from "../attention/frame.ts";
import { writeAttentionGradient } from "../attention/gradient.ts";
import { ShapeError } from "../errors.ts";
import { grad, stopGradient } from "../grad.ts";
import {
  type Gradient,
  type GradientContext,
  type InlineOp,
  type KernelOp,
  record,
  type Vertex,
} from "../node.ts";
import { sameShape, type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import { constant, nodeOf, type Tensor, wrap } from "../tensor.ts";
import { add, and, div, equal, lessEqual, mul, sub, where } from "./binary.ts";
import { arange, concat } from "./create.ts";
import { asComputed, refuseType } from "./define.ts";
import { matmul } from "./product.ts";
import { max, sum } from "./reduce.ts";
import { rulesFrom } from "./second_order.ts";
import { softmax } from "./softmax.ts";
import { exp } from "./unary.ts";
import { broadcastTo, reshape, slice, transpose } from "./view.ts";

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
   * the backward pass; where there are more, none is kept and each is computed again. Default 2^22, 16 MiB.
   */
  keptPairs?: number;
}

/** Default of {@link AttentionOptions.keptPairs}: products of whole matrices are faster while these fit. */
const KEPT_PAIRS = 2 ** 22;
/** Score of a pair that is not seen: its exponential is 0 beside that of any score that is. */
const UNSEEN = -3e38;

/** The ops of one way to give queries, keys and values: three tensors, or one that holds all. */
interface Family {
  forward: KernelOp;
  result: InlineOp;
}

const [separate, packed]: Family[] = [false, true].map((isPacked) => {
  const sides = isPacked ? 1 : 3;
  const strided = Array<"strided">(sides).fill("strided");
  /** Inputs: operands, scale, mask. */
  const forward: KernelOp = {
    kind: "kernel",
    name: "attention",
    operands: [...strided, "inline", "inline"],
    gradients: Array(sides + 2).fill(null),
    operations: (vertex) => 4 * pairNumbers(layoutOf(vertex)),
    write(writer, vertex) {
      const { inputs } = vertex;
      const operands = inputs.slice(0, sides);
      writeAttention(writer, vertex, layoutOf(vertex), operands, inputs[sides], inputs[sides + 1]);
    },
  };
  /** Inputs: operands, gradient of the result, scale, what forward stored, delta, mask. */
  const backward: KernelOp = {
    kind: "kernel",
    name: "attentionGradient",
    operands: [...strided, "strided", "inline", "inline", "inline", "inline"],
    gradients: rulesFrom(
      composedGradient,
      [...Array(sides + 1).fill(true), false, false, false, false],
    ),
    // Scores and pulls once for queries and once for keys, and three sums of products.
    operations: (vertex) => 14 * pairNumbers(layoutOf(vertex)),
    write(writer, vertex) {
      const { inputs } = vertex;
      const operands = inputs.slice(0, sides);
      const [g, scale, stored, delta, mask] = inputs.slice(sides);
      const parts = { operands, g, scale, stored, delta, mask };
      writeAttentionGradient(writer, vertex, layoutOf(vertex), parts);
    },
  };
  const rule = (role: number): Gradient => (g, context) => gradientOf(backward, role, g, context);
  /** Inputs: what forward stored, then forward's own; the gradient needs all of it. */
  const result: InlineOp = {
    kind: "inline",
    name: "attended",
    cost: 0,
    gradients: [null, ...Array.from({ length: sides }, (_, role) => rule(role)), null, null],
    emit: (emitter, { inputs: [stored] }, index) =>
      emitter.value(stored, { shape: stored.shape, flat: emitter.flat(index) }),
    strided: ({ shape }, { base, offset }) => ({ base, offset, strides: stridesOf(shape) }),
  };
  return { forward, result };
});

/**
 * Attention (Vaswani et al. 2017): softmax(scale q k^T) v for every head, where a query leaves out the
 * keys that it does not see; one that sees none gets zeros. Operands are read through strides: views of one
 * product cost no copy. Few pairs take two products and a softmax. Of more than `keptPairs` the matrix is
 * never in memory: one kernel forward; backward one for the sums of gradient times result, and one for all
 * three gradients.
 *
 * @param q Queries, f32 or f16 `[batch, heads, queries, columns]`.
 * @param k Keys `[batch, heads, keys, columns]`.
 * @param v Values `[batch, heads, keys, columns]`.
 * @param options Which keys a query sees, and the factor of the scores.
 * @returns f32 `[batch, heads, queries, columns]`; a view of rows that lie as `[batch, queries, heads,
 * columns]`.
 * @throws {ShapeError} Where the shapes do not belong together, or the mask is not bool.
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
  const [batch, heads, queries, width] = q.shape;
  const sizes = { batch, heads, queries, keys: k.shape[2], width, packed: false };
  if (keepsPairs(sizes, options)) return attendInPairs([q, k, v], options);
  return transpose(attend(separate, [q, k, v], sizes, options), [0, 2, 1, 3]);
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
  const [batch, rows, , heads, width] = qkv.shape;
  const sizes = { batch, heads, queries: rows, keys: rows, width, packed: true };
  if (keepsPairs(sizes, options)) {
    return transpose(attendInPairs(unpacked(qkv), options), [0, 2, 1, 3]);
  }
  return attend(packed, [qkv], sizes, options);
}

/**
 * The same as {@link attention}, composed from plain ops: it keeps the matrix of all pairs, and is a
 * check on the kernels.
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
  const { causal = false, scale = 1 / Math.sqrt(q.shape[3]) } = options;
  const mask = checkedMask(options.mask, [...q.shape.slice(0, 3), k.shape[2]]);
  return composed([q, k, v], constant(scale, "f32"), causal, mask);
}

function composed(
  [q, k, v]: readonly Tensor[],
  scale: Tensor,
  causal: boolean,
  mask: Tensor | undefined,
): Tensor {
  const scores = mul(matmul(q, k, { transposeB: true }), scale); // -> [batch, heads, queries, keys]
  const seen = seenPairs(scores.shape, causal, mask);
  const row = { axes: -1, keepDims: true };
  const held = where(seen, scores, UNSEEN);
  const shares = where(seen, exp(sub(held, stopGradient(max(held, row)))), 0);
  const total = sum(shares, row);
  return matmul(div(shares, where(equal(total, 0), 1, total)), v);
}

function keepsPairs(
  { batch, heads, queries, keys }: Omit<AttentionLayout, "causal">,
  { keptPairs = KEPT_PAIRS }: AttentionOptions,
): boolean {
  return batch * heads * queries * keys <= keptPairs;
}

/** Attention by two products with a softmax between them; the result is [batch, heads, queries, columns]. */
function attendInPairs(
  [q, k, v]: readonly Tensor[],
  { causal = false, mask, scale = 1 / Math.sqrt(q.shape[3]) }: AttentionOptions,
): Tensor {
  const scores = mul(matmul(q, k, { transposeB: true }), scale); // [batch, heads, queries, keys]
  const shown = checkedMask(mask, scores.shape);
  if (!causal && !shown) return matmul(softmax(scores), v);
  const seen = seenPairs(scores.shape, causal, shown);
  const shares = softmax(where(seen, scores, UNSEEN));
  const [queries, keys] = scores.shape.slice(-2);
  // Where all keys are unseen they share evenly, until they are taken out.
  const maybeBlind = shown !== undefined || queries > keys;
  return matmul(maybeBlind ? where(seen, shares, 0) : shares, v);
}

/** Which query sees which key, bool of the scores' shape. */
function seenPairs(shape: Shape, causal: boolean, mask: Tensor | undefined): Tensor {
  const [queries, keys] = shape.slice(-2);
  const places = reshape(add(arange(queries, "i32"), keys - queries), [queries, 1]);
  const last = causal ? places : constant(keys, "i32");
  const seen = lessEqual(arange(keys, "i32"), last);
  return broadcastTo(mask ? and(seen, mask) : seen, shape);
}

/** Records an attention; the result is [batch, queries, heads, columns]. */
function attend(
  { forward, result }: Family,
  sides: readonly Tensor[],
  sizes: Omit<AttentionLayout, "causal">,
  { causal = false, mask, scale = 1 / Math.sqrt(sizes.width) }: AttentionOptions,
): Tensor {
  const { batch, heads, queries, keys, width } = sizes;
  const seen = checkedMask(mask, [batch, heads, queries, keys]);
  const inputs = [...sides.map(asComputed), constant(scale, "f32"), ...seen ? [seen] : []];
  const layout: AttentionLayout = { ...sizes, causal };
  const rows = batch * queries * heads;
  const size = rows * width + rows * ROW_NUMBERS;
  const stored = record(forward, inputs.map(nodeOf), [size], "f32", { ...layout });
  const all = [stored, ...inputs.map(nodeOf)];
  return wrap(record(result, all, [batch, queries, heads, width], "f32", { ...layout }));
}

/** The gradient with respect to one operand: a part of what one kernel makes for all of them. */
function gradientOf(
  backward: KernelOp,
  role: number,
  g: Tensor,
  { inputs, output, attributes }: GradientContext,
): Tensor {
  const layout = attributes as unknown as AttentionLayout;
  const sides = layout.packed ? 1 : 3;
  const [stored, ...rest] = inputs;
  const [scale, mask] = rest.slice(sides);
  const delta = sum(mul(g, output), { axes: 3 }); // [batch, queries, heads]
  const parts = [...rest.slice(0, sides), g, scale, stored, delta, ...mask ? [mask] : []];
  const shapes = gradientShapes(layout);
  const total = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const shape = layout.packed ? rest[0].shape : [total];
  const all = wrap(record(backward, parts.map(nodeOf), shape, "f32", { ...layout }));
  if (layout.packed) return all;
  const start = shapes.slice(0, role).reduce((total, shape) => total + sizeOf(shape), 0);
  const own = slice(all, [start], [start + sizeOf(shapes[role])]);
  return transpose(reshape(own, shapes[role]), [0, 2, 1, 3]);
}

/** Shapes of the gradients of queries, keys and values as they lie one behind the other. */
function gradientShapes({ batch, heads, queries, keys, width }: AttentionLayout): Shape[] {
  return [queries, keys, keys].map((rows) => [batch, rows, heads, width]);
}

/** What the backward kernel means in plain ops; used where it is differentiated itself. */
function composedGradient(inputs: readonly Tensor[], attributes: object): Tensor {
  const layout = attributes as AttentionLayout;
  const sides = layout.packed ? 1 : 3;
  const operands = inputs.slice(0, sides);
  const [g, scale, , , mask] = inputs.slice(sides);
  const slopes = grad((q: readonly Tensor[]) => {
    const heads = layout.packed ? unpacked(q[0]) : q;
    const rows = transpose(composed(heads, scale, layout.causal, mask), [0, 2, 1, 3]);
    return sum(mul(rows, g));
  })(operands) as Tensor[];
  if (layout.packed) return slopes[0];
  return concat(slopes.map((slope) => reshape(transpose(slope, [0, 2, 1, 3]), [-1])));
}

/** Queries, keys and values as [batch, heads, rows, columns]. */
function unpacked(qkv: Tensor): Tensor[] {
  const [batch, rows, , heads, width] = qkv.shape;
  return [0, 1, 2].map((role) => {
    const own = slice(qkv, [0, 0, role, 0, 0], [batch, rows, role + 1, heads, width]);
    return transpose(reshape(own, [batch, rows, heads, width]), [0, 2, 1, 3]);
  });
}

/** Columns of all pairs of a query and a key. */
function pairNumbers({ batch, heads, queries, keys, width }: AttentionLayout): number {
  return batch * heads * queries * keys * width;
}

function layoutOf({ attributes }: Vertex): AttentionLayout {
  return attributes as unknown as AttentionLayout;
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
