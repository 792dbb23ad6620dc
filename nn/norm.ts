/** Normalisation within a row. */

import { layerNorm, ones, type Tensor, type Variable, variable, zeros } from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { checkEpsilon, checkSize } from "./check.ts";
import { Module } from "./module.ts";

/** Options of {@linkcode LayerNorm}. */
export interface LayerNormOptions {
  /** Added to the variance so that a constant row stays finite, above 0; default 1e-5. */
  readonly epsilon?: number;
  /** Whether the columns get a learned gain and shift; default true. */
  readonly affine?: boolean;
}

/**
 * Layer normalisation (Ba, Kiros, Hinton 2016): every row along the last axis gets mean 0 and
 * variance 1 (population), then the column's gain and shift.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { LayerNorm } from "@aft/aft/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const layer = new LayerNorm(2);
 * const [low, high] = await layer.forward(tensor([[1, 3]])).data();
 * assertAlmostEquals(low, -1, 1e-4);
 * assertAlmostEquals(high, 1, 1e-4);
 * ```
 */
export class LayerNorm extends Module {
  /** Gain [width], starts at 1; absent with `affine: false`. */
  readonly weight?: Variable;
  /** Shift [width], starts at 0; absent with `affine: false`. */
  readonly bias?: Variable;
  /** Length of the axis that is normalised. */
  readonly width: number;
  /** Added to the variance. */
  readonly epsilon: number;

  /**
   * Makes the layer.
   *
   * @param width Length of the last axis, from 1.
   * @param options Epsilon, and whether gain and shift are learned.
   * @throws {ConfigError} If the width or epsilon is out of range.
   */
  constructor(width: number, options: LayerNormOptions = {}) {
    super();
    const { epsilon = 1e-5, affine = true } = options;
    const action = "make a layer norm";
    checkSize(action, "width", width);
    checkEpsilon(action, epsilon);
    this.width = width;
    this.epsilon = epsilon;
    if (affine) {
      this.weight = variable(ones([width]));
      this.bias = variable(zeros([width]));
    }
  }

  /**
   * Applies the layer.
   *
   * @param x [..., width].
   * @returns [..., width].
   * @throws {ShapeError} If the last axis of x is not `width` long.
   */
  forward(x: Tensor): Tensor {
    if (x.shape.at(-1) !== this.width) {
      throw new ShapeError(
        `Cannot apply a layer norm of width ${this.width} to ${
          showShape(x.shape)
        }: the last axis is ${x.shape.at(-1) ?? "missing"}`,
        { shapes: [x.shape] },
      );
    }
    const { weight, bias, epsilon } = this;
    return layerNorm(x, { weight, bias, epsilon });
  }
}
