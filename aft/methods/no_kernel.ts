/** The ablation of aft without a kernel: a learned map of centred features. */

import { mean, square, sub } from "../../gpu/mod.ts";
import { Linear } from "../../nn/mod.ts";
import type { MethodShape, Regulariser } from "./method.ts";
import { centred, named } from "./rows.ts";

/** mean((psi A^T + c - phi)^2), both sides centred over the batch; A, c learned. */
export function withoutKernel({ features, teacher, seed }: MethodShape): Regulariser {
  const map = new Linear(teacher, features, { seed });
  return {
    parameters: named("map", map.parameters()),
    constants: {},
    rate: "regulariser",
    loss: (batch) =>
      mean(square(sub(centred(map.forward(batch.teacher)), centred(batch.features)))),
  };
}
