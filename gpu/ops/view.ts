/** Views: other shapes and other orders of the same elements. None of them costs a kernel. */

import { ShapeError } from "../errors.ts";
import { type InlineOp, record } from "../node.ts";
import {
  checkShape,
  resolveAxis,
  sameShape,
  type Shape,
  showShape,
  sizeOf,
  squeezed,
  stridesOf,
} from "../shape.ts";
import { constant, nodeOf, type Tensor, wrap } from "../tensor.ts";
import { isWatched } from "../tracing.ts";
import { sum } from "./reduce.ts";

const reshapeOp: InlineOp = {
  kind: "inline",
  name: "reshape",
  gradients: [(g, { inputs }) => reshape(g, inputs[0].shape)],
  cost: 0,
  pointwise: true,
  emit: (emitter, { inputs: [x] }, index) => emitter.value(x, emitter.reshaped(index, x.shape)),
  strided({ shape, inputs: [x] }, input) {
    if (sameShape(squeezed(shape), squeezed(x.shape))) {
      const kept = input.strides.filter((_, axis) => x.shape[axis] !== 1);
      let next = 0;
      return { ...input, strides: shape.map((size) => size === 1 ? 0 : kept[next++]) };
    }
    const own = stridesOf(x.shape);
    const contiguous = input.strides.every((s, axis) => x.shape[axis] === 1 || s === own[axis]);
    return contiguous ? { ...input, strides: stridesOf(shape) } : null;
  },
};

/**
 * The same elements, row-major, under another shape.
 *
 * @param x Any tensor.
 * @param shape New sizes; one of them may be -1 and is then worked out.
 * @returns A view.
 * @throws {ShapeError} Where the number of elements differs.
 *
 * @example
 * ```ts
 * import { arange, openGpu, reshape } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await reshape(arange(4), [2, -1]).toArray(), [[0, 1], [2, 3]]);
 * ```
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = sizeOf(shape.filter((size) => size !== -1));
  const full = shape.map((size) => size === -1 ? x.size / known : size);
  if (sizeOf(full) !== x.size || full.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new ShapeError(
      `Cannot reshape ${showShape(x.shape)} to ${showShape(shape)}: it has ${x.size} elements`,
      { shapes: [x.shape, shape] },
    );
  }
  if (sameShape(full, x.shape)) return x;
  checkShape(full, "make a tensor of shape");
  return wrap(record(reshapeOp, [nodeOf(x)], full, x.dtype));
}

const transposeOp: InlineOp = {
  kind: "inline",
  name: "transpose",
  gradients: [(g, { attributes }) => {
    const order = attributes.order as readonly number[];
    return transpose(g, order.map((_, axis) => order.indexOf(axis)));
  }],
  cost: 0,
  emit(emitter, { inputs: [x], attributes }, index) {
    const order = attributes.order as readonly number[];
    const outer = emitter.coordinates(index);
    const coordinates = x.shape.map((_, axis) => outer[order.indexOf(axis)]);
    return emitter.value(x, { shape: x.shape, coordinates });
  },
  strided({ attributes }, input) {
    const order = attributes.order as readonly number[];
    return { ...input, strides: order.map((axis) => input.strides[axis]) };
  },
};

/**
 * Reorders the axes.
 *
 * @param x A tensor.
 * @param axes For each axis of the result, the axis of `x`; default: the last two swap.
 * @returns A view.
 * @throws {ShapeError} Where `axes` does not name every axis once.
 *
 * @example
 * ```ts
 * import { openGpu, tensor, transpose } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await transpose(tensor([[1, 2], [3, 4]])).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  const order = (axes ?? lastTwoSwapped(x)).map((a) => resolveAxis(a, x.rank, "transpose"));
  if (new Set(order).size !== x.rank || order.length !== x.rank) {
    throw new ShapeError(
      `Cannot transpose ${showShape(x.shape)} by axes ${showShape(order)}: name every axis once`,
    );
  }
  if (order.every((axis, i) => axis === i)) return x;
  const node = nodeOf(x);
  if (node.op === transposeOp && node.value === undefined && !isWatched(node)) {
    // Two in a row are one, or none at all.
    const inner = node.attributes.order as readonly number[];
    return transpose(wrap(node.inputs[0]), order.map((axis) => inner[axis]));
  }
  const shape = order.map((axis) => x.shape[axis]);
  return wrap(record(transposeOp, [node], shape, x.dtype, { order }));
}

/** True for a view whose last two axes are swapped. */
export function isTransposed(x: Tensor): boolean {
  const { op, attributes, value } = nodeOf(x);
  if (op !== transposeOp || value !== undefined) return false;
  const order = attributes.order as readonly number[];
  return order.at(-1) === x.rank - 2 && order.at(-2) === x.rank - 1;
}

function lastTwoSwapped({ rank, shape }: Tensor): number[] {
  if (rank < 2) {
    throw new ShapeError(`Cannot transpose ${showShape(shape)}: it has ${rank} axes, not two`);
  }
  const order = Array.from({ length: rank }, (_, axis) => axis);
  return [...order.slice(0, -2), rank - 1, rank - 2];
}

const broadcastOp: InlineOp = {
  kind: "inline",
  name: "broadcast",
  gradients: [(g, { inputs: [x] }) => {
    const axes = x.shape.flatMap((size, axis) => size === 1 && g.shape[axis] !== 1 ? [axis] : []);
    return sum(g, { axes, keepDims: true });
  }],
  cost: 0,
  emit: (emitter, { inputs: [x] }, index) => emitter.value(x, emitter.broadcast(index, x.shape)),
  strided({ shape, inputs: [x] }, input) {
    return { ...input, strides: shape.map((_, i) => x.shape[i] === 1 ? 0 : input.strides[i]) };
  },
};

/**
 * Repeats axes of size 1 (and missing leading axes) by NumPy's rules.
 *
 * @param x A tensor.
 * @param shape Shape to fill.
 * @returns A view.
 * @throws {ShapeError} Where an axis is neither 1 nor of the asked size.
 *
 * @example
 * ```ts
 * import { broadcastTo, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await broadcastTo(tensor([1, 2]), [2, 2]).toArray(), [[1, 2], [1, 2]]);
 * ```
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  const missing = shape.length - x.rank;
  const aligned = [...Array<number>(Math.max(0, missing)).fill(1), ...x.shape];
  if (missing < 0 || aligned.some((size, i) => size !== 1 && size !== shape[i])) {
    throw new ShapeError(
      `Cannot broadcast ${showShape(x.shape)} to ${showShape(shape)}: sizes must match or be 1`,
      { shapes: [x.shape, shape] },
    );
  }
  checkShape(shape, "broadcast to");
  const same = reshape(x, aligned);
  if (sameShape(aligned, shape)) return same;
  return wrap(record(broadcastOp, [nodeOf(same)], [...shape], x.dtype));
}

const sliceOp: InlineOp = {
  kind: "inline",
  name: "slice",
  gradients: [(g, { inputs: [x], attributes }) => {
    const starts = attributes.starts as readonly number[];
    return pad(g, starts, x.shape.map((size, i) => size - starts[i] - g.shape[i]));
  }],
  cost: 0,
  emit(emitter, { inputs: [x], attributes }, index) {
    const starts = attributes.starts as readonly number[];
    const coordinates = emitter.coordinates(index).map((c, axis) =>
      starts[axis] === 0 ? c : emitter.let(`${c} + ${emitter.param(starts[axis])}`, "u32")
    );
    return emitter.value(x, { shape: x.shape, coordinates });
  },
  strided({ attributes }, input) {
    const starts = attributes.starts as readonly number[];
    const offset = starts.reduce((sum, s, axis) => sum + s * input.strides[axis], input.offset);
    return { ...input, offset };
  },
};

/**
 * A block of a tensor.
 *
 * @param x A tensor.
 * @param starts First position on each axis; missing axes are taken whole, negative counts from the end.
 * @param ends Position after the last on each axis, likewise.
 * @returns A view.
 * @throws {ShapeError} Where the block is empty, reaches outside, or names more axes than there are.
 *
 * @example
 * ```ts
 * import { openGpu, slice, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await slice(tensor([1, 2, 3, 4]), [1], [-1]).toArray(), [2, 3]);
 * ```
 */
export function slice(x: Tensor, starts: readonly number[], ends: readonly number[] = []): Tensor {
  const named = Math.max(starts.length, ends.length);
  if (named > x.rank) {
    throw new ShapeError(`Cannot slice ${showShape(x.shape)} on ${named} axes: it has ${x.rank}`);
  }
  const place = (value: number | undefined, axis: number, fallback: number) =>
    value === undefined ? fallback : value < 0 ? value + x.shape[axis] : value;
  const from = x.shape.map((_, axis) => place(starts[axis], axis, 0));
  const to = x.shape.map((size, axis) => place(ends[axis], axis, size));
  const axis = x.shape.findIndex((size, axis) =>
    from[axis] < 0 || to[axis] > size || from[axis] >= to[axis] ||
    !Number.isInteger(from[axis]) || !Number.isInteger(to[axis])
  );
  if (axis >= 0) {
    throw new ShapeError(
      `Cannot slice ${showShape(x.shape)} from ${from[axis]} to ${
        to[axis]
      } on axis ${axis}: its size is ${x.shape[axis]}`,
    );
  }
  const shape = from.map((start, axis) => to[axis] - start);
  if (sameShape(shape, x.shape)) return x;
  return wrap(record(sliceOp, [nodeOf(x)], shape, x.dtype, { starts: from }));
}

const padOp: InlineOp = {
  kind: "inline",
  name: "pad",
  gradients: [(g, { inputs: [x], attributes }) => {
    const before = attributes.before as readonly number[];
    return slice(g, before, before.map((n, axis) => n + x.shape[axis]));
  }, null],
  cost: 1,
  emit(emitter, { inputs: [x, fill], dtype, shape, attributes }, index) {
    const before = attributes.before as readonly number[];
    const outer = emitter.coordinates(index);
    const inside: string[] = [];
    const coordinates = outer.map((c, axis) => {
      if (shape[axis] === x.shape[axis]) return c;
      // A coordinate before the start wraps to a huge number, which the same test refuses.
      const inner = before[axis] === 0
        ? c
        : emitter.let(`${c} - ${emitter.param(before[axis])}`, "u32");
      const size = emitter.param(x.shape[axis]);
      inside.push(`${inner} < ${size}`);
      return emitter.let(`min(${inner}, ${size} - 1u)`, "u32");
    });
    const value = emitter.value(x, { shape: x.shape, coordinates });
    const outside = emitter.value(fill, { shape: [], flat: "0u", coordinates: [] });
    const type = dtype === "f16" ? "f32" : dtype;
    return emitter.let(`select(${outside}, ${value}, ${inside.join(" && ")})`, type);
  },
};

/**
 * Surrounds a tensor with a value.
 *
 * @param x A tensor.
 * @param before Elements to add before each axis.
 * @param after Elements to add after each axis.
 * @param value What they hold; default 0.
 * @returns The padded tensor.
 * @throws {ShapeError} For negative or missing counts.
 *
 * @example
 * ```ts
 * import { openGpu, pad, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await pad(tensor([1, 2]), [1], [2]).toArray(), [0, 1, 2, 0, 0]);
 * ```
 */
export function pad(
  x: Tensor,
  before: readonly number[],
  after: readonly number[],
  value: number = 0,
): Tensor {
  const counts = [...before, ...after];
  if (
    before.length !== x.rank || after.length !== x.rank ||
    counts.some((n) => !Number.isInteger(n) || n < 0)
  ) {
    throw new ShapeError(
      `Cannot pad ${showShape(x.shape)} by ${showShape(before)} and ${
        showShape(after)
      }: give one count from 0 per axis`,
    );
  }
  const shape = x.shape.map((size, axis) => before[axis] + size + after[axis]);
  if (sameShape(shape, x.shape)) return x;
  checkShape(shape, "pad to");
  const fill = nodeOf(constant(value, x.dtype));
  return wrap(record(padOp, [nodeOf(x), fill], shape, x.dtype, { before: [...before] }));
}
