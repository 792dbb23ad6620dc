/** Pooling of images: the largest, or the mean, of every place of a window. */

import { type Pair, placesOf, type Window, windowOf } from "../convolution/window.ts";
import { ShapeError } from "../errors.ts";
import { type GradientContext, type InlineOp, record, type Vertex } from "../node.ts";
import type { Emitter } from "../plan/emitter.ts";
import { type Shape, showShape } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { mul } from "./binary.ts";
import { asComputed, refuseType } from "./define.ts";

/** Arithmetic for each tap of a window. */
const TAP_COST = 3;

/** Settings of {@link maxPool2d} and {@link avgPool2d}. */
export interface PoolOptions {
  /** Steps between neighbouring places of the window, from 1; default the window's size. */
  stride?: Pair;
  /** Width of the margin around the image, from 0 to half the window; default 0. */
  padding?: Pair;
}

/**
 * Largest element of every place of a window; margins never win, and whether NaN wins depends on its
 * place and on the driver. The gradient goes to the first of equal elements, row by row.
 *
 * @param x Images, `[N, C, H, W]`.
 * @param kernel Rows and columns of the window.
 * @param options Stride and padding.
 * @returns `[N, C, H', W']` with `H' = floor((H + 2 padding - rows) / stride) + 1`.
 * @throws {ShapeError} Where x has other axes, or is smaller than the window.
 * @throws {ConfigError} Where an option is out of range.
 *
 * @example
 * ```ts
 * import { maxPool2d, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const x = tensor([[[[1, 2, 5, 0], [4, 3, 0, 6]]]]);
 * assertEquals(await maxPool2d(x, 2).toArray(), [[[[4, 6]]]]);
 * ```
 */
export function maxPool2d(x: Tensor, kernel: Pair, options: PoolOptions = {}): Tensor {
  const { window, shape, images } = prepared(x, kernel, options);
  const tap = wrap(record(largestTapOp, [nodeOf(images)], shape, "i32", { window }));
  return wrap(record(elementAtTapOp, [images, tap].map(nodeOf), shape, "f32", { window }));
}

/**
 * Mean of every place of a window; margins count as zeros.
 *
 * @param x Images, `[N, C, H, W]`.
 * @param kernel Rows and columns of the window.
 * @param options Stride and padding.
 * @returns `[N, C, H', W']`, sizes as for {@link maxPool2d}.
 * @throws {ShapeError} Where x has other axes, or is smaller than the window.
 * @throws {ConfigError} Where an option is out of range.
 *
 * @example
 * ```ts
 * import { avgPool2d, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const x = tensor([[[[1, 2, 5, 0], [4, 3, 0, 6]]]]);
 * assertEquals(await avgPool2d(x, 2).toArray(), [[[[2.5, 2.75]]]]);
 * ```
 */
export function avgPool2d(x: Tensor, kernel: Pair, options: PoolOptions = {}): Tensor {
  const { window, shape, images } = prepared(x, kernel, options);
  const sums = wrap(record(windowSumOp, [nodeOf(images)], shape, "f32", { window }));
  return mul(sums, 1 / (window.kernel[0] * window.kernel[1]));
}

function prepared(x: Tensor, kernel: Pair, options: PoolOptions) {
  refuseType("pooling", "float", x.dtype);
  if (x.rank !== 4) {
    throw new ShapeError(`Cannot pool ${showShape(x.shape)}: images are [N, C, H, W]`, {
      shapes: [x.shape],
    });
  }
  const { stride = kernel, padding = 0 } = options;
  const window = windowOf("pool", kernel, { stride, padding });
  if (window.padding.some((margin, axis) => margin > window.kernel[axis] / 2)) {
    throw new ShapeError(
      `Cannot pool ${showShape(x.shape)} with padding ${window.padding.join(" x ")}: a window of ` +
        `${window.kernel.join(" x ")} takes at most half its size`,
      { shapes: [x.shape] },
    );
  }
  const shape = [...x.shape.slice(0, 2), ...placesOf("pool", x.shape, window)];
  return { window, shape, images: asComputed(x) };
}

/** Number of the tap (row by row) that holds the largest element of the window. */
const largestTapOp: InlineOp = {
  kind: "inline",
  name: "largestTap",
  gradients: [null],
  cost: TAP_COST,
  taps: windowSize,
  emit(emitter, vertex, index) {
    const [x] = vertex.inputs;
    let best = "0.0";
    let winner = "-1";
    for (
      const { tap, inside, coordinates } of met(emitter, vertex, emitter.coordinates(index), x)
    ) {
      const value = emitter.value(x, { shape: x.shape, coordinates });
      const larger = `(${winner} < 0 || ${value} > ${best})`;
      const wins = emitter.let(inside === undefined ? larger : `${inside} && ${larger}`, "bool");
      best = emitter.let(`select(${best}, ${value}, ${wins})`, "f32");
      winner = emitter.let(`select(${winner}, ${tap}, ${wins})`, "i32");
    }
    return winner;
  },
};

/** The window's element at the tap that the second input names. */
const elementAtTapOp: InlineOp = {
  kind: "inline",
  name: "elementAtTap",
  gradients: [
    (g, { inputs: [x, tap], attributes }) =>
      wrap(record(spreadToTapOp, [g, tap].map(nodeOf), x.shape, "f32", attributes)),
    null,
  ],
  cost: 4,
  emit(emitter, vertex, index) {
    const [x, taps] = vertex.inputs;
    const { kernel: [, width], stride, padding } = windowIn(vertex);
    const [image, channel, row, column] = emitter.coordinates(index);
    const tap = emitter.let(`u32(${emitter.value(taps, index)})`, "u32");
    const coordinates = [
      image,
      channel,
      emitter.let(`${row} * ${stride[0]}u + ${tap} / ${width}u - ${padding[0]}u`, "u32"),
      emitter.let(`${column} * ${stride[1]}u + ${tap} % ${width}u - ${padding[1]}u`, "u32"),
    ];
    return emitter.value(x, { shape: x.shape, coordinates });
  },
};

/** For every element of the image, the sum over the places that it was the largest of. */
const spreadToTapOp: InlineOp = {
  kind: "inline",
  name: "spreadToTap",
  gradients: [
    (q, { inputs: [g, tap], attributes }) =>
      wrap(record(elementAtTapOp, [q, tap].map(nodeOf), g.shape, "f32", attributes)),
    null,
  ],
  cost: TAP_COST,
  taps: windowSize,
  emit: (emitter, vertex, index) => {
    const [g, taps] = vertex.inputs;
    return sumOverPlaces(emitter, vertex, emitter.coordinates(index), ({ tap, coordinates }) => {
      const place = { shape: g.shape, coordinates };
      const own = `${emitter.value(taps, place)} == ${tap}`;
      return `select(0.0, ${emitter.value(g, place)}, ${own})`;
    });
  },
};

/** Sum over the window. */
const windowSumOp: InlineOp = {
  kind: "inline",
  name: "windowSum",
  gradients: [(g, context) => related(windowSpreadOp, g, context)],
  cost: TAP_COST,
  taps: windowSize,
  emit(emitter, vertex, index) {
    const [x] = vertex.inputs;
    const terms = met(emitter, vertex, emitter.coordinates(index), x);
    return totalOf(
      emitter,
      terms,
      ({ coordinates }) => emitter.value(x, { shape: x.shape, coordinates }),
    );
  },
};

/** For every element of the image, the sum over the places that it is part of. */
const windowSpreadOp: InlineOp = {
  kind: "inline",
  name: "windowSpread",
  gradients: [(q, context) => related(windowSumOp, q, context)],
  cost: TAP_COST,
  taps: windowSize,
  emit: (emitter, vertex, index) => {
    const [g] = vertex.inputs;
    return sumOverPlaces(
      emitter,
      vertex,
      emitter.coordinates(index),
      ({ coordinates }) => emitter.value(g, { shape: g.shape, coordinates }),
    );
  },
};

function related(op: InlineOp, g: Tensor, { inputs: [x], attributes }: GradientContext): Tensor {
  return wrap(record(op, [nodeOf(g)], x.shape, "f32", attributes));
}

/** One tap of the window and the element that it meets. */
interface Met {
  tap: number;
  /** Condition under which the element is there; undefined where it always is. */
  inside: string | undefined;
  /** The element's place, or the nearest one inside. */
  coordinates: string[];
}

function windowIn(vertex: Vertex): Window {
  return vertex.attributes.window as Window;
}

/** Taps of the window. */
function windowSize(vertex: Vertex): number {
  const [rows, columns] = windowIn(vertex).kernel;
  return rows * columns;
}

/** The image's elements under the window at a place. */
function met(
  emitter: Emitter,
  vertex: Vertex,
  [image, channel, ...place]: readonly string[],
  x: { shape: Shape },
): Met[] {
  const { stride, padding } = windowIn(vertex);
  return tapsOf(vertex).map(({ tap, offsets }) => {
    const axes = offsets.map((offset, a) => {
      const at = emitter.let(`i32(${place[a]} * ${stride[a]}u) + ${offset - padding[a]}`, "i32");
      return axisAt(emitter, at, x.shape[2 + a], padding[a] > 0);
    });
    return { tap, ...joined(image, channel, axes) };
  });
}

/** The places of the window over which an element of the image lies, one for each tap. */
function sumOverPlaces(
  emitter: Emitter,
  vertex: Vertex,
  [image, channel, ...own]: readonly string[],
  value: (met: Met) => string,
): string {
  const { stride, padding } = windowIn(vertex);
  const places = vertex.inputs[0].shape;
  const terms = tapsOf(vertex).map(({ tap, offsets }) => {
    const axes = offsets.map((offset, a) => {
      const reach = emitter.let(`i32(${own[a]}) + ${padding[a] - offset}`, "i32");
      const at = emitter.let(`${reach} / ${stride[a]}`, "i32");
      const axis = axisAt(emitter, at, places[2 + a], true);
      const whole = `${reach} >= 0 && ${reach} % ${stride[a]} == 0 && ${axis.inside}`;
      return { ...axis, inside: emitter.let(whole, "bool") };
    });
    return { tap, ...joined(image, channel, axes) };
  });
  return totalOf(emitter, terms, value);
}

function tapsOf(vertex: Vertex): { tap: number; offsets: [number, number] }[] {
  const [rows, columns] = windowIn(vertex).kernel;
  return Array.from({ length: rows * columns }, (_, tap) => {
    return { tap, offsets: [Math.floor(tap / columns), tap % columns] };
  });
}

function axisAt(emitter: Emitter, at: string, size: number, masked: boolean) {
  const last = `i32(${emitter.param(size - 1)})`;
  if (!masked) return { place: `u32(${at})`, inside: undefined };
  const inside = emitter.let(`${at} >= 0 && ${at} <= ${last}`, "bool");
  return { place: emitter.let(`u32(clamp(${at}, 0, ${last}))`, "u32"), inside };
}

function joined(
  image: string,
  channel: string,
  axes: readonly { place: string; inside: string | undefined }[],
): { inside: string | undefined; coordinates: string[] } {
  const tests = axes.flatMap(({ inside }) => inside === undefined ? [] : [inside]);
  return {
    inside: tests.length === 0 ? undefined : tests.join(" && "),
    coordinates: [image, channel, ...axes.map(({ place }) => place)],
  };
}

function totalOf(
  emitter: Emitter,
  terms: readonly Met[],
  value: (met: Met) => string,
): string {
  let total = "0.0";
  for (const term of terms) {
    const part = value(term);
    const own = term.inside === undefined ? part : `select(0.0, ${part}, ${term.inside})`;
    total = emitter.let(`${total} + ${own}`, "f32");
  }
  return total;
}
