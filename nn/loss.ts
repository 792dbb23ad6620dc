/** Losses: each one function that returns a scalar tensor. */

import {
  abs,
  crossEntropyLoss,
  lessEqual,
  mean,
  mul,
  square,
  sub,
  type Tensor,
  where,
} from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { sameShape, showShape } from "../gpu/shape.ts";
import { checkOption } from "./check.ts";

/** Options of {@linkcode crossEntropy}. */
export interface CrossEntropyOptions {
  /** Share of the target spread evenly over all classes, from 0 to 1; default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Cross-entropy between class numbers and the softmax of logits, mean over the rows. With label
 * smoothing e the target is (1 - e) one-hot + e/C (Szegedy et al. 2016, section 7).
 *
 * @param logits f32 [..., C].
 * @param labels i32 or u32 [...], from 0 to C - 1; a row with another label counts 0 in the sum.
 * @param options Label smoothing.
 * @returns Scalar.
 * @throws {ShapeError} If labels are not one whole number per row of logits.
 * @throws {ConfigError} If the label smoothing is out of range.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { crossEntropy } from "@aft/aft/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const labels = tensor([1, 0], { dtype: "i32" });
 * const loss = crossEntropy(tensor([[0, 0], [0, 0]]), labels);
 * assertAlmostEquals(await loss.item(), Math.log(2), 1e-6);
 * ```
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { labelSmoothing = 0 } = options;
  checkOption(
    "take the cross-entropy",
    "labelSmoothing",
    labelSmoothing,
    "from 0 to 1",
    labelSmoothing >= 0 && labelSmoothing <= 1,
  );
  return crossEntropyLoss(logits, labels, labelSmoothing);
}

/**
 * Mean over all entries of (prediction - target)^2.
 *
 * @param prediction f32 of any shape.
 * @param target The same shape: none is broadcast, since [B] against [B, 1] would pair all with all.
 * @returns Scalar.
 * @throws {ShapeError} If the shapes differ.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { meanSquaredError } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await meanSquaredError(tensor([1, 2]), tensor([1, 4])).item(), 2);
 * ```
 */
export function meanSquaredError(prediction: Tensor, target: Tensor): Tensor {
  checkSame("mean squared error", prediction, target);
  return mean(square(sub(prediction, target)));
}

/** Options of {@linkcode huber}. */
export interface HuberOptions {
  /** Error up to which the loss is quadratic, above 0; default 1. */
  readonly delta?: number;
}

/**
 * Huber's loss, mean over all entries: e^2/2 where the error |e| is at most delta, else
 * delta (|e| - delta/2) (Huber 1964). With delta 1 it is the smooth L1 loss.
 *
 * @param prediction f32 of any shape.
 * @param target The same shape.
 * @param options Delta.
 * @returns Scalar.
 * @throws {ShapeError} If the shapes differ.
 * @throws {ConfigError} If delta is not above 0.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { huber } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await huber(tensor([0, 3]), tensor([1, 0])).item(), (0.5 + 2.5) / 2);
 * ```
 */
export function huber(prediction: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1 } = options;
  checkSame("Huber loss", prediction, target);
  const valid = Number.isFinite(delta) && delta > 0;
  checkOption("take the Huber loss", "delta", delta, "above 0", valid);
  const error = sub(prediction, target);
  const distance = abs(error);
  const outside = mul(sub(distance, delta / 2), delta);
  return mean(where(lessEqual(distance, delta), mul(square(error), 0.5), outside));
}

function checkSame(loss: string, prediction: Tensor, target: Tensor): void {
  if (sameShape(prediction.shape, target.shape)) return;
  throw new ShapeError(
    `Cannot take the ${loss} of ${showShape(prediction.shape)} and ${
      showShape(target.shape)
    }: the shapes must be the same`,
    { shapes: [prediction.shape, target.shape] },
  );
}
