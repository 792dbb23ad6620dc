/** What the engine's tests share: seeded numbers, comparison with float64, gradients, counters. */

import { assert, assertEquals } from "@std/assert";
import {
  type Counters,
  currentGpu,
  type DType,
  mul,
  openGpu,
  read,
  sum,
  type Tensor,
  tensor,
  valueAndGradWithAux,
} from "../../gpu/mod.ts";
import { count, type Host } from "./host.ts";

await openGpu();

/** Largest |actual - expected| / max(1, |expected|) that counts as agreement. */
export const TOLERANCE = 1e-5;

/** Numbers in [0, 1) from a seed: a xorshift generator of 32 bits. */
export function generator(seed: number): () => number {
  let state = (Math.imul(seed + 1, 2654435761) ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Numbers of an interval that f32 holds exactly; `halves` asks for what f16 holds. */
export function numbers(
  shape: readonly number[],
  seed: number,
  [low, high]: readonly [number, number] = [-1, 1],
  halves: boolean = false,
): Host {
  const next = generator(seed);
  const round = (x: number) => halves ? Float16Array.of(x)[0] : Math.fround(x);
  const values = Float64Array.from(
    { length: count(shape) },
    () => round(low + next() * (high - low)),
  );
  return { shape, values };
}

/** A host array of given numbers. */
export function hostOf(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Host {
  return { shape, values: Float64Array.from(values) };
}

/** The numbers as a tensor. */
export function onDevice({ shape, values }: Host, dtype: DType = "f32"): Tensor {
  return tensor(Array.from(values), { dtype, shape });
}

/** Fails unless every element agrees; NaN and infinities have to be met exactly. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number = TOLERANCE,
  what: string = "value",
): void {
  assertEquals(actual.length, expected.length, `${what}: ${actual.length} elements`);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], Math.fround(expected[i])];
    const close = Object.is(a, e) || a === e ||
      Math.abs(a - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]));
    assert(close, `${what}[${i}] is ${a}, expected ${expected[i]} within ${tolerance}`);
  }
}

/** Gradients of a scalar function by central differences in float64. */
export function slopesByDifferences(
  f: (inputs: readonly Host[]) => number,
  inputs: readonly Host[],
): Float64Array[] {
  return inputs.map(({ values }) =>
    values.map((value, i) => {
      const step = 1e-5 * Math.max(1, Math.abs(value));
      values[i] = value + step;
      const above = f(inputs);
      values[i] = value - step;
      const below = f(inputs);
      values[i] = value;
      return (above - below) / (2 * step);
    })
  );
}

/** Weights that make a scalar of any tensor, so that its gradient meets every element differently. */
export function weightsOf(shape: readonly number[]): Host {
  return numbers(shape, 4711, [0.5, 1.5]);
}

/** Settings of {@link assertAgrees}. */
export interface Agreement {
  /** Type in which the inputs are stored; default f32. */
  dtype?: DType;
  /** See {@link TOLERANCE}. */
  tolerance?: number;
  /** Gradients of the weighted sum of the result; default by differences of `reference`. */
  slopes?: (weights: Host) => readonly ArrayLike<number>[];
}

/**
 * Holds a function of tensors against one of host arrays: shape, values, and the gradients of the
 * weighted sum of its result, all in one readback.
 */
export async function assertAgrees(
  device: (inputs: Tensor[]) => Tensor,
  reference: (inputs: readonly Host[]) => Host,
  inputs: readonly Host[],
  { dtype, tolerance, slopes }: Agreement = {},
): Promise<void> {
  const expected = reference(inputs);
  const weights = weightsOf(expected.shape);
  const run = valueAndGradWithAux((parameters: Tensor[]) => {
    const aux = device(parameters);
    return { loss: sum(mul(aux, onDevice(weights))), aux };
  });
  const { aux, grads } = run(inputs.map((x) => onDevice(x, dtype)));
  assertEquals(aux.shape, [...expected.shape]);
  assertEquals(grads.map(({ shape }) => shape), inputs.map(({ shape }) => [...shape]));
  const [values, ...found] = await read([aux, ...grads]);
  assertClose(values, expected.values, tolerance);
  const weighted = (all: readonly Host[]) =>
    reference(all).values.reduce((total, value, i) => total + value * weights.values[i], 0);
  const wanted = slopes?.(weights) ?? slopesByDifferences(weighted, inputs);
  found.forEach((slope, i) => assertClose(slope, wanted[i], tolerance, `gradient ${i}`));
}

/** What the counters moved by while `run` ran. */
export async function counted(run: () => unknown): Promise<Counters> {
  const { counters } = currentGpu();
  const before: Counters = { ...counters };
  await run();
  const moved = { ...counters };
  for (const name of Object.keys(before) as (keyof Counters)[]) moved[name] -= before[name];
  return moved;
}
