/** Convolution of images, and its gradients, without a matrix of patches in memory. */

import { writeGather } from "../convolution/gather.ts";
import { imagesPerThread, writeWeightGradient } from "../convolution/weights.ts";
import {
  type Pair,
  placesOf,
  type Window,
  windowOf,
  type WindowOptions,
} from "../convolution/window.ts";
import { ConfigError, ShapeError } from "../errors.ts";
import { type KernelOp, record } from "../node.ts";
import { type Shape, showShape, sizeOf } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { concat } from "./create.ts";
import { asComputed, refuseType } from "./define.ts";
import { laidOut } from "./laid_out.ts";
import { sum } from "./reduce.ts";
import { reshape, slice, transpose } from "./view.ts";

/** Settings of {@link conv2d}. A pair is one number for both axes, or `[rows, columns]`. */
export interface Conv2dOptions {
  /** Steps between neighbouring places of the window, from 1; default 1. */
  stride?: Pair;
  /** Zeros around the image, from 0; default 0. */
  padding?: Pair;
  /** Steps between neighbouring taps of the window, from 1; default 1. */
  dilation?: Pair;
  /** Groups of channels that do not mix; with as many as channels every channel has its own. */
  groups?: number;
}

/** Attributes of the three ops. */
interface Geometry {
  window: Window;
  groups: number;
}

/**
 * Convolution of images (without turning the kernel, as everywhere in deep learning):
 * `y[n, o, p, q] = sum over c, i, j of x[n, c, p stride + i dilation - padding, q ...] w[o, c, i, j]`.
 *
 * @param x Images, `[N, C, H, W]`.
 * @param w Weights, `[O, C / groups, rows, columns]`.
 * @param options Stride, padding, dilation, groups.
 * @returns `[N, O, H', W']` with `H' = floor((H + 2 padding - dilation (rows - 1) - 1) / stride) + 1`.
 * @throws {ShapeError} Where ranks or channels do not fit, or the window is larger than the image.
 * @throws {ConfigError} Where an option is out of range.
 *
 * @example
 * ```ts
 * import { conv2d, ones, openGpu } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const y = conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), { stride: 2, padding: 1 });
 * assertEquals(await y.toArray(), [[[[1, 2], [2, 4]]]]);
 * ```
 */
export function conv2d(x: Tensor, w: Tensor, options: Conv2dOptions = {}): Tensor {
  const { groups = 1 } = options;
  checkOperands(x, w, groups);
  const window = windowOf("convolve", [w.shape[2], w.shape[3]], options as WindowOptions);
  return convolve(asComputed(x), asComputed(w), { window, groups });
}

function checkOperands(x: Tensor, w: Tensor, groups: number): void {
  refuseType("conv2d", "float", x.dtype);
  refuseType("conv2d", "float", w.dtype);
  const names = `${showShape(x.shape)} by ${showShape(w.shape)}`;
  const shapes = { shapes: [x.shape, w.shape] };
  if (x.rank !== 4 || w.rank !== 4) {
    throw new ShapeError(
      `Cannot convolve ${names}: images are [N, C, H, W], weights [O, C / groups, rows, columns]`,
      shapes,
    );
  }
  const channels = x.shape[1];
  const divides = Number.isSafeInteger(groups) && groups >= 1 && channels % groups === 0 &&
    w.shape[0] % groups === 0;
  if (!divides) {
    throw new ConfigError(
      `Cannot convolve ${names} in ${groups} groups: groups must divide ${channels} and ` +
        `${w.shape[0]} channels`,
      { field: "groups", value: groups },
    );
  }
  if (w.shape[1] !== channels / groups) {
    throw new ShapeError(
      `Cannot convolve ${names}: the images have ${channels / groups} channels a group, the ` +
        `weights ${w.shape[1]}`,
      shapes,
    );
  }
}

/** The convolution of checked operands. */
function convolve(x: Tensor, w: Tensor, { window, groups }: Geometry): Tensor {
  const places = placesOf("convolve", x.shape, window);
  const nodes = [x, laidOut(transpose(w, [1, 2, 3, 0]))].map(nodeOf);
  const shape = [x.shape[0], w.shape[0], ...places];
  return wrap(record(convolutionOp, nodes, shape, "f32", { window, groups }));
}

/** Gradient with respect to the images [N, C, H, W], from slopes of the result. */
function imageGradient(g: Tensor, w: Tensor, shape: Shape, { window, groups }: Geometry): Tensor {
  const nodes = [g, laidOut(transpose(w, [0, 2, 3, 1]))].map(nodeOf);
  return wrap(record(imageGradientOp, nodes, shape, "f32", { window, groups }));
}

/** Gradient with respect to the weights [O, C / groups, rows, columns]. */
function weightGradient(x: Tensor, g: Tensor, { window, groups }: Geometry): Tensor {
  const [images, channels] = x.shape;
  const weights = [g.shape[1], channels / groups, ...window.kernel];
  const perThread = imagesPerThread(weights, groups, images);
  const parts = Math.ceil(images / perThread);
  const attributes = { window, groups, perThread };
  const nodes = [x, g].map(nodeOf);
  const sums = wrap(record(weightGradientOp, nodes, [parts, ...weights], "f32", attributes));
  return parts === 1 ? reshape(sums, weights) : sum(sums, { axes: 0 });
}

const convolutionOp: KernelOp = {
  kind: "kernel",
  name: "convolution",
  operands: ["strided", "strided"],
  gradients: [
    (g, { inputs: [x, laid], attributes }) =>
      imageGradient(g, transpose(laid, [3, 0, 1, 2]), x.shape, geometryOf(attributes)),
    (g, { inputs: [x], attributes }) =>
      transpose(weightGradient(x, g, geometryOf(attributes)), [1, 2, 3, 0]),
  ],
  operations: ({ shape, inputs: [, laid] }) => 2 * sizeOf(shape) * sizeOf(laid.shape.slice(0, -1)),
  write: (writer, vertex) =>
    writeGather(writer, vertex, { ...geometryOf(vertex.attributes), back: false }),
};

const imageGradientOp: KernelOp = {
  kind: "kernel",
  name: "imageGradient",
  operands: ["strided", "strided"],
  gradients: [
    (q, { inputs: [, laid], attributes }) =>
      convolve(q, transpose(laid, [0, 3, 1, 2]), geometryOf(attributes)),
    (q, { inputs: [g], attributes }) =>
      transpose(weightGradient(q, g, geometryOf(attributes)), [0, 2, 3, 1]),
  ],
  operations: ({ inputs: [g, laid] }) => 2 * sizeOf(g.shape) * sizeOf(laid.shape.slice(1)),
  write: (writer, vertex) =>
    writeGather(writer, vertex, { ...geometryOf(vertex.attributes), back: true }),
};

const weightGradientOp: KernelOp = {
  kind: "kernel",
  name: "weightGradient",
  operands: ["strided", "strided"],
  gradients: [
    (q, { inputs: [x, g], attributes }) =>
      byParts(q, attributes.perThread as number, x.shape[0], (own, from, to) => {
        const slopes = slice(g, [from], [to]);
        const shape = [to - from, ...x.shape.slice(1)];
        return imageGradient(slopes, own, shape, geometryOf(attributes));
      }),
    (q, { inputs: [x], attributes }) =>
      byParts(
        q,
        attributes.perThread as number,
        x.shape[0],
        (own, from, to) => convolve(slice(x, [from], [to]), own, geometryOf(attributes)),
      ),
  ],
  operations: ({ shape, inputs: [, g] }) => 2 * sizeOf(g.shape) * sizeOf(shape.slice(2)),
  write(writer, vertex) {
    const { window, groups } = geometryOf(vertex.attributes);
    const perThread = vertex.attributes.perThread as number;
    writeWeightGradient(writer, vertex, window, groups, perThread);
  },
};

function geometryOf(attributes: Readonly<Record<string, unknown>>): Geometry {
  return { window: attributes.window as Window, groups: attributes.groups as number };
}

/** Joins what each part of the images gives with its own weights. */
function byParts(
  q: Tensor,
  perThread: number,
  images: number,
  each: (weights: Tensor, from: number, to: number) => Tensor,
): Tensor {
  const results = Array.from({ length: q.shape[0] }, (_, part) => {
    const own = reshape(slice(q, [part], [part + 1]), q.shape.slice(1));
    const from = part * perThread;
    return each(own, from, Math.min(from + perThread, images));
  });
  return results.length === 1 ? results[0] : concat(results, 0);
}
