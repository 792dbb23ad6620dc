/** A small convolutional network, with its features beside its logits. */

import { mean, relu, reshape, type Tensor } from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { checkSize } from "./check.ts";
import { Conv2d } from "./conv.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { deriveSeed } from "./seed.ts";

/** Options of {@linkcode CNN}. */
export interface CNNOptions {
  /** Channels, rows and columns of an image. */
  readonly image: readonly [number, number, number];
  /** Channels after each convolution, first to last: one number or more. */
  readonly channels: readonly number[];
  /** Width of the linear layer behind the convolutions; left out, channels are averaged instead. */
  readonly hidden?: number;
  /** Numbers in one row of the logits, from 1. */
  readonly outputs: number;
  /** Decides all start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
}

/**
 * 3 x 3 convolutions with stride 2, padding 1 and ReLU, each halving rows and columns; then either
 * all elements go through a linear layer with ReLU, or every channel is averaged; then a linear head.
 * All parameters start uniform in ±1/sqrt(fan in).
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { CNN } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const options = { image: [3, 8, 8], channels: [4, 8], hidden: 16, outputs: 10, seed: 1 } as const;
 * const { logits, features } = new CNN(options).forward(zeros([2, 3, 8, 8]));
 * assertEquals([logits.shape, features.shape], [[2, 10], [2, 16]]);
 * ```
 */
export class CNN extends Module {
  /** The convolutions, first to last. */
  readonly convolutions: readonly Conv2d[];
  /** The linear layer behind them, if there is one. */
  readonly hidden?: Linear;
  /** The last layer, from features to logits. */
  readonly head: Linear;
  readonly #image: readonly [number, number, number];

  /**
   * Makes the model.
   *
   * @param options Image, channels, widths and seed.
   * @throws {ConfigError} If a size is out of range.
   */
  constructor(options: CNNOptions) {
    super();
    const { image, channels, hidden, outputs, seed } = options;
    const action = "make a CNN";
    image.forEach((size, axis) => checkSize(action, `image.${axis}`, size));
    checkSize(action, "channels.length", channels.length);
    channels.forEach((size, i) => checkSize(action, `channels.${i}`, size));
    const widths = [image[0], ...channels];
    this.#image = image;
    this.convolutions = channels.map((size, i) => {
      const own = deriveSeed(seed, `convolutions.${i}`);
      return new Conv2d(widths[i], size, 3, { stride: 2, padding: 1, seed: own });
    });
    const last = channels[channels.length - 1];
    const halved = image.slice(1).map((size) => channels.reduce((n) => Math.ceil(n / 2), size));
    if (hidden !== undefined) {
      const elements = last * halved[0] * halved[1];
      this.hidden = new Linear(elements, hidden, { seed: deriveSeed(seed, "hidden") });
    }
    this.head = new Linear(hidden ?? last, outputs, { seed: deriveSeed(seed, "head") });
  }

  /**
   * Applies the model.
   *
   * @param x [batch, channels, rows, columns]; the channel axis may be missing where there is one.
   * @returns Logits [batch, outputs] and features [batch, hidden or the last channels].
   * @throws {ShapeError} If x does not hold such images.
   */
  forward(x: Tensor): { logits: Tensor; features: Tensor } {
    const images = asImages(x, this.#image);
    const maps = this.convolutions.reduce((y, layer) => relu(layer.forward(y)), images);
    const features = this.hidden
      ? relu(this.hidden.forward(reshape(maps, [x.shape[0], -1])))
      : mean(maps, { axes: [2, 3] });
    return { logits: this.head.forward(features), features };
  }
}

/** Images [batch, channels, rows, columns] from a batch of rows of that many numbers. */
export function asImages(x: Tensor, image: readonly [number, number, number]): Tensor {
  const size = image[0] * image[1] * image[2];
  if (x.rank < 2 || x.size !== x.shape[0] * size) {
    throw new ShapeError(
      `Cannot take ${showShape(x.shape)} as images ${showShape(image)}: a row holds ${
        x.rank < 2 ? 1 : x.size / x.shape[0]
      } numbers`,
      { shapes: [x.shape] },
    );
  }
  return reshape(x, [x.shape[0], ...image]);
}
