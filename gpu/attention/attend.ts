/**
 * Attention block by block: the pairs of a block are in memory while it is computed, and computed again
 * for the gradients, so that memory does not grow with the square of the rows.
 */

import { grad } from "../grad.ts";
import {
  type Attributes,
  type Gradient,
  type GradientContext,
  type InlineOp,
  type Node,
  record,
} from "../node.ts";
import { add, mul } from "../ops/binary.ts";
import { sum } from "../ops/reduce.ts";
import { rulesFrom } from "../ops/second_order.ts";
import { slice } from "../ops/view.ts";
import { packed } from "../pack.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { Joined, joined } from "./join.ts";
import { attendFromOps, attendInPairs, type Setting, type Sides } from "./pairs.ts";

/** The result beside the operands, which its gradients need: scale, queries, keys, values, mask. */
const attendedOp: InlineOp = {
  ...passing("attended"),
  gradients: [null, null, slopeRule(0), slopeRule(1), slopeRule(2), null],
};

/** A gradient of attention beside what it follows from, for where it is differentiated itself. */
const slopeOps: readonly InlineOp[] = [0, 1, 2].map((role) => ({
  ...passing("attentionSlope"),
  gradients: rulesFrom(
    ([, g, ...operands], attributes) => composedSlope(role, g, operands, attributes),
    [false, true, false, true, true, true, false],
  ),
}));

/** An operand of the second pass: without it what both passes compute would be one, and kept. */
const againOp: InlineOp = { ...passing("again"), gradients: [(g) => g] };

/** The first input, once the others have been computed. */
const afterOp: InlineOp = { ...passing("after"), gradients: [(g) => g, null, null] };

function passing(name: string): Omit<InlineOp, "gradients"> {
  return {
    kind: "inline",
    name,
    cost: 0,
    pointwise: true,
    emit: (emitter, { inputs: [x] }, index) => emitter.value(x, index),
    strided: (_, input) => input,
  };
}

/**
 * Attention in blocks of at most so many pairs.
 *
 * @param sides f32 `[batch, heads, rows, columns]`.
 * @param setting Scale, mask, and whether it is causal.
 * @param most Pairs of a query and a key that are done at once.
 * @returns f32 `[batch, heads, queries, columns]`.
 */
export function attendInBlocks(sides: Sides, setting: Setting, most: number): Tensor {
  const [q, k] = sides;
  const { scale, mask, causal, ahead } = setting;
  const { blocks, axis } = blocksOf([...q.shape.slice(0, 3), k.shape[2], q.shape[3]], most);
  const pieces = blocks.map((block) =>
    attendInPairs(sidesOf(sides, block), settingOf(setting, block))
  );
  const result = joined(pieces, q.shape, axis);
  const nodes = [result, scale, ...sides, ...mask ? [mask] : []].map(nodeOf);
  return wrap(record(attendedOp, nodes, q.shape, "f32", { causal, ahead, most }));
}

/** The gradient for queries (0), keys (1) or values (2). */
function slopeRule(role: number): Gradient {
  return (g, context) => {
    const own = slopesOnce(g, context)[role];
    const nodes = [own, g, ...context.inputs.slice(1)].map(nodeOf);
    return wrap(record(slopeOps[role], nodes, own.shape, "f32", context.attributes));
  };
}

type Slopes = readonly [Tensor, Tensor, Tensor];

const latest = new WeakMap<Tensor, { output: Node; slopes: Slopes }>();

/** Gradients for queries, keys and values: what all three rules ask for is recorded once. */
function slopesOnce(g: Tensor, { inputs, output, attributes }: GradientContext): Slopes {
  const known = latest.get(g);
  if (known?.output === nodeOf(output)) return known.slopes;
  const slopes = slopesInBlocks(g, inputs.slice(1), attributes);
  latest.set(g, { output: nodeOf(output), slopes });
  return slopes;
}

/** Gradients for queries, keys and values, from one buffer that the blocks fill one after the other. */
function slopesInBlocks(
  g: Tensor,
  operands: readonly Tensor[],
  attributes: Attributes,
): Slopes {
  const { setting, sides } = given(operands.map(again), attributes);
  const [q, k] = sides;
  const sizes = [...q.shape.slice(0, 3), k.shape[2], q.shape[3]];
  const { blocks, axis } = blocksOf(sizes, attributes.most as number);
  const queries = new Joined(q.shape, axis, 0);
  const keys = new Joined(k.shape, axis, queries.end);
  const values = new Joined(k.shape, axis, keys.end);
  const pieces: Tensor[] = [];
  const offsets: number[] = [];
  const place = (whole: Joined, piece: Tensor) => {
    offsets.push(whole.next(piece.size));
    pieces.push(piece);
  };
  let sums: [Tensor, Tensor] | undefined;
  for (const block of blocks) {
    const [dq, dk, dv] = slopesOf(sidesOf(sides, block), settingOf(setting, block), part(g, block));
    sums = sums === undefined ? [dk, dv] : [add(sums[0], dk), add(sums[1], dv)];
    if (block.ends[2] < q.shape[2]) {
      place(queries, after(dq, sums));
      continue;
    }
    place(queries, dq);
    place(keys, sums[0]);
    place(values, sums[1]);
    sums = undefined;
  }
  const buffer = packed(pieces, offsets, values.end);
  return [queries.from(buffer), keys.from(buffer), values.from(buffer)];
}

/** Gradients of one block. */
function slopesOf(sides: Sides, setting: Setting, g: Tensor): Slopes {
  const slopes = grad((own: readonly Tensor[]) => {
    return sum(mul(attendInPairs(own as unknown as Sides, setting), g));
  });
  return slopes(sides.map(again)) as unknown as Slopes;
}

function composedSlope(
  role: number,
  g: Tensor,
  operands: readonly Tensor[],
  attributes: Attributes,
): Tensor {
  const { setting, sides } = given(operands, attributes);
  const slopes = grad((own: readonly Tensor[]) => {
    return sum(mul(attendFromOps(own as unknown as Sides, setting), g));
  });
  return slopes(sides.map(again))[role];
}

/** What the inputs and attributes of an entry stand for. */
function given(
  [scale, q, k, v, mask]: readonly Tensor[],
  { causal, ahead }: Attributes,
): { setting: Setting; sides: Sides } {
  const setting = { scale, mask, causal: causal as boolean, ahead: ahead as number };
  return { setting, sides: [q, k, v] };
}

function again(x: Tensor): Tensor {
  return wrap(record(againOp, [nodeOf(x)], x.shape, x.dtype));
}

function after(x: Tensor, others: readonly Tensor[]): Tensor {
  return wrap(record(afterOp, [x, ...others].map(nodeOf), x.shape, x.dtype));
}

/** The part of `[batch, heads, queries, ...]` that belongs to a block; axes of size 1 stay. */
function part(x: Tensor, { starts, ends }: Block): Tensor {
  const inside = (place: number, axis: number) => x.shape[axis] === 1 ? undefined : place;
  const [from, to] = [starts, ends].map((places) => places.map(inside)) as number[][];
  return slice(x, from.map((n) => n ?? 0), to.map((n) => n ?? 1));
}

function sidesOf([q, k, v]: Sides, block: Block): Sides {
  const { starts, ends } = block;
  const [keys, values] = [k, v].map((x) => slice(x, starts.slice(0, 2), ends.slice(0, 2)));
  return [slice(q, starts, ends), keys, values];
}

function settingOf(setting: Setting, block: Block): Setting {
  const { mask, ahead } = setting;
  return { ...setting, ahead: ahead + block.starts[2], mask: mask && part(mask, block) };
}
