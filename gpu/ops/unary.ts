/** Element-wise functions of one tensor. */

import { type Unary, unary } from "./define.ts";
import { add, div, less, mul, sub, where } from "./binary.ts";

/** -x. */
export const neg: Unary = unary("neg", "signed", {
  wgsl: (x) => `-${x}`,
  gradients: [(g) => neg(g)],
  interval: [-3, 3],
});

/** |x|; slope 0 at 0. */
export const abs: Unary = unary("abs", "number", {
  wgsl: (x) => `abs(${x})`,
  gradients: [(g, { inputs: [x] }) => mul(g, sign(x))],
  interval: [-3, 3],
});

/** -1, 0 or 1 by the sign of x; slope 0. */
export const sign: Unary = unary("sign", "signed", {
  wgsl: (x) => `sign(${x})`,
  gradients: [null],
  interval: [-3, 3],
});

/** Largest integer not above x; slope 0. */
export const floor: Unary = unary("floor", "float", {
  wgsl: (x) => `floor(${x})`,
  gradients: [null],
  interval: [-3, 3],
});

/** e to the power x. */
export const exp: Unary = unary("exp", "float", {
  wgsl: (x) => `exp(${x})`,
  gradients: [(g, { output }) => mul(g, output)],
  interval: [-3, 3],
  cost: 4,
});

/** Natural logarithm; -Infinity at 0. */
export const log: Unary = unary("log", "float", {
  wgsl: (x) => `log(${x})`,
  gradients: [(g, { inputs: [x] }) => div(g, x)],
  interval: [0.1, 4],
  cost: 4,
});

/** Square root. */
export const sqrt: Unary = unary("sqrt", "float", {
  wgsl: (x) => `sqrt(${x})`,
  gradients: [(g, { output }) => div(mul(g, 0.5), output)],
  interval: [0.1, 4],
  cost: 2,
});

/** 1 / sqrt(x). */
export const rsqrt: Unary = unary("rsqrt", "float", {
  // Drivers' own inverseSqrt is an estimate of a few digits on some adapters.
  wgsl: (x) => `(1.0 / sqrt(${x}))`,
  gradients: [(g, { output }) => mul(mul(g, -0.5), mul(output, mul(output, output)))],
  interval: [0.1, 4],
  cost: 3,
});

/** x * x. */
export const square: Unary = unary("square", "number", {
  wgsl: (x) => `${x} * ${x}`,
  gradients: [(g, { inputs: [x] }) => mul(g, mul(x, 2))],
  interval: [-3, 3],
});

/** Sine of x in radians. */
export const sin: Unary = unary("sin", "float", {
  wgsl: (x) => `sin(${x})`,
  gradients: [(g, { inputs: [x] }) => mul(g, cos(x))],
  interval: [-3, 3],
  cost: 8,
});

/** Cosine of x in radians. */
export const cos: Unary = unary("cos", "float", {
  wgsl: (x) => `cos(${x})`,
  gradients: [(g, { inputs: [x] }) => neg(mul(g, sin(x)))],
  interval: [-3, 3],
  cost: 8,
});

/** Hyperbolic tangent. */
export const tanh: Unary = unary("tanh", "float", {
  // Beyond 15 the answer is 1 to the last bit, and some drivers overflow on the way.
  wgsl: (x) => `tanh(select(${x}, sign(${x}) * 15.0, abs(${x}) > 15.0))`,
  gradients: [(g, { output }) => mul(g, sub(1, mul(output, output)))],
  interval: [-3, 3],
  cost: 8,
});

/** Logistic function 1 / (1 + exp(-x)). */
export const sigmoid: Unary = unary("sigmoid", "float", {
  wgsl: (x) => `(1.0 / (1.0 + exp(-${x})))`,
  gradients: [(g, { output }) => mul(g, mul(output, sub(1, output)))],
  interval: [-3, 3],
  cost: 5,
});

/** max(x, 0); slope 0 at 0. */
export const relu: Unary = unary("relu", "float", {
  // Not max(x, 0): that would turn NaN into 0 and hide a broken run.
  wgsl: (x) => `select(${x}, 0.0, ${x} < 0.0)`,
  gradients: [(g, { output }) => where(less(0, output), g, 0)],
  interval: [-3, 3],
});

const ERF = `fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
    + 0.254829592) * t;
  return sign(x) * (1.0 - poly * exp(-x * x));
}`;

/** Error function, to 2e-7 (Abramowitz and Stegun 7.1.26). */
export const erf: Unary = unary("erf", "float", {
  wgsl: (x) => `erf(${x})`,
  prelude: ERF,
  gradients: [(g, { inputs: [x] }) => mul(g, mul(2 / Math.sqrt(Math.PI), exp(neg(square(x)))))],
  interval: [-3, 3],
  cost: 12,
});

/** x times the normal distribution function at x (Hendrycks and Gimpel 2016), the exact form. */
export const gelu: Unary = unary("gelu", "float", {
  wgsl: (x) => `(0.5 * ${x} * (1.0 + erf(${x} * ${Math.SQRT1_2})))`,
  prelude: ERF,
  gradients: [(g, { inputs: [x] }) => {
    const below = mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))));
    const density = mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, square(x))));
    return mul(g, add(below, mul(x, density)));
  }],
  interval: [-3, 3],
  cost: 14,
});

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/** The form of {@link gelu} with a hyperbolic tangent. */
export const geluTanh: Unary = unary("geluTanh", "float", {
  wgsl: (x) =>
    `(0.5 * ${x} * (1.0 + tanh(clamp(${GELU_SCALE} * (${x} + ${GELU_CUBIC} * ${x} * ${x} * ${x}), -15.0, 15.0))))`,
  gradients: [(g, { inputs: [x] }) => {
    const inner = mul(GELU_SCALE, add(x, mul(GELU_CUBIC, mul(x, square(x)))));
    const bend = tanh(inner);
    const slope = mul(GELU_SCALE, add(1, mul(3 * GELU_CUBIC, square(x))));
    const second = mul(mul(x, sub(1, square(bend))), slope);
    return mul(g, mul(0.5, add(add(1, bend), second)));
  }],
  interval: [-3, 3],
  cost: 14,
});

/** x * sigmoid(x), also called swish. */
export const silu: Unary = unary("silu", "float", {
  wgsl: (x) => `(${x} / (1.0 + exp(-${x})))`,
  gradients: [(g, { inputs: [x] }) => {
    const gate = sigmoid(x);
    return mul(g, mul(gate, add(1, mul(x, sub(1, gate)))));
  }],
  interval: [-3, 3],
  cost: 6,
});

/** log(1 + exp(x)), without overflow. */
export const softplus: Unary = unary("softplus", "float", {
  wgsl: (x) => `(max(${x}, 0.0) + log(1.0 + exp(-abs(${x}))))`,
  gradients: [(g, { inputs: [x] }) => mul(g, sigmoid(x))],
  interval: [-3, 3],
  cost: 9,
});

/** True where x is false. */
export const not: Unary = unary("not", "bool", {
  wgsl: (x) => `!${x}`,
  gradients: [null],
  interval: [0, 1],
});
