/** Seeds of independent draws from one seed. */

import { randomBits } from "../gpu/mod.ts";

/** FNV-1a over the UTF-16 units of a text: a u32 (Fowler, Noll, Vo). */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  }
  return state >>> 0;
}

/**
 * A seed made from another one and a key, so that the parts of a model, or the steps of a run, draw
 * independent numbers while one seed decides them all.
 *
 * @param seed Integer from 0 to 2^53 - 1.
 * @param key Name of the part, or a count such as the step, from 0 to 2^53 - 1.
 * @returns An integer from 0 to 2^53 - 1; the same for the same seed and key, on every machine.
 * @throws {RangeError} For a seed or a count that is no such integer.
 *
 * @example
 * ```ts
 * import { deriveSeed } from "@aft/aft/nn";
 * import { assert, assertEquals } from "@std/assert";
 *
 * assertEquals(deriveSeed(1, "head"), deriveSeed(1, "head"));
 * assert(deriveSeed(1, "head") !== deriveSeed(1, "body"));
 * ```
 */
export function deriveSeed(seed: number, key: number | string): number {
  if (typeof key === "number" && (!Number.isSafeInteger(key) || key < 0)) {
    throw new RangeError(`Cannot derive a seed for ${key}: counts are integers from 0 to 2^53 - 1`);
  }
  const stream = typeof key === "string" ? hash(key) : key % 2 ** 32;
  const counter = typeof key === "string" ? 0 : 2 * Math.floor(key / 2 ** 32);
  const high = randomBits(seed, stream, counter) >>> 11;
  return high * 2 ** 32 + randomBits(seed, stream, counter + 1);
}
