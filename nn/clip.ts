/** The norm of gradients, and its limit. */

import { add, div, minimum, mul, sqrt, square, sum, type Tensor } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { namedTensors, type TensorNest } from "./module.ts";

/**
 * The Euclidean norm of all tensors together.
 *
 * @param tensors Gradients in any nest.
 * @returns Scalar.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { globalNorm } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await globalNorm({ weight: tensor([[3]]), bias: tensor([4]) }).item(), 5);
 * ```
 */
export function globalNorm(tensors: TensorNest): Tensor {
  const squares = [...namedTensors(tensors).values()].map((g) => sum(square(g)));
  if (squares.length === 0) {
    throw new ConfigError("Cannot take the norm of no tensors", { field: "tensors" });
  }
  return sqrt(squares.reduce(add));
}

/** A gradient no longer than the limit, in its own direction; the same without a limit. */
export function clipped(gradient: Tensor, limit: number | undefined): Tensor {
  if (limit === undefined) return gradient;
  const factor = div(limit, add(globalNorm(gradient), 1e-6)); // never 0/0
  return mul(gradient, minimum(factor, 1));
}
