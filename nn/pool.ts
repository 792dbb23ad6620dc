/** Pooling layers, for models that are lists of layers. */

import {
  avgPool2d,
  maxPool2d,
  mean,
  type Pair,
  type PoolOptions,
  type Tensor,
} from "../gpu/mod.ts";
import { Module } from "./module.ts";

/**
 * Largest element of every place of a window; see `maxPool2d`.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { MaxPool2d } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(new MaxPool2d(2).forward(zeros([1, 3, 8, 8])).shape, [1, 3, 4, 4]);
 * ```
 */
export class MaxPool2d extends Module {
  readonly #kernel: Pair;
  readonly #options: PoolOptions;

  /**
   * Makes the layer.
   *
   * @param kernel Rows and columns of the window.
   * @param options Stride and padding.
   */
  constructor(kernel: Pair, options: PoolOptions = {}) {
    super();
    this.#kernel = kernel;
    this.#options = options;
  }

  /**
   * Applies the layer.
   *
   * @param x [batch, channels, rows, columns].
   * @returns [batch, channels, rows', columns'].
   * @throws {ShapeError} If x has other axes, or is smaller than the window.
   * @throws {ConfigError} If the window is out of range.
   */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.#kernel, this.#options);
  }
}

/**
 * Mean of every place of a window; see `avgPool2d`.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { AvgPool2d } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(new AvgPool2d(2).forward(zeros([1, 3, 8, 8])).shape, [1, 3, 4, 4]);
 * ```
 */
export class AvgPool2d extends Module {
  readonly #kernel: Pair;
  readonly #options: PoolOptions;

  /**
   * Makes the layer.
   *
   * @param kernel Rows and columns of the window.
   * @param options Stride and padding.
   */
  constructor(kernel: Pair, options: PoolOptions = {}) {
    super();
    this.#kernel = kernel;
    this.#options = options;
  }

  /**
   * Applies the layer.
   *
   * @param x [batch, channels, rows, columns].
   * @returns [batch, channels, rows', columns'].
   * @throws {ShapeError} If x has other axes, or is smaller than the window.
   * @throws {ConfigError} If the window is out of range.
   */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#kernel, this.#options);
  }
}

/**
 * Mean of every channel.
 *
 * @example
 * ```ts
 * import { ones, openGpu } from "@aft/aft/gpu";
 * import { GlobalAvgPool } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await new GlobalAvgPool().forward(ones([1, 2, 3, 3])).toArray(), [[1, 1]]);
 * ```
 */
export class GlobalAvgPool extends Module {
  /**
   * Applies the layer.
   *
   * @param x [batch, channels, rows, columns].
   * @returns [batch, channels].
   */
  forward(x: Tensor): Tensor {
    return mean(x, { axes: [2, 3] });
  }
}
