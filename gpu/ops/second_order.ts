/** Gradients of kernels that are gradients themselves, by way of their composition. */

import { grad, stopGradient } from "../grad.ts";
import type { Attributes, Gradient } from "../node.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { sum } from "./reduce.ts";

/** A kernel's meaning in plain ops. */
export type Composition = (inputs: readonly Tensor[], attributes: Attributes) => Tensor;

/**
 * Gradient rules of an op from its composition: nothing fast, but right where a gradient is
 * differentiated once more.
 *
 * @param compose What the op means.
 * @param carries For each input whether a gradient flows to it.
 */
export function rulesFrom(
  compose: Composition,
  carries: readonly boolean[],
): readonly (Gradient | null)[] {
  return carries.map((carried, i) => {
    if (!carried) return null;
    return (g, { inputs, attributes }) => {
      // Cut off from what lies below, so that nothing but this input is followed.
      const cut = inputs.map(stopGradient);
      return grad((x: Tensor) => sum(mul(compose(cut.with(i, x), attributes), g)))(cut[i]);
    };
  });
}
