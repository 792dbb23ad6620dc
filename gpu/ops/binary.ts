/** Element-wise functions of two tensors, choices and types. */

import type { DType } from "../dtype.ts";
import { pointwise, record } from "../node.ts";
import { broadcastShapes, sameShape } from "../shape.ts";
import { constant, nodeOf, Tensor, type TensorLike, wrap } from "../tensor.ts";
import { type Binary, binary, castTo, refuseType, together } from "./define.ts";
import { log, neg } from "./unary.ts";
import { broadcastTo } from "./view.ts";

/** a + b. */
export const add: Binary = binary("add", "number", {
  wgsl: (a, b) => `${a} + ${b}`,
  gradients: [(g) => g, (g) => g],
  interval: [-3, 3],
});

/** a - b. */
export const sub: Binary = binary("sub", "number", {
  wgsl: (a, b) => `${a} - ${b}`,
  gradients: [(g) => g, (g) => neg(g)],
  interval: [-3, 3],
});

/** a * b. */
export const mul: Binary = binary("mul", "number", {
  wgsl: (a, b) => `${a} * ${b}`,
  gradients: [(g, { inputs: [, b] }) => mul(g, b), (g, { inputs: [a] }) => mul(g, a)],
  interval: [-3, 3],
});

/** a / b; integers are rounded towards zero. */
export const div: Binary = binary("div", "number", {
  wgsl: (a, b) => `${a} / ${b}`,
  gradients: [
    (g, { inputs: [, b] }) => div(g, b),
    (g, { inputs: [, b], output }) => neg(div(mul(g, output), b)),
  ],
  interval: [0.5, 3],
});

const POWER = `fn power(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 1.0; }
  let size = pow(abs(a), b);
  if (a >= 0.0) { return size; }
  if (floor(b) != b) { return (a - a) / (a - a); }
  return select(size, -size, fract(b * 0.5) != 0.0);
}`;

/** a to the power b; negative a with whole b only. */
export const pow: Binary = binary("pow", "float", {
  wgsl: (a, b) => `power(${a}, ${b})`,
  prelude: POWER,
  gradients: [
    (g, { inputs: [a, b] }) => mul(g, mul(b, pow(a, sub(b, 1)))),
    // At a = 0 the power vanishes faster than the logarithm grows.
    (g, { inputs: [a], output }) => mul(g, mul(output, log(where(equal(a, 0), 1, a)))),
  ],
  interval: [0.2, 3],
  cost: 10,
});

/**
 * The smaller of a and b; where they are equal each gets half of the gradient. Whether NaN wins depends on
 * its side and on the driver.
 */
export const minimum: Binary = binary("minimum", "number", {
  wgsl: (a, b) => `min(${a}, ${b})`,
  gradients: [
    (g, { inputs: [a, b] }) => mul(g, preference(b, a)),
    (g, { inputs: [a, b] }) => mul(g, preference(a, b)),
  ],
  interval: [-3, 3],
});

/**
 * The larger of a and b; where they are equal each gets half of the gradient. Whether NaN wins depends on
 * its side and on the driver.
 */
export const maximum: Binary = binary("maximum", "number", {
  wgsl: (a, b) => `max(${a}, ${b})`,
  gradients: [
    (g, { inputs: [a, b] }) => mul(g, preference(a, b)),
    (g, { inputs: [a, b] }) => mul(g, preference(b, a)),
  ],
  interval: [-3, 3],
});

/** 1 where a is larger, 0.5 where they are equal, else 0. */
function preference(a: Tensor, b: Tensor): Tensor {
  return where(equal(a, b), 0.5, where(greater(a, b), 1, 0));
}

function comparison(name: string, operator: string, kinds: "any" | "number"): Binary {
  return binary(name, kinds, {
    wgsl: (a, b) => `${a} ${operator} ${b}`,
    gradients: [null, null],
    interval: [-2, 2],
  }, "bool");
}

/** True where a equals b. */
export const equal: Binary = comparison("equal", "==", "any");
/** True where a differs from b; whether NaN differs from anything depends on the driver. */
export const notEqual: Binary = comparison("notEqual", "!=", "any");
/** True where a is below b. */
export const less: Binary = comparison("less", "<", "number");
/** True where a is at most b. */
export const lessEqual: Binary = comparison("lessEqual", "<=", "number");
/** True where a is above b. */
export const greater: Binary = comparison("greater", ">", "number");
/** True where a is at least b. */
export const greaterEqual: Binary = comparison("greaterEqual", ">=", "number");

/** True where both are true. */
export const and: Binary = binary("and", "bool", {
  wgsl: (a, b) => `${a} && ${b}`,
  gradients: [null, null],
  interval: [0, 1],
}, "bool");

/** True where one of them is true. */
export const or: Binary = binary("or", "bool", {
  wgsl: (a, b) => `${a} || ${b}`,
  gradients: [null, null],
  interval: [0, 1],
}, "bool");

const whereOp = pointwise("where", {
  wgsl: (condition, a, b) => `select(${b}, ${a}, ${condition})`,
  gradients: [
    null,
    (g, { inputs: [condition] }) => where(condition, g, 0),
    (g, { inputs: [condition] }) => where(condition, 0, g),
  ],
  interval: [-3, 3],
});

/**
 * Chooses element by element.
 *
 * @param condition Tensor of type bool.
 * @param a Taken where the condition is true.
 * @param b Taken where it is false.
 * @returns A tensor of the shape that all three broadcast to.
 * @throws {ShapeError} Where types or shapes do not go together.
 *
 * @example
 * ```ts
 * import { less, openGpu, tensor, where } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const x = tensor([-1, 2]);
 * assertEquals(await where(less(x, 0), 0, x).toArray(), [0, 2]);
 * ```
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  refuseType("where", "bool", condition.dtype);
  const [left, right] = together("where", [a, b]);
  const shape = broadcastShapes(condition.shape, left.shape, "apply where to");
  const inputs = [condition, left, right]
    .map((x) => nodeOf(sameShape(x.shape, shape) ? x : broadcastTo(x, shape)));
  return wrap(record(whereOp, inputs, shape, left.dtype));
}

/**
 * Keeps elements within bounds; whether NaN stays or becomes a bound depends on the driver.
 *
 * @param x A tensor of numbers.
 * @param low Smallest value.
 * @param high Largest value, at least `low`.
 * @returns A tensor of the same shape.
 *
 * @example
 * ```ts
 * import { clip, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await clip(tensor([-2, 0.5, 3]), 0, 1).toArray(), [0, 0.5, 1]);
 * ```
 */
export function clip(x: Tensor, low: TensorLike, high: TensorLike): Tensor {
  return minimum(maximum(x, low), high);
}

/**
 * Changes the type of the elements: fractions are cut off, bool becomes 0 and 1, numbers other than
 * 0 become true, f16 rounds to half precision.
 *
 * @param x A tensor.
 * @param dtype New type.
 * @returns A tensor of the same shape.
 *
 * @example
 * ```ts
 * import { cast, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await cast(tensor([1.7, -1.7]), "i32").toArray(), [1, -1]);
 * ```
 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  return castTo(x instanceof Tensor ? x : constant(x, "f32"), dtype);
}
