/**
 * The counter-based random generator, as plain numbers. The WGSL text in `ops/random.ts` computes
 * the same bits on the device, so that a draw depends on its seed alone and never on the adapter.
 */

/** Where a random draw comes from. */
export interface RandomSource {
  /** Any integer from 0 to 2^53 - 1. */
  seed: number;
  /** Number of an independent sequence under the same seed, a u32; default 0. */
  stream?: number;
}

/** Halves of the 64-bit key that a seed stands for: low word, high word. */
export function seedWords(seed: number): [number, number] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`Cannot draw with seed ${seed}: seeds are integers from 0 to 2^53 - 1`);
  }
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

const ROTATIONS: readonly number[] = [13, 15, 26, 6, 17, 29, 16, 24];

/** Threefry-2x32 with 20 rounds (Salmon et al., SC 2011): two words from a key and a counter. */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): [number, number] {
  const keys = [key0, key1, key0 ^ key1 ^ 0x1bd11bda];
  let x = (counter0 + key0) >>> 0;
  let y = (counter1 + key1) >>> 0;
  for (let round = 0; round < 20; round++) {
    const turn = ROTATIONS[round % 8];
    x = (x + y) >>> 0;
    y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    if (round % 4 === 3) {
      const group = (round + 1) / 4;
      x = (x + keys[group % 3]) >>> 0;
      y = (y + keys[(group + 1) % 3] + group) >>> 0;
    }
  }
  return [x >>> 0, y >>> 0];
}

/**
 * One random word.
 *
 * @param seed Integer from 0 to 2^53 - 1.
 * @param stream Independent sequence under that seed, a u32.
 * @param counter Position in the sequence, a u32.
 * @returns An integer from 0 to 2^32 - 1.
 *
 * @example
 * ```ts
 * import { randomBits } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(randomBits(1, 0, 7), randomBits(1, 0, 7));
 * ```
 */
export function randomBits(seed: number, stream: number, counter: number): number {
  const [low, high] = seedWords(seed);
  return threefry(low, high, counter >>> 0, stream >>> 0)[0];
}

/** Two independent numbers of the normal distribution from two random words (Box and Muller, 1958). */
export function gaussians([a, b]: readonly [number, number]): [number, number] {
  const radius = Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32)); // from 1 / 2^32 to 1: never log 0
  const angle = 2 * Math.PI * b / 2 ** 32;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Rounds of the shuffle below: the deviation from uniform falls geometrically with each. */
export const SHUFFLE_ROUNDS = 128;

/** Murmur3's finaliser: every input bit reaches every output bit. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * A random order of 0 … count - 1 by the swap-or-not shuffle (Hoang, Morris, Rogaway, CRYPTO 2012):
 * every place is computed alone, so the device does the same in parallel.
 *
 * @param count Number of entries, up to 2^31 - 1.
 * @param source Seed and stream.
 * @returns Every number from 0 to count - 1 once.
 *
 * @example
 * ```ts
 * import { permutationOf } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...permutationOf(4, { seed: 1 })].sort(), [0, 1, 2, 3]);
 * ```
 */
export function permutationOf(count: number, source: RandomSource): Uint32Array<ArrayBuffer> {
  const [low, high] = seedWords(source.seed);
  const [key0, key1] = threefry(low, high, 0xffffffff, (source.stream ?? 0) >>> 0);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let round = 0; round < SHUFFLE_ROUNDS; round++) {
    const key = mix((key0 + Math.imul(round, 0x9e3779b9)) >>> 0);
    const pivot = key % count;
    const salt = (key ^ key1) >>> 0;
    for (let i = 0; i < count; i++) {
      const x = order[i];
      const partner = pivot >= x ? pivot - x : pivot + count - x;
      if (mix((Math.max(x, partner) + salt) >>> 0) & 1) order[i] = partner;
    }
  }
  return order;
}
