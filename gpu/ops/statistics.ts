/** Means, variances and log-sum-exp, composed of reductions and element-wise ops. */

import { LARGEST } from "../dtype.ts";
import { stopGradient } from "../grad.ts";
import { resolveAxes, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add, lessEqual, mul, sub, where } from "./binary.ts";
import { refuseType } from "./define.ts";
import { max, type ReduceOptions, sum } from "./reduce.ts";
import { abs, exp, log, square } from "./unary.ts";
import { reshape } from "./view.ts";

/**
 * Arithmetic means.
 *
 * @param x f32 or f16 of any shape.
 * @param options Axes, and whether they stay.
 * @returns The means.
 * @throws {ShapeError} For axes that `x` does not have.
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  refuseType("mean", "float", x.dtype);
  return mul(sum(x, options), 1 / reducedCount(x, options));
}

/**
 * Variances, from deviations from the mean.
 *
 * @param x f32 or f16 of any shape.
 * @param options Axes, whether they stay, and `correction`: what is taken from the count that the
 * sum of squares is divided by (default 0, the population's variance).
 * @returns The variances.
 * @throws {ShapeError} For axes that `x` does not have.
 */
export function variance(
  x: Tensor,
  options: ReduceOptions & { correction?: number } = {},
): Tensor {
  const centred = sub(x, mean(x, { axes: options.axes, keepDims: true }));
  const count = reducedCount(x, options) - (options.correction ?? 0);
  return mul(sum(square(centred), options), 1 / count);
}

/**
 * log(sum(exp(x))), without overflow.
 *
 * @param x f32 or f16 of any shape.
 * @param options Axes, and whether they stay.
 * @returns The logarithms.
 * @throws {ShapeError} For axes that `x` does not have.
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  refuseType("logSumExp", "float", x.dtype);
  const axes = resolveAxes(options.axes, x.rank, "take the logSumExp");
  const { top, total } = shifted(x, axes);
  const result = add(log(total), top);
  return options.keepDims ? result : reshape(result, x.shape.filter((_, i) => !axes.includes(i)));
}

/**
 * x less `top`, its maximum (0 where that is infinite), and the sum of the exponentials of that; reduced
 * axes stay.
 */
export function shifted(
  x: Tensor,
  axes: number[],
): { top: Tensor; below: Tensor; total: Tensor } {
  // Shifting by the maximum cancels exactly, so no gradient has to pass through it.
  const most = stopGradient(max(x, { axes, keepDims: true }));
  const top = where(lessEqual(abs(most), LARGEST), most, 0);
  const below = sub(x, top);
  return { top, below, total: sum(exp(below), { axes, keepDims: true }) };
}

function reducedCount(x: Tensor, { axes }: ReduceOptions): number {
  return sizeOf(resolveAxes(axes, x.rank, "reduce").map((axis) => x.shape[axis]));
}
