/** Start values of weights. */

import { normal, type Shape, type Tensor, uniform, zeros } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";

/** How many numbers flow into and out of one unit of a layer. */
export interface Fan {
  /** Inputs of one output. */
  readonly fanIn: number;
  /** Outputs that one input reaches. */
  readonly fanOut: number;
}

/** Where start values are drawn from. */
export interface InitSource {
  /** Integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Independent sequence under that seed, a u32; default 0. */
  readonly stream?: number;
}

/** Draws the start values of a weight of the given shape. */
export type Initialiser = (shape: Shape, fan: Fan, source: InitSource) => Tensor;

/** Names of the entries of {@linkcode initialisers}. */
export type InitName =
  | "uniform"
  | "xavierUniform"
  | "xavierNormal"
  | "kaimingUniform"
  | "kaimingNormal"
  | "zeros";

/**
 * Start values by name. `uniform` lies in ±1/sqrt(fan in), as PyTorch starts its linear layers.
 * Xavier's have the variance 2/(fan in + fan out) (Glorot and Bengio 2010, equation 16), Kaiming's
 * 2/(fan in), made for ReLU (He et al. 2015, equation 10).
 *
 * @example
 * ```ts
 * import { openGpu } from "@aft/aft/gpu";
 * import { initialisers } from "@aft/aft/nn";
 * import { assert } from "@std/assert";
 *
 * await openGpu();
 * const weight = initialisers.uniform([10, 4], { fanIn: 4, fanOut: 10 }, { seed: 1 });
 * assert((await weight.data()).every((value) => Math.abs(value) <= 0.5));
 * ```
 */
export const initialisers: Readonly<Record<InitName, Initialiser>> = {
  uniform: (shape, { fanIn }, source) => symmetric(shape, 1 / Math.sqrt(fanIn), source),
  xavierUniform: (shape, { fanIn, fanOut }, source) =>
    symmetric(shape, Math.sqrt(6 / (fanIn + fanOut)), source),
  xavierNormal: (shape, { fanIn, fanOut }, source) =>
    normal(shape, { ...source, deviation: Math.sqrt(2 / (fanIn + fanOut)) }),
  kaimingUniform: (shape, { fanIn }, source) => symmetric(shape, Math.sqrt(6 / fanIn), source),
  kaimingNormal: (shape, { fanIn }, source) =>
    normal(shape, { ...source, deviation: Math.sqrt(2 / fanIn) }),
  zeros: (shape) => zeros(shape),
};

/** Uniform in ±bound; the variance is bound²/3. */
function symmetric(shape: Shape, bound: number, source: InitSource): Tensor {
  return uniform(shape, { ...source, low: -bound, high: bound });
}

/** The function that an option stands for. */
export function resolveInit(init: InitName | Initialiser): Initialiser {
  if (typeof init === "function") return init;
  if (Object.hasOwn(initialisers, init)) return initialisers[init];
  throw new ConfigError(
    `Cannot start from ${init}: known are ${Object.keys(initialisers).join(", ")}`,
    { field: "init", value: init },
  );
}
