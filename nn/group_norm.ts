/** Normalisation of groups of channels within an image. */

import {
  add,
  layerNorm,
  mul,
  ones,
  reshape,
  type Tensor,
  type Variable,
  variable,
  zeros,
} from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { checkEpsilon, checkOption, checkSize } from "./check.ts";
import { Module } from "./module.ts";

/** Options of {@linkcode GroupNorm}. */
export interface GroupNormOptions {
  /** Added to the variance so that a constant group stays finite, above 0; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Group normalisation (Wu and He 2018): within every image, each group of channels gets mean 0 and
 * variance 1 (population), then the channel's gain and shift. It does the same in training and
 * afterwards, whatever the batch.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { GroupNorm } from "@aft/aft/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new GroupNorm(1, 2);
 * const [low, high] = await layer.forward(tensor([[[[1]], [[3]]]])).data();
 * assertAlmostEquals(low, -1, 1e-4);
 * assertAlmostEquals(high, 1, 1e-4);
 * ```
 */
export class GroupNorm extends Module {
  /** Gain [channels], starts at 1. */
  readonly weight: Variable;
  /** Shift [channels], starts at 0. */
  readonly bias: Variable;
  /** Groups of channels. */
  readonly groups: number;
  readonly #epsilon: number;

  /**
   * Makes the layer.
   *
   * @param groups Groups, a divisor of the channels.
   * @param channels Channels of the images, from 1.
   * @param options Epsilon.
   * @throws {ConfigError} If a number is out of range.
   */
  constructor(groups: number, channels: number, options: GroupNormOptions = {}) {
    super();
    const { epsilon = 1e-5 } = options;
    const action = "make a group norm";
    checkSize(action, "channels", channels);
    checkSize(action, "groups", groups);
    checkOption(action, "groups", groups, `a divisor of ${channels}`, channels % groups === 0);
    checkEpsilon(action, epsilon);
    this.weight = variable(ones([channels]));
    this.bias = variable(zeros([channels]));
    this.groups = groups;
    this.#epsilon = epsilon;
  }

  /**
   * Applies the layer.
   *
   * @param x [batch, channels, rows, columns].
   * @returns Of the shape of x.
   * @throws {ShapeError} If x has other axes or channels.
   */
  forward(x: Tensor): Tensor {
    const channels = this.weight.size;
    if (x.rank !== 4 || x.shape[1] !== channels) {
      throw new ShapeError(
        `Cannot apply a group norm of ${channels} channels to ${
          showShape(x.shape)
        }: images are [batch, ${channels}, rows, columns]`,
        { shapes: [x.shape] },
      );
    }
    // [batch, channels, rows, columns] -> [batch, groups, all of a group] and back
    const groups = layerNorm(reshape(x, [x.shape[0], this.groups, -1]), { epsilon: this.#epsilon });
    const [gain, shift] = [this.weight, this.bias].map((v) => reshape(v, [channels, 1, 1]));
    return add(mul(reshape(groups, x.shape), gain), shift);
  }
}
