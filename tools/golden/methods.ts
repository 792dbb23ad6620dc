/** Which method of this package a golden method is. One entry makes its cases and trajectories run. */

import { mul, sigmoid, similarity, similarityGapFromOps, type Tensor } from "../../gpu/mod.ts";
import { type Method, type MethodOptions, methods } from "../../aft/methods/mod.ts";

/** A golden method in the words of this package. */
export interface GoldenMethod {
  method: Method;
  options?: MethodOptions;
  /** Our name of each golden parameter. */
  names: Readonly<Record<string, string>>;
  /** Other outputs than loss and gradients. */
  outputs?: (phi: Tensor, psi: Tensor, variables: Variables) => Record<string, Tensor>;
  /** The loss in plain ops, where the method has kernels of its own. */
  plain?: (phi: Tensor, psi: Tensor, variables: Variables) => Tensor;
}

/** Parameters and constants of a method, by our names. */
export type Variables = Readonly<Record<string, Tensor>>;

const gap: Pick<GoldenMethod, "names" | "outputs" | "plain"> = {
  names: { s: "s" },
  outputs: (phi, psi, { s }) => ({
    k5: similarity(phi),
    k_target5: similarity(mul(psi, sigmoid(s))),
  }),
  plain: (phi, psi, { s }) => similarityGapFromOps(phi, psi, sigmoid(s)),
};

/** Every golden method that exists here, by its golden name. */
export const goldenMethods: Readonly<Record<string, GoldenMethod>> = {
  stl: { method: methods.stl, names: {} },
  aft: { method: methods.aft, ...gap },
  aft_w_o_rho: { method: methods.aft, options: { rho: "fixed" }, ...gap },
  kd: {
    method: methods.kd,
    names: { "proj.weight": "map.weight", "proj.bias": "map.bias" },
  },
};

/** The entry of a golden method, if it exists here. */
export function goldenMethod(name: string): GoldenMethod | undefined {
  return Object.hasOwn(goldenMethods, name) ? goldenMethods[name] : undefined;
}
