/**
 * What every element-wise op means in plain float64 numbers. An op without an entry here is a type
 * error, and so is an entry without its op.
 */

import type { DType } from "../../gpu/mod.ts";
import type * as binary from "../../gpu/ops/binary.ts";
import type * as unary from "../../gpu/ops/unary.ts";

/** A point where slopes jump, and the slopes that the op promises there. */
export interface Kink {
  at: readonly number[];
  slopes: readonly number[];
}

/** One op in plain numbers; booleans are 0 and 1. */
export interface Reference {
  value: (...x: number[]) => number;
  /** Types that the op takes; it refuses all others. */
  types: readonly DType[];
  /** Type of the result where it is not the inputs'. */
  result?: DType;
  /** The value for integers, where that is another. */
  whole?: (...x: number[]) => number;
  kinks?: readonly Kink[];
  /** Points outside the interval at which value and slopes still have to hold. */
  beyond?: readonly (readonly number[])[];
}

const FLOAT: readonly DType[] = ["f32", "f16"];
const SIGNED: readonly DType[] = ["f32", "f16", "i32"];
const NUMBER: readonly DType[] = ["f32", "f16", "i32", "u32"];
const ANY: readonly DType[] = ["f32", "f16", "i32", "u32", "bool"];
const BOOL: readonly DType[] = ["bool"];

/** Points of one input. */
function points(...at: number[]): number[][] {
  return at.map((x) => [x]);
}

/** By a series whose terms are all positive (Abramowitz and Stegun 7.1.6). */
function erf(x: number): number {
  let term = Math.abs(x);
  let sum = 0;
  for (let n = 0; term > 1e-20 * sum; n++) {
    sum += term;
    term *= 2 * x * x / (2 * n + 3);
  }
  return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** Ops of one tensor. */
export const unaryReferences: Record<keyof typeof unary, Reference> = {
  neg: { value: (x) => -x, types: SIGNED },
  abs: { value: Math.abs, types: NUMBER, kinks: [{ at: [0], slopes: [0] }] },
  sign: { value: Math.sign, types: SIGNED, beyond: points(0, -40, 40) },
  floor: { value: Math.floor, types: FLOAT, beyond: points(0, -40.5, 40.5, 7) },
  exp: { value: Math.exp, types: FLOAT, beyond: points(0, -120, 30, -30) },
  log: { value: Math.log, types: FLOAT, beyond: points(1, 1e-30, 1e30) },
  sqrt: { value: Math.sqrt, types: FLOAT, beyond: points(1e-20, 1e20) },
  rsqrt: { value: (x) => 1 / Math.sqrt(x), types: FLOAT, beyond: points(1e10, 1e-4) },
  square: {
    value: (x) => x * x,
    types: NUMBER,
    whole: (x) => Math.imul(x, x),
    beyond: points(0, -1e15),
  },
  sin: { value: Math.sin, types: FLOAT, beyond: points(0, 10, -20) },
  cos: { value: Math.cos, types: FLOAT, beyond: points(0, 10, -20) },
  tanh: { value: Math.tanh, types: FLOAT, beyond: points(0, 14, -16, 100, -1000) },
  sigmoid: { value: sigmoid, types: FLOAT, beyond: points(0, 20, -20, 100, -100, 1000, -1000) },
  relu: {
    value: (x) => Math.max(x, 0),
    types: FLOAT,
    kinks: [{ at: [0], slopes: [0] }],
    beyond: points(1e30, -1e30),
  },
  erf: { value: erf, types: FLOAT, beyond: points(0, 5, -5) },
  gelu: {
    value: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    types: FLOAT,
    beyond: points(0, 8, -8),
  },
  geluTanh: { value: geluTanh, types: FLOAT, beyond: points(0, 8, -8, 100, -100) },
  silu: { value: (x) => x * sigmoid(x), types: FLOAT, beyond: points(0, 100, -100, 1000, -1000) },
  softplus: { value: softplus, types: FLOAT, beyond: points(0, 30, -30, 1000, -1000) },
  not: { value: (x) => x ? 0 : 1, types: BOOL },
};

/** Half to each of two equals. */
const TIES: readonly Kink[] = [
  { at: [0, 0], slopes: [0.5, 0.5] },
  { at: [1.5, 1.5], slopes: [0.5, 0.5] },
  { at: [-2, -2], slopes: [0.5, 0.5] },
];

const EQUALS: readonly (readonly number[])[] = [[0, 0], [1.5, 1.5], [-2, -2]];

function comparison(types: readonly DType[], holds: (a: number, b: number) => boolean): Reference {
  return { value: (a, b) => holds(a, b) ? 1 : 0, types, result: "bool", beyond: EQUALS };
}

/** Ops of several tensors; changing the type is tested by itself. */
export const binaryReferences: Record<Exclude<keyof typeof binary, "cast">, Reference> = {
  add: { value: (a, b) => a + b, types: NUMBER, beyond: [[1e10, -1e10]] },
  sub: { value: (a, b) => a - b, types: NUMBER, beyond: [[1e10, 1e10]] },
  mul: {
    value: (a, b) => a * b,
    types: NUMBER,
    whole: Math.imul,
    beyond: [[0, 0], [1e10, -1e-10]],
  },
  div: {
    value: (a, b) => a / b,
    types: NUMBER,
    whole: (a, b) => Math.trunc(a / b),
    beyond: [[0, -2], [-3, 100]],
  },
  pow: {
    value: Math.pow,
    types: FLOAT,
    kinks: [
      { at: [0, 2], slopes: [0, 0] },
      { at: [0, 1], slopes: [1, 0] },
      { at: [1, 0], slopes: [0, 0] },
    ],
  },
  minimum: { value: Math.min, types: NUMBER, kinks: TIES },
  maximum: { value: Math.max, types: NUMBER, kinks: TIES },
  equal: comparison(ANY, (a, b) => a === b),
  notEqual: comparison(ANY, (a, b) => a !== b),
  less: comparison(NUMBER, (a, b) => a < b),
  lessEqual: comparison(NUMBER, (a, b) => a <= b),
  greater: comparison(NUMBER, (a, b) => a > b),
  greaterEqual: comparison(NUMBER, (a, b) => a >= b),
  and: { value: (a, b) => a && b ? 1 : 0, types: BOOL, result: "bool" },
  or: { value: (a, b) => a || b ? 1 : 0, types: BOOL, result: "bool" },
  where: { value: (condition, a, b) => condition ? a : b, types: ANY },
  clip: {
    value: (x, low, high) => Math.min(Math.max(x, low), high),
    types: NUMBER,
    kinks: [{ at: [-0.5, -0.5, 0.5], slopes: [0.5, 0.5, 0] }],
  },
};
