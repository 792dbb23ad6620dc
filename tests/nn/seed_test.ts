import { assert, assertEquals, assertThrows } from "@std/assert";
import { deriveSeed } from "../../nn/seed.ts";

Deno.test("deriveSeed() returns safe integers that differ by seed and key", () => {
  const seeds = new Set<number>();
  const keys = ["", "head", "layers.0", "layers.1", 0, 1, 2, 2 ** 32, 2 ** 33, 2 ** 53 - 1];
  for (const seed of [0, 1, 2 ** 32, 2 ** 53 - 1]) {
    for (const key of keys) {
      const derived = deriveSeed(seed, key);
      assert(Number.isSafeInteger(derived) && derived >= 0, `${derived}`);
      seeds.add(derived);
    }
  }
  assertEquals(seeds.size, 4 * keys.length);
});

Deno.test("deriveSeed() stays what it was, so that old runs can be repeated", () => {
  assertEquals(deriveSeed(1, "head"), 3173587974664423);
  assertEquals(deriveSeed(1, 3), 3229692564947371);
});

Deno.test("deriveSeed() refuses seeds that are no integers from 0", () => {
  assertThrows(() => deriveSeed(-1, "head"), RangeError, "Cannot draw with seed -1");
  assertThrows(() => deriveSeed(0.5, "head"), RangeError, "Cannot draw with seed 0.5");
});

Deno.test("deriveSeed() refuses counts that are no integers from 0", () => {
  for (const count of [-1, 0.5, NaN, 2 ** 53]) {
    assertThrows(() => deriveSeed(1, count), RangeError, `Cannot derive a seed for ${count}`);
  }
});
