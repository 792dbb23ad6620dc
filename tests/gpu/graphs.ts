/** Random expression graphs, recorded on the device and computed on the host side by side. */

import {
  add,
  broadcastTo,
  concat,
  div,
  exp,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  pad,
  relu,
  reshape,
  sigmoid,
  sin,
  slice,
  square,
  sub,
  sum,
  take,
  tanh,
  type Tensor,
  tensor,
  transpose,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { generator } from "./support.ts";

/** The same value on both sides. */
export interface Both {
  device: Tensor;
  host: host.Host;
}

/** Largest number of elements that a graph lets a tensor grow to. */
const MOST = 600;

const UNARY: readonly [(x: Tensor) => Tensor, (x: number) => number][] = [
  [neg, (x) => -x],
  [relu, (x) => Math.max(x, 0)],
  [sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  [tanh, Math.tanh],
  [sin, Math.sin],
  [(x) => exp(minimum(x, 1)), (x) => Math.exp(Math.min(x, 1))],
  [(x) => square(mul(x, 0.5)), (x) => 0.25 * x * x],
  [(x) => div(x, add(square(x), 2)), (x) => x / (x * x + 2)],
];

const BINARY: readonly [typeof add, (a: number, b: number) => number][] = [
  [add, (a, b) => a + b],
  [sub, (a, b) => a - b],
  [mul, (a, b) => a * b],
  [maximum, Math.max],
  [minimum, Math.min],
];

const REDUCTIONS: readonly [typeof sum, (e: Float64Array) => number][] = [
  [sum, host.total],
  [mean, (e) => host.total(e) / e.length],
  [max, (e) => e.reduce((a, b) => Math.max(a, b))],
  [logSumExp, host.logSumExp],
];

/** Chooses and draws from a seed. */
export class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = generator(seed);
  }

  /** An integer from 0 to sides - 1. */
  below(sides: number): number {
    return Math.floor(this.#next() * sides);
  }

  /** One of several. */
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** A shuffled copy. */
  order<T>(items: readonly T[]): T[] {
    const rest = [...items];
    return items.map(() => rest.splice(this.below(rest.length), 1)[0]);
  }
}

/** One step of a graph: a new value from older ones, or undefined where it does not fit them. */
type Step = (dice: Dice, values: readonly Both[]) => Both | undefined;

const steps: Record<string, Step> = {
  unary(dice, values) {
    const x = dice.of(values);
    const [device, scalar] = dice.of(UNARY);
    return { device: device(x.device), host: host.elementwise(scalar, x.host) };
  },

  binary(dice, values) {
    const [a, b] = [dice.of(values), dice.of(values)];
    const [device, scalar] = dice.of(BINARY);
    if (dice.below(4) === 0) {
      const number = dice.below(7) / 2 - 1.5;
      return {
        device: device(a.device, number),
        host: host.elementwise((x) => scalar(x, number), a.host),
      };
    }
    if (!fits([a, b])) return undefined;
    return { device: device(a.device, b.device), host: host.elementwise(scalar, a.host, b.host) };
  },

  transpose(dice, values) {
    const x = dice.of(values);
    const order = dice.order(x.host.shape.map((_, axis) => axis));
    return { device: transpose(x.device, order), host: host.transpose(x.host, order) };
  },

  reshape(dice, values) {
    const x = dice.of(values);
    const sizes = dice.order(x.host.shape.flatMap((n) => n % 2 === 0 ? [2, n / 2] : [n]));
    const shape = sizes.length > 5 ? [x.host.values.length] : sizes;
    return { device: reshape(x.device, shape), host: host.reshape(x.host, shape) };
  },

  slice(dice, values) {
    const x = dice.of(values);
    const starts = x.host.shape.map((n) => dice.below(n));
    const ends = x.host.shape.map((n, axis) => starts[axis] + 1 + dice.below(n - starts[axis]));
    return { device: slice(x.device, starts, ends), host: host.slice(x.host, starts, ends) };
  },

  pad(dice, values) {
    const x = dice.of(values);
    const before = x.host.shape.map(() => dice.below(3));
    const after = x.host.shape.map(() => dice.below(3));
    const fill = dice.below(3) - 1;
    const result = host.pad(x.host, before, after, fill);
    if (result.values.length > MOST) return undefined;
    return { device: pad(x.device, before, after, fill), host: result };
  },

  broadcast(dice, values) {
    const x = dice.of(values);
    const shape = x.host.shape.map((n) => n === 1 ? 1 + dice.below(4) : n);
    if (shape.length < 4) shape.unshift(1 + dice.below(3));
    if (host.count(shape) > MOST) return undefined;
    return { device: broadcastTo(x.device, shape), host: host.broadcastTo(x.host, shape) };
  },

  reduce(dice, values) {
    const x = dice.of(values);
    const axes = x.host.shape.flatMap((_, axis) => dice.below(2) === 0 ? [axis] : []);
    const [device, scalar] = dice.of(REDUCTIONS);
    const keepDims = dice.below(2) === 0;
    return {
      device: device(x.device, { axes, keepDims }),
      host: host.reduce(x.host, axes, scalar, keepDims),
    };
  },

  matmul(dice, values) {
    const matrices = values.filter(({ host: { shape } }) => shape.length >= 2);
    if (matrices.length === 0) return undefined;
    const a = dice.of(matrices);
    const inner = a.host.shape[a.host.shape.length - 1];
    const b = matrices.find(({ host: { shape } }) => shape.length === 2 && shape[0] === inner);
    const turned = b === undefined;
    const right = turned ? a.host : b.host;
    const axes = right.shape.map((_, axis) => axis);
    const last = axes.length - 1;
    const swapped = turned ? host.transpose(right, [...axes.slice(0, -2), last, last - 1]) : right;
    const result = host.matmul(a.host, swapped);
    if (result.values.length > MOST) return undefined;
    const scale = 1 / inner;
    const product = matmul(a.device, turned ? a.device : b.device, { transposeB: turned });
    return {
      device: mul(product, scale),
      host: host.elementwise((x) => x * scale, result),
    };
  },

  concat(dice, values) {
    const x = dice.of(values);
    if (x.host.shape.length === 0 || 2 * x.host.values.length > MOST) return undefined;
    const axis = dice.below(x.host.shape.length);
    const other = values.find(({ host: { shape } }) =>
      shape.length === x.host.shape.length &&
      shape.every((n, i) => i === axis || n === x.host.shape[i])
    ) ?? x;
    return {
      device: concat([x.device, other.device], axis),
      host: host.concat([x.host, other.host], axis),
    };
  },

  take(dice, values) {
    const x = dice.of(values);
    if (x.host.shape.length === 0) return undefined;
    const rows = Array.from({ length: 1 + dice.below(5) }, () => dice.below(x.host.shape[0]));
    if (rows.length * x.host.values.length > MOST * x.host.shape[0]) return undefined;
    return {
      device: take(x.device, tensor(rows, { dtype: "i32" })),
      host: host.take(x.host, { shape: [rows.length], values: rows }),
    };
  },
};

function fits(values: readonly Both[]): boolean {
  const shapes = values.map((x) => x.host.shape);
  const shape = host.broadcastShape(shapes);
  const all = shapes.every((own) =>
    own.every((n, i) => n === 1 || n === shape[i + shape.length - own.length])
  );
  return all && host.count(shape) <= MOST;
}

/**
 * Grows a graph from inputs.
 *
 * @param dice What decides.
 * @param inputs Values to start from.
 * @param size Steps.
 * @param without Names of steps that are left out.
 * @returns Inputs and all values in between; the last is the newest.
 */
export function grow(
  dice: Dice,
  inputs: readonly Both[],
  size: number,
  without: readonly string[] = [],
): Both[] {
  const names = Object.keys(steps).filter((name) => !without.includes(name));
  const values = [...inputs];
  while (values.length < inputs.length + size) {
    // Newer values are taken more often, so that graphs grow deep.
    const near = values.slice(-1 - dice.below(values.length));
    const next = steps[dice.of(names)](dice, near);
    if (next !== undefined) values.push(next);
  }
  return values;
}
