/** Random zeros in training. */

import { less, mul, type Tensor, uniform, where } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { checkOption } from "./check.ts";
import { type Context, Module } from "./module.ts";
import { deriveSeed } from "./seed.ts";

/** Options of {@linkcode Dropout}. */
export interface DropoutOptions {
  /** The layer's own seed, an integer from 0 to 2^53 - 1: layers of one model need different ones. */
  readonly seed: number;
}

/**
 * Inverted dropout (Srivastava et al. 2014): in training every element is 0 with probability `rate`,
 * and the others grow by 1/(1 - rate), so that evaluation needs no change. The draw depends on the
 * layer's seed, the context's seed and the element's place alone, so a step can be run again.
 *
 * @example
 * ```ts
 * import { ones, openGpu } from "@aft/aft/gpu";
 * import { Dropout } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new Dropout(0.5, { seed: 1 });
 * const x = ones([100]);
 * const dropped = await layer.forward(x, { training: true, seed: 3 }).data();
 * assertEquals(new Set(dropped), new Set([0, 2]));
 * assertEquals(layer.forward(x), x);
 * ```
 */
export class Dropout extends Module {
  /** Probability that an element becomes 0. */
  readonly rate: number;
  /** The layer's own seed. */
  readonly seed: number;

  /**
   * Makes the layer.
   *
   * @param rate Probability from 0 to below 1.
   * @param options The layer's seed.
   * @throws {ConfigError} If the rate is out of range.
   */
  constructor(rate: number, options: DropoutOptions) {
    super();
    checkOption("make a dropout layer", "rate", rate, "from 0 to below 1", rate >= 0 && rate < 1);
    this.rate = rate;
    this.seed = options.seed;
  }

  /**
   * Applies the layer; outside training it returns its input.
   *
   * @param x Any shape.
   * @param context Whether this is training, and the step's seed if so.
   * @returns The shape of x.
   * @throws {ConfigError} If the context says training and has no seed.
   */
  forward(x: Tensor, context: Context = {}): Tensor {
    if (!context.training || this.rate === 0) return x;
    if (context.seed === undefined) {
      throw new ConfigError(
        "Cannot drop out in training without a seed: give the context one that differs each step",
        { field: "seed", value: undefined },
      );
    }
    const draw = uniform(x.shape, { seed: deriveSeed(this.seed, context.seed) });
    return where(less(draw, this.rate), 0, mul(x, 1 / (1 - this.rate)));
  }
}
