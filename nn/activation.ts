/** The activations that models name in their options. */

import { gelu, geluTanh, relu, sigmoid, silu, softplus, tanh, type Tensor } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";

/** An element-wise function between two layers: a tensor of any shape to one of the same shape. */
export type Activation = (x: Tensor) => Tensor;

/** Names of the activations in {@linkcode activations}. */
export type ActivationName =
  | "relu"
  | "gelu"
  | "geluTanh"
  | "silu"
  | "tanh"
  | "sigmoid"
  | "softplus"
  | "identity";

/**
 * Activations by name.
 *
 * @example
 * ```ts
 * import { activations } from "@aft/aft/nn";
 * import { relu } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(activations.relu, relu);
 * ```
 */
export const activations: Readonly<Record<ActivationName, Activation>> = {
  relu,
  gelu,
  geluTanh,
  silu,
  tanh,
  sigmoid,
  softplus,
  identity: (x: Tensor): Tensor => x,
};

/** The function that an option stands for. */
export function resolveActivation(activation: ActivationName | Activation): Activation {
  if (typeof activation === "function") return activation;
  if (Object.hasOwn(activations, activation)) return activations[activation];
  throw new ConfigError(
    `Cannot use the activation ${activation}: known are ${Object.keys(activations).join(", ")}`,
    { field: "activation", value: activation },
  );
}
