/** Random numbers as functions of seed and place: the same bits on every adapter. */

import { type InlineOp, record } from "../node.ts";
import { type RandomSource, seedWords, SHUFFLE_ROUNDS, threefry } from "../random_host.ts";
import { checkShape, type Shape } from "../shape.ts";
import { constant, nodeOf, type Tensor, wrap } from "../tensor.ts";
import { add, mul } from "./binary.ts";

/** Settings of {@link uniform}. */
export interface UniformOptions extends RandomSource {
  /** Smallest value; default 0. */
  low?: number;
  /** Bound that is not reached; default 1. */
  high?: number;
}

/** Settings of {@link normal}. */
export interface NormalOptions extends RandomSource {
  /** Mean; default 0. */
  mean?: number;
  /** Standard deviation; default 1. */
  deviation?: number;
}

/** Threefry-2x32 with 20 rounds, as in `random_host.ts`. */
const THREEFRY = `fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let keys = array<u32, 3>(key.x, key.y, key.x ^ key.y ^ 0x1bd11bdau);
  var x = counter.x + key.x;
  var y = counter.y + key.y;
${
  Array.from({ length: 20 }, (_, round) => {
    const turn = [13, 15, 26, 6, 17, 29, 16, 24][round % 8];
    const group = (round + 1) / 4;
    const inject = round % 4 === 3
      ? ` x += keys[${group % 3}]; y += keys[${(group + 1) % 3}] + ${group}u;`
      : "";
    return `  x += y; y = ((y << ${turn}u) | (y >> ${32 - turn}u)) ^ x;${inject}`;
  }).join("\n")
}
  return vec2<u32>(x, y);
}
`;

const UNIT = `fn unit(bits: u32) -> f32 { return f32(bits >> 8u) * 0x1p-24; }
`;

/** Box and Muller (1958); the first uniform is moved off 0, where the logarithm has no value. */
const GAUSS = `fn gauss(bits: vec2<u32>) -> f32 {
  let radius = sqrt(-2.0 * log((f32(bits.x >> 8u) + 0.5) * 0x1p-24));
  return radius * cos(6.283185307179586 * unit(bits.y));
}
`;

/** The swap-or-not shuffle of `random_host.ts`, for one place. */
const SHUFFLE = `fn mix(word: u32) -> u32 {
  var x = (word ^ (word >> 16u)) * 0x85ebca6bu;
  x = (x ^ (x >> 13u)) * 0xc2b2ae35u;
  return x ^ (x >> 16u);
}
fn shuffled(place: u32, count: u32, key: vec2<u32>) -> u32 {
  var x = place;
  for (var round = 0u; round < ${SHUFFLE_ROUNDS}u; round++) {
    let own = mix(key.x + round * 0x9e3779b9u);
    let pivot = own % count;
    let partner = select(pivot + count - x, pivot - x, pivot >= x);
    if ((mix(max(x, partner) + (own ^ key.y)) & 1u) == 1u) { x = partner; }
  }
  return x;
}
`;

function randomOp(name: string, preludes: readonly string[], result: (bits: string) => string) {
  const op: InlineOp = {
    kind: "inline",
    name,
    gradients: [null, null, null],
    cost: 90,
    emit(emitter, { inputs, dtype }, index) {
      preludes.forEach((text) => emitter.prelude(text));
      const scalar = { shape: [], flat: "0u", coordinates: [] };
      const [low, high, stream] = inputs.map((input) => emitter.value(input, scalar));
      const counter = `vec2<u32>(${emitter.flat(index)}, ${stream})`;
      return emitter.let(result(`threefry(vec2<u32>(${low}, ${high}), ${counter})`), dtype);
    },
  };
  return op;
}

const uniformOp = randomOp("uniform", [THREEFRY, UNIT], (bits) => `unit(${bits}.x)`);
const normalOp = randomOp("normal", [THREEFRY, UNIT, GAUSS], (bits) => `gauss(${bits})`);

function draw(op: InlineOp, shape: Shape, { seed, stream = 0 }: RandomSource): Tensor {
  checkShape(shape, "draw a tensor of shape");
  const words = [...seedWords(seed), stream >>> 0].map((word) => nodeOf(constant(word, "u32")));
  return wrap(record(op, words, [...shape], "f32"));
}

/**
 * Numbers drawn evenly from an interval; element i depends on seed, stream and i alone.
 *
 * @param shape Shape of the tensor.
 * @param options Seed, stream and bounds.
 * @returns f32, from `low` up to but not reaching `high` (but for rounding).
 * @throws {RangeError} For a seed that is no integer from 0 to 2^53 - 1.
 *
 * @example
 * ```ts
 * import { openGpu, randomBits, uniform } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const [, second] = await uniform([2], { seed: 5 }).data();
 * assertEquals(second, (randomBits(5, 0, 1) >>> 8) / 2 ** 24);
 * ```
 */
export function uniform(shape: Shape, options: UniformOptions): Tensor {
  const { low = 0, high = 1 } = options;
  const unit = draw(uniformOp, shape, options);
  return low === 0 && high === 1 ? unit : add(mul(unit, high - low), low);
}

/**
 * Numbers from a normal distribution; element i depends on seed, stream and i alone.
 *
 * @param shape Shape of the tensor.
 * @param options Seed, stream, mean and deviation.
 * @returns f32; the same bits on one adapter, within 1e-5 across adapters.
 * @throws {RangeError} For a seed that is no integer from 0 to 2^53 - 1.
 *
 * @example
 * ```ts
 * import { normal, openGpu } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const draw = () => normal([3], { seed: 5 }).toArray();
 * assertEquals(await draw(), await draw());
 * ```
 */
export function normal(shape: Shape, options: NormalOptions): Tensor {
  const { mean = 0, deviation = 1 } = options;
  const standard = draw(normalOp, shape, options);
  return mean === 0 && deviation === 1 ? standard : add(mul(standard, deviation), mean);
}

const permutationOp: InlineOp = {
  kind: "inline",
  name: "permutation",
  gradients: [null, null],
  cost: 2000,
  emit(emitter, { inputs, shape }, index) {
    emitter.prelude(SHUFFLE);
    const scalar = { shape: [], flat: "0u", coordinates: [] };
    const key = inputs.map((input) => emitter.value(input, scalar));
    const place = emitter.flat(index);
    const call = `shuffled(${place}, ${emitter.param(shape[0])}, vec2<u32>(${key.join(", ")}))`;
    return emitter.let(call, "u32");
  },
};

/**
 * A random order; `permutationOf` gives the same one on the host.
 *
 * @param count Number of entries, up to 2^31 - 1.
 * @param source Seed and stream.
 * @returns u32 `[count]`: every number from 0 to count - 1 once.
 * @throws {RangeError} For a seed that is no integer from 0 to 2^53 - 1.
 *
 * @example
 * ```ts
 * import { openGpu, permutation, permutationOf } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const order = await permutation(10, { seed: 3 }).data();
 * assertEquals([...order], [...permutationOf(10, { seed: 3 })]);
 * ```
 */
export function permutation(count: number, source: RandomSource): Tensor {
  checkShape([count], "permute");
  const [low, high] = seedWords(source.seed);
  const key = threefry(low, high, 0xffffffff, (source.stream ?? 0) >>> 0);
  const words = key.map((word) => nodeOf(constant(word, "u32")));
  return wrap(record(permutationOp, words, [count], "u32"));
}
