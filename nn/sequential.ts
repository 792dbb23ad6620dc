/** Layers one after another. */

import type { Tensor } from "../gpu/mod.ts";
import type { Activation } from "./activation.ts";
import { type Context, type Layer, Module } from "./module.ts";

/**
 * Applies layers and plain functions in order. Parameters are named `layers.0.weight` and so on,
 * where functions count as places too.
 *
 * @example
 * ```ts
 * import { openGpu, relu, tensor } from "@aft/aft/gpu";
 * import { Linear, Sequential } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const model = new Sequential([
 *   new Linear(3, 8, { seed: 1 }),
 *   relu,
 *   new Linear(8, 2, { seed: 2 }),
 * ]);
 * assertEquals(model.forward(tensor([[1, 2, 3]])).shape, [1, 2]);
 * assertEquals(Object.keys(model.parameters())[2], "layers.2.weight");
 * ```
 */
export class Sequential extends Module {
  /** The layers, in order. */
  readonly layers: readonly (Layer | Activation)[];

  /**
   * Makes the chain.
   *
   * @param layers Layers and functions of one tensor, applied from first to last.
   */
  constructor(layers: readonly (Layer | Activation)[]) {
    super();
    this.layers = [...layers];
  }

  /**
   * Applies all layers.
   *
   * @param x What the first layer takes.
   * @param context Handed to every layer.
   * @returns What the last layer returns.
   */
  forward(x: Tensor, context: Context = {}): Tensor {
    return this.layers.reduce<Tensor>(
      (value, layer) => typeof layer === "function" ? layer(value) : layer.forward(value, context),
      x,
    );
  }
}
