/** Normalisation of channels over a batch. */

import {
  add,
  mean,
  mul,
  ones,
  reshape,
  rsqrt,
  sub,
  type Tensor,
  type Variable,
  variable,
  variance,
  zeros,
} from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { checkEpsilon, checkOption, checkSize } from "./check.ts";
import { buffer, type Context, Module } from "./module.ts";

/** Options of {@linkcode BatchNorm2d}. */
export interface BatchNormOptions {
  /** Added to the variance so that a constant channel stays finite, above 0; default 1e-5. */
  readonly epsilon?: number;
  /** Share of the newest batch in the running statistics, above 0 to 1; default 0.1. */
  readonly momentum?: number;
}

/** Axes of an image batch that a channel's statistics are taken over. */
const OVER = [0, 2, 3];

/**
 * Batch normalisation of images (Ioffe and Szegedy 2015). In training every channel gets mean 0 and
 * variance 1 (population) over the batch, and running statistics follow (their variance is the
 * unbiased one, as PyTorch keeps it); otherwise the running statistics are used. Then the channel's
 * gain and shift.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { BatchNorm2d } from "@aft/aft/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new BatchNorm2d(1);
 * const x = tensor([[[[1, 3]]]]);
 * const [low] = await layer.forward(x, { training: true }).data();
 * assertAlmostEquals(low, -1, 1e-4);
 * assertAlmostEquals((await layer.runningMean.data())[0], 0.2, 1e-6);
 * ```
 */
export class BatchNorm2d extends Module {
  /** Gain [channels], starts at 1. */
  readonly weight: Variable;
  /** Shift [channels], starts at 0. */
  readonly bias: Variable;
  /** Mean of past batches [channels], starts at 0; not learned. */
  readonly runningMean: Variable;
  /** Variance of past batches [channels], starts at 1; not learned. */
  readonly runningVariance: Variable;
  readonly #epsilon: number;
  readonly #momentum: number;

  /**
   * Makes the layer.
   *
   * @param channels Channels of the images, from 1.
   * @param options Epsilon and momentum.
   * @throws {ConfigError} If a number is out of range.
   */
  constructor(channels: number, options: BatchNormOptions = {}) {
    super();
    const { epsilon = 1e-5, momentum = 0.1 } = options;
    const action = "make a batch norm";
    checkSize(action, "channels", channels);
    checkEpsilon(action, epsilon);
    checkOption(action, "momentum", momentum, "above 0 to 1", momentum > 0 && momentum <= 1);
    this.weight = variable(ones([channels]));
    this.bias = variable(zeros([channels]));
    this.runningMean = buffer(zeros([channels]));
    this.runningVariance = buffer(ones([channels]));
    this.#epsilon = epsilon;
    this.#momentum = momentum;
  }

  /**
   * Applies the layer.
   *
   * @param x [batch, channels, rows, columns].
   * @param context Whether this is training: the batch's statistics are used, and remembered.
   * @returns Of the shape of x.
   * @throws {ShapeError} If x has other axes or channels, or in training only one element a channel.
   */
  forward(x: Tensor, { training = false }: Context = {}): Tensor {
    const channels = this.weight.size;
    if (x.rank !== 4 || x.shape[1] !== channels) {
      throw new ShapeError(
        `Cannot apply a batch norm of ${channels} channels to ${
          showShape(x.shape)
        }: images are [batch, ${channels}, rows, columns]`,
        { shapes: [x.shape] },
      );
    }
    const [centre, spread] = training
      ? this.#statistics(x)
      : [this.runningMean, this.runningVariance].map(perChannel);
    const gain = mul(perChannel(this.weight), rsqrt(add(spread, this.#epsilon)));
    return add(mul(sub(x, centre), gain), perChannel(this.bias));
  }

  /** Mean and variance of the batch, [channels, 1, 1] each; the running ones move towards them. */
  #statistics(x: Tensor): [Tensor, Tensor] {
    const count = x.size / this.weight.size;
    if (count < 2) {
      throw new ShapeError(
        `Cannot train a batch norm on ${showShape(x.shape)}: a channel has one element, which ` +
          "has no variance",
        { shapes: [x.shape] },
      );
    }
    const over = { axes: OVER, keepDims: true };
    const [centre, spread] = [mean(x, over), variance(x, over)];
    const unbiased = mul(spread, count / (count - 1));
    this.#follow(this.runningMean, centre);
    this.#follow(this.runningVariance, unbiased);
    return [centre, spread];
  }

  #follow(running: Variable, batch: Tensor): void {
    const step = mul(sub(reshape(batch, running.shape), running), this.#momentum);
    running.assign(add(running, step));
  }
}

/** A value for every channel, beside images: [channels] -> [channels, 1, 1]. */
function perChannel(values: Tensor): Tensor {
  return reshape(values, [values.size, 1, 1]);
}
