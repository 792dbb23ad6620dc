/** Images cut into patches, for models of tokens. */

import { reshape, type Tensor, transpose } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { checkSize } from "./check.ts";
import { asImages } from "./cnn.ts";
import { Conv2d } from "./conv.ts";
import { Module } from "./module.ts";

/**
 * Cuts images into square patches and maps each to a row of numbers.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { PatchEmbedding } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const patches = new PatchEmbedding([3, 8, 8], 4, 16, 1);
 * assertEquals(patches.forward(zeros([2, 3, 8, 8])).shape, [2, 4, 16]);
 * ```
 */
export class PatchEmbedding extends Module {
  /** The map, as a convolution whose windows lie side by side. */
  readonly map: Conv2d;
  /** Patches of an image. */
  readonly count: number;
  readonly #image: readonly [number, number, number];

  /**
   * Makes the layer.
   *
   * @param image Channels, rows and columns of an image.
   * @param patch Rows and columns of a patch, a divisor of both.
   * @param width Numbers for each patch, from 1.
   * @param seed Decides the start values.
   * @throws {ConfigError} If a size is out of range, or patches do not fill the image.
   */
  constructor(
    image: readonly [number, number, number],
    patch: number,
    width: number,
    seed: number,
  ) {
    super();
    const action = "cut images into patches";
    image.forEach((size, axis) => checkSize(action, `image.${axis}`, size));
    checkSize(action, "patch", patch);
    const [channels, rows, columns] = image;
    if (rows % patch !== 0 || columns % patch !== 0) {
      throw new ConfigError(
        `Cannot ${action} of ${patch} x ${patch}: patch must divide ${rows} rows and ${columns} columns`,
        { field: "patch", value: patch },
      );
    }
    this.map = new Conv2d(channels, width, patch, { stride: patch, seed });
    this.count = rows / patch * (columns / patch);
    this.#image = image;
  }

  /**
   * Applies the layer.
   *
   * @param x [batch, channels, rows, columns].
   * @returns [batch, patches, width], row by row of the image.
   * @throws {ShapeError} If x does not hold such images.
   */
  forward(x: Tensor): Tensor {
    const maps = this.map.forward(asImages(x, this.#image)); // [batch, width, rows, columns]
    return transpose(reshape(maps, [maps.shape[0], maps.shape[1], this.count]));
  }
}
