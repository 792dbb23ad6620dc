import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  mul,
  normal,
  permutation,
  permutationOf,
  randomBits,
  read,
  reshape,
  slice,
  take,
  tensor,
  transpose,
  uniform,
} from "../../gpu/mod.ts";
import { threefry } from "../../gpu/random_host.ts";
import { assertClose, counted } from "./support.ts";

/** 24 bits to a number in [0, 1). */
function unit(bits: number): number {
  return (bits >>> 8) / 2 ** 24;
}

Deno.test("threefry() gives the words published for Threefry-2x32 with 20 rounds", () => {
  const ones = 0xffffffff;
  assertEquals(threefry(0, 0, 0, 0), [0x6b200159, 0x99ba4efe]);
  assertEquals(threefry(ones, ones, ones, ones), [0x1cb996fc, 0xbb002be7]);
  const pi = [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3] as const;
  assertEquals(threefry(...pi), [0xc4923a9c, 0x483df7a0]);
});

Deno.test("randomBits() is the first word under the seed as key and place and stream as counter", () => {
  assertEquals(randomBits(0, 0, 0), 0x6b200159);
  const seed = 2 ** 53 - 1;
  assertEquals(randomBits(seed, 7, 9), threefry(0xffffffff, 0x1fffff, 9, 7)[0]);
});

Deno.test("uniform() equals randomBits() on the host bit for bit", async () => {
  for (const [seed, stream] of [[0, 0], [1, 5], [2 ** 53 - 1, 4294967295], [2 ** 40 + 3, 1]]) {
    const drawn = await uniform([300], { seed, stream }).data();
    const expected = Array.from(drawn, (_, i) => unit(randomBits(seed, stream, i)));
    assertEquals([...drawn], expected);
  }
});

Deno.test("uniform() keeps to its bounds and draws by row-major place, also through views", async () => {
  const whole = uniform([6, 50], { seed: 3, low: -2, high: 5 });
  const flat = uniform([300], { seed: 3, low: -2, high: 5 });
  const turned = transpose(whole);
  const [a, b, c, d] = await read([whole, flat, turned, slice(reshape(whole, [300]), [100])]);
  assertEquals(a, b);
  assert(a.every((x) => x >= -2 && x < 5));
  assertEquals([...c], Array.from(c, (_, i) => a[(i % 6) * 50 + Math.floor(i / 6)]));
  assertEquals(d, a.slice(100));
  assertClose(a, Array.from(a, (_, i) => -2 + 7 * unit(randomBits(3, 0, i))), 1e-6);
});

Deno.test("other seeds and streams draw other numbers, the same ones the same", async () => {
  const draws = await read([
    uniform([100], { seed: 1 }),
    uniform([100], { seed: 2 }),
    uniform([100], { seed: 1, stream: 1 }),
    uniform([100], { seed: 1 + 2 ** 32 }),
    uniform([100], { seed: 1 }),
  ]);
  assertEquals(draws[4], draws[0]);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < i; j++) {
      const same = draws[i].filter((x, place) => x === draws[j][place]).length;
      assert(same < 3, `draws ${i} and ${j} share ${same} of 100`);
    }
  }
});

Deno.test("uniform() has the moments of an even distribution", async () => {
  const drawn = Array.from(await uniform([200000], { seed: 11 }).data());
  const mean = drawn.reduce((a, b) => a + b) / drawn.length;
  const spread = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length;
  // Five standard errors: 0.289 / sqrt(200000) for the mean, a third of that for the variance.
  assert(Math.abs(mean - 0.5) < 0.0033, `mean ${mean}`);
  assert(Math.abs(spread - 1 / 12) < 0.0009, `variance ${spread}`);
  const bins = new Uint32Array(16);
  for (const x of drawn) bins[Math.floor(x * 16)]++;
  const chi = bins.reduce((sum, count) => sum + (count - 12500) ** 2 / 12500, 0);
  assert(chi < 45, `chi-square ${chi} with 15 degrees of freedom`);
});

Deno.test("normal() is Box and Muller's transform of the two words, to 1e-5", async () => {
  const drawn = await normal([2000], { seed: 9, stream: 4 }).data();
  const expected = Array.from(drawn, (_, i) => {
    const [radius, angle] = threefry(9, 0, i, 4);
    return Math.sqrt(-2 * Math.log(((radius >>> 8) + 0.5) / 2 ** 24)) *
      Math.cos(2 * Math.PI * unit(angle));
  });
  assertClose(drawn, expected, 1e-5);
  const moved = await normal([2000], { seed: 9, stream: 4, mean: 3, deviation: 0.5 }).data();
  assertClose(moved, expected.map((x) => 3 + 0.5 * x), 1e-5);
});

Deno.test("normal() has the moments of a normal distribution", async () => {
  const drawn = Array.from(await normal([200000], { seed: 12 }).data());
  const moment = (power: number) => drawn.reduce((sum, x) => sum + x ** power, 0) / drawn.length;
  // Five standard errors each: sqrt(1, 2, 15, 96) / sqrt(200000).
  assert(Math.abs(moment(1)) < 0.012, `mean ${moment(1)}`);
  assert(Math.abs(moment(2) - 1) < 0.016, `second moment ${moment(2)}`);
  assert(Math.abs(moment(3)) < 0.044, `third moment ${moment(3)}`);
  assert(Math.abs(moment(4) - 3) < 0.11, `fourth moment ${moment(4)}`);
});

Deno.test("permutation() equals permutationOf() and holds every number once", async () => {
  for (const [count, seed, stream] of [[1, 0, 0], [2, 1, 0], [7, 2, 9], [64, 3, 0], [1001, 4, 1]]) {
    const order = await permutation(count, { seed, stream }).data();
    assertEquals(order, permutationOf(count, { seed, stream }));
    assertEquals([...order].sort((a, b) => a - b), Array.from(order, (_, i) => i));
  }
  const large = await permutation(50000, { seed: 5 }).data();
  assertEquals(large, permutationOf(50000, { seed: 5 }));
  assertEquals(new Set(large).size, 50000);
});

Deno.test("every order of four comes about equally often", () => {
  const seen = new Map<string, number>();
  const draws = 24000;
  for (let seed = 0; seed < draws; seed++) {
    const order = permutationOf(4, { seed, stream: 2 }).join("");
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  assertEquals(seen.size, 24);
  const chi = [...seen.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  // Above 58 with probability 1e-4 for 23 degrees of freedom.
  assert(chi < 58, `chi-square ${chi}`);
});

Deno.test("every place goes to every place about equally often", () => {
  const counts = Array.from({ length: 10 }, () => new Uint32Array(10));
  for (let seed = 0; seed < 5000; seed++) {
    permutationOf(10, { seed }).forEach((to, from) => counts[from][to]++);
  }
  const chi = counts.flatMap((row) => [...row])
    .reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
  // 81 degrees of freedom: above 135 with probability 1e-4.
  assert(chi < 135, `chi-square ${chi}`);
});

Deno.test("another seed, stream or deviation compiles nothing", async () => {
  const rows = tensor([[1], [2], [3], [4]]);
  const draw = (seed: number, stream: number) =>
    read([
      uniform([8], { seed, stream, low: -seed - 1, high: 1 }),
      normal([8], { seed, stream, deviation: 0.1 + stream }),
      take(rows, permutation(4, { seed, stream })),
      mul(uniform([8], { seed, stream }), 2),
    ]);
  await draw(1, 1);
  const moved = await counted(() => draw(2 ** 50, 77));
  assertEquals([moved.compiles, moved.buffersMade, moved.submits], [0, 0, 1]);
});

Deno.test("seeds are integers from 0 to 2^53 - 1", () => {
  for (const seed of [-1, 0.5, 2 ** 53, NaN]) {
    const message = `Cannot draw with seed ${seed}: seeds are integers from 0 to 2^53 - 1`;
    assertThrows(() => uniform([1], { seed }), RangeError, message);
    assertThrows(() => permutationOf(1, { seed }), RangeError, message);
    assertThrows(() => permutation(3, { seed }), RangeError, message);
    assertThrows(() => randomBits(seed, 0, 0), RangeError, message);
  }
});
