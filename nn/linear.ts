/** The affine layer. */

import { add, matmul, reshape, type Tensor, type Variable, variable } from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { checkSize } from "./check.ts";
import { type Initialiser, type InitName, resolveInit } from "./init.ts";
import type { LoRA } from "./lora.ts";
import { Module } from "./module.ts";

/** Options of {@linkcode Linear}. */
export interface LinearOptions {
  /** Decides the start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Whether a bias is added; default true. */
  readonly bias?: boolean;
  /** Start of the weight; default `uniform`, in ±1/sqrt(fan in), the numbers that one output sums. */
  readonly init?: InitName | Initialiser;
  /** Start of the bias; default `uniform`, in ±1/sqrt(fan in). */
  readonly biasInit?: InitName | Initialiser;
}

/**
 * x W^T + b along the last axis. The weight is stored as [outputs, inputs], as PyTorch does, so that
 * weights can be exchanged without turning them.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { Linear } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new Linear(2, 1, { seed: 1 });
 * layer.load({
 *   weight: { shape: [1, 2], values: new Float32Array([2, 3]) },
 *   bias: { shape: [1], values: new Float32Array([1]) },
 * });
 * assertEquals(await layer.forward(tensor([[1, 1], [0, 2]])).toArray(), [[6], [7]]);
 * ```
 */
export class Linear extends Module {
  /** [outputs, inputs]. */
  readonly weight: Variable;
  /** [outputs], unless made with `bias: false`. */
  readonly bias?: Variable;
  /** A change of low rank beside the weight, such as `addLoRA` puts there; none at the start. */
  lora?: LoRA;

  /**
   * Makes the layer.
   *
   * @param inputs Columns of the input, from 1.
   * @param outputs Columns of the output, from 1.
   * @param options Seed, and how the parameters start.
   * @throws {ConfigError} If a size or a name is out of range.
   */
  constructor(inputs: number, outputs: number, options: LinearOptions) {
    super();
    checkSize("make a linear layer", "inputs", inputs);
    checkSize("make a linear layer", "outputs", outputs);
    const { seed, bias = true, init = "uniform", biasInit = "uniform" } = options;
    const fan = { fanIn: inputs, fanOut: outputs };
    this.weight = variable(resolveInit(init)([outputs, inputs], fan, { seed, stream: 0 }));
    if (bias) this.bias = variable(resolveInit(biasInit)([outputs], fan, { seed, stream: 1 }));
  }

  /**
   * Applies the layer.
   *
   * @param x [..., inputs].
   * @returns [..., outputs].
   * @throws {ShapeError} If the last axis of x is not `inputs` long.
   */
  forward(x: Tensor): Tensor {
    const [outputs, inputs] = this.weight.shape;
    if (x.shape.at(-1) !== inputs) {
      throw new ShapeError(
        `Cannot apply a linear layer of ${inputs} inputs to ${
          showShape(x.shape)
        }: the last axis is ${x.shape.at(-1) ?? "missing"}`,
        { shapes: [x.shape] },
      );
    }
    // One product for all rows: its gradient is one product too, where a batch would be summed.
    const rows = x.rank === 2 ? x : reshape(x, [-1, inputs]); // [..., inputs] -> [rows, inputs]
    const product = matmul(rows, this.weight, { transposeB: true }); // -> [rows, outputs]
    const changed = this.lora ? add(product, this.lora.forward(rows)) : product;
    const shifted = this.bias ? add(changed, this.bias) : changed;
    return x.rank === 2 ? shifted : reshape(shifted, [...x.shape.slice(0, -1), outputs]);
  }
}
