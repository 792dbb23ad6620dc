/** The convolution layer. */

import {
  add,
  conv2d,
  type Conv2dOptions,
  type Pair,
  reshape,
  type Tensor,
  type Variable,
  variable,
} from "../gpu/mod.ts";
import { checkOption, checkSize } from "./check.ts";
import { resolveInit } from "./init.ts";
import type { LinearOptions } from "./linear.ts";
import type { LoRA } from "./lora.ts";
import { Module } from "./module.ts";

/** Options of {@linkcode Conv2d}: where the parameters start, and how the window moves. */
export interface Conv2dLayerOptions extends Conv2dOptions, LinearOptions {}

/**
 * Convolution of images [batch, inputs, rows, columns] with a bias for every output channel. The
 * weight is stored as [outputs, inputs / groups, rows, columns], as PyTorch does.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { Conv2d } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new Conv2d(3, 16, 3, { stride: 2, padding: 1, seed: 1 });
 * assertEquals(layer.weight.shape, [16, 3, 3, 3]);
 * assertEquals(layer.forward(zeros([2, 3, 32, 32])).shape, [2, 16, 16, 16]);
 * ```
 */
export class Conv2d extends Module {
  /** [outputs, inputs / groups, rows, columns]. */
  readonly weight: Variable;
  /** [outputs], unless made with `bias: false`. */
  readonly bias?: Variable;
  /** A change of low rank beside the weight, such as `addLoRA` puts there; none at the start. */
  lora?: LoRA;
  readonly #options: Conv2dOptions;

  /**
   * Makes the layer.
   *
   * @param inputs Channels of the input, from 1.
   * @param outputs Channels of the output, from 1.
   * @param kernel Rows and columns of the window: one number for both, or a pair.
   * @param options Seed, stride, padding, dilation, groups, and how the parameters start.
   * @throws {ConfigError} If a size or a name is out of range.
   */
  constructor(inputs: number, outputs: number, kernel: Pair, options: Conv2dLayerOptions) {
    super();
    const action = "make a convolution";
    checkSize(action, "inputs", inputs);
    checkSize(action, "outputs", outputs);
    const { seed, bias = true, init = "uniform", biasInit = "uniform", ...window } = options;
    const { groups = 1 } = window;
    checkSize(action, "groups", groups);
    const divides = inputs % groups === 0 && outputs % groups === 0;
    checkOption(action, "groups", groups, `a divisor of ${inputs} and ${outputs}`, divides);
    const [rows, columns] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    checkSize(action, "kernel", rows);
    checkSize(action, "kernel", columns);
    const taps = rows * columns;
    const fan = { fanIn: inputs / groups * taps, fanOut: outputs / groups * taps };
    const shape = [outputs, inputs / groups, rows, columns];
    this.weight = variable(resolveInit(init)(shape, fan, { seed, stream: 0 }));
    if (bias) this.bias = variable(resolveInit(biasInit)([outputs], fan, { seed, stream: 1 }));
    this.#options = window;
  }

  /**
   * Applies the layer.
   *
   * @param x [batch, inputs, rows, columns].
   * @returns [batch, outputs, rows', columns'], as `conv2d` says.
   * @throws {ShapeError} If x has other axes or channels, or is smaller than the window.
   * @throws {ConfigError} If stride, padding or dilation is out of range.
   */
  forward(x: Tensor): Tensor {
    const { weight, lora } = this;
    // The change is of the weight as [outputs, ...]: one convolution does for both.
    const changed = lora ? add(weight, reshape(lora.change(), weight.shape)) : weight;
    const y = conv2d(x, changed, this.#options);
    return this.bias ? add(y, reshape(this.bias, [this.bias.size, 1, 1])) : y;
  }
}
