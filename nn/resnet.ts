/** Residual networks for small images, with features beside logits. */

import { add, avgPool2d, mean, pad, relu, type Tensor } from "../gpu/mod.ts";
import { BatchNorm2d } from "./batch_norm.ts";
import { checkOption, checkSize } from "./check.ts";
import { asImages } from "./cnn.ts";
import { Conv2d } from "./conv.ts";
import { Linear } from "./linear.ts";
import { type Context, type Layer, Module } from "./module.ts";
import { deriveSeed } from "./seed.ts";

/** Options of {@linkcode ResNet}. */
export interface ResNetOptions {
  /** Channels, rows and columns of an image. */
  readonly image: readonly [number, number, number];
  /** Layers with weights: 6 n + 2 for n blocks a stage, such as 20, 32, 56. */
  readonly depth: number;
  /** Numbers in one row of the logits, from 1. */
  readonly outputs: number;
  /** Decides all start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
}

/** Channels of the three stages. */
const STAGES = [16, 32, 64];

/**
 * The residual network for CIFAR (He et al. 2015, section 4.2): a 3 x 3 convolution to 16 channels,
 * three stages of n blocks with 16, 32 and 64 channels, the second and third with half as many rows
 * and columns; the global mean of every channel; a linear head. Shortcuts have no parameters: where
 * a stage begins, every second row and column is taken and new channels are 0. Convolutions start
 * normal with variance 2/(fan in) and have no bias, since a batch norm follows each.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { ResNet } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const model = new ResNet({ image: [3, 8, 8], depth: 8, outputs: 10, seed: 1 });
 * const { logits, features } = model.forward(zeros([2, 3, 8, 8]));
 * assertEquals([logits.shape, features.shape], [[2, 10], [2, 64]]);
 * ```
 */
export class ResNet extends Module {
  /** First convolution and its norm. */
  readonly stem: Module & Layer;
  /** Blocks of all stages, first to last. */
  readonly blocks: readonly (Module & Layer)[];
  /** From features to logits. */
  readonly head: Linear;
  readonly #image: readonly [number, number, number];

  /**
   * Makes the model.
   *
   * @param options Image, depth and seed.
   * @throws {ConfigError} If a size is out of range.
   */
  constructor({ image, depth, outputs, seed }: ResNetOptions) {
    super();
    const action = "make a residual network";
    image.forEach((size, axis) => checkSize(action, `image.${axis}`, size));
    const count = (depth - 2) / 6;
    const holds = Number.isSafeInteger(count) && count >= 1;
    checkOption(action, "depth", depth, "8, 14, 20 and so on: 6 n + 2", holds);
    this.#image = image;
    this.stem = new Unit(image[0], STAGES[0], 1, deriveSeed(seed, "stem"));
    this.blocks = STAGES.flatMap((channels, stage) =>
      Array.from({ length: count }, (_, i) => {
        const first = i === 0 && stage > 0;
        const own = deriveSeed(seed, `blocks.${stage * count + i}`);
        return new Block(first ? STAGES[stage - 1] : channels, channels, first ? 2 : 1, own);
      })
    );
    this.head = new Linear(STAGES[2], outputs, { seed: deriveSeed(seed, "head") });
  }

  /**
   * Applies the model.
   *
   * @param x [batch, channels, rows, columns].
   * @param context Whether this is training: batch norms then use and remember the batch.
   * @returns Logits [batch, outputs] and features [batch, 64].
   * @throws {ShapeError} If x does not hold such images.
   */
  forward(x: Tensor, context: Context = {}): { logits: Tensor; features: Tensor } {
    const first = relu(this.stem.forward(asImages(x, this.#image), context));
    const maps = this.blocks.reduce((y, block) => block.forward(y, context), first);
    const features = mean(maps, { axes: [2, 3] }); // [batch, 64, rows, columns] -> [batch, 64]
    return { logits: this.head.forward(features), features };
  }
}

/** A 3 x 3 convolution and its batch norm. */
class Unit extends Module {
  readonly convolution: Conv2d;
  readonly norm: BatchNorm2d;

  constructor(inputs: number, outputs: number, stride: number, seed: number) {
    super();
    const start = { seed, bias: false, init: "kaimingNormal" } as const;
    this.convolution = new Conv2d(inputs, outputs, 3, { stride, padding: 1, ...start });
    this.norm = new BatchNorm2d(outputs);
  }

  forward(x: Tensor, context: Context = {}): Tensor {
    return this.norm.forward(this.convolution.forward(x), context);
  }
}

/** Two units beside a shortcut. */
class Block extends Module {
  readonly first: Unit;
  readonly second: Unit;
  readonly #stride: number;

  constructor(inputs: number, outputs: number, stride: number, seed: number) {
    super();
    this.first = new Unit(inputs, outputs, stride, deriveSeed(seed, "first"));
    this.second = new Unit(outputs, outputs, 1, deriveSeed(seed, "second"));
    this.#stride = stride;
  }

  forward(x: Tensor, context: Context = {}): Tensor {
    const y = this.second.forward(relu(this.first.forward(x, context)), context);
    return relu(add(y, this.#shortcut(x, y.shape[1])));
  }

  /** The input itself, or every second row and column with new channels of 0. */
  #shortcut(x: Tensor, channels: number): Tensor {
    if (this.#stride === 1) return x;
    const fewer = avgPool2d(x, 1, { stride: this.#stride });
    const none = [0, 0, 0, 0];
    return pad(fewer, none, [0, channels - x.shape[1], 0, 0]);
  }
}
