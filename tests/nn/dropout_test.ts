import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import { ones, openGpu, read, sum, type Tensor, tensor, valueAndGrad } from "../../gpu/mod.ts";
import { Dropout } from "../../nn/dropout.ts";
import { counted } from "./support.ts";

await openGpu();

Deno.test("Dropout zeroes its share and scales the rest so that the mean stays", async () => {
  const layer = new Dropout(0.3, { seed: 1 });
  const values = [...await layer.forward(ones([100, 200]), { training: true, seed: 0 }).data()];
  const kept = Math.fround(1 / 0.7);
  for (const value of values) assert(value === 0 || Math.abs(value - kept) < 1e-6);
  assertAlmostEquals(values.filter((value) => value === 0).length / values.length, 0.3, 0.015);
  assertAlmostEquals(values.reduce((a, b) => a + b, 0) / values.length, 1, 0.02);
});

Deno.test("Dropout repeats a draw for the same seeds and draws anew for another step or layer", async () => {
  const x = ones([40, 50]);
  const layer = new Dropout(0.5, { seed: 1 });
  const other = new Dropout(0.5, { seed: 2 });
  const draws = await read([
    layer.forward(x, { training: true, seed: 7 }),
    layer.forward(x, { training: true, seed: 7 }),
    layer.forward(x, { training: true, seed: 8 }),
    other.forward(x, { training: true, seed: 7 }),
  ]);
  assertEquals(draws[0], draws[1]);
  for (const draw of [draws[2], draws[3]]) {
    // Independent fair draws agree on half of their places.
    const agreeing = draw.filter((value, i) => value === draws[0][i]).length / draw.length;
    assertAlmostEquals(agreeing, 0.5, 0.05);
  }
});

Deno.test("Dropout lets the gradient through exactly where it let the value through", async () => {
  const layer = new Dropout(0.4, { seed: 3 });
  const x = tensor(Float32Array.from({ length: 600 }, (_, i) => i + 1), { shape: [20, 30] });
  const context = { training: true, seed: 11 };
  const { grads } = valueAndGrad((x: Tensor) => sum(layer.forward(x, context)))(x);
  const [values, slopes] = await read([layer.forward(x, context), grads]);
  slopes.forEach((slope, i) => assertAlmostEquals(slope * (i + 1), values[i], 1e-3));
  assert(slopes.some((slope) => slope === 0) && slopes.some((slope) => slope > 1));
});

Deno.test("Dropout returns its input outside training and at rate 0", () => {
  const x = ones([3]);
  assertStrictEquals(new Dropout(0.5, { seed: 1 }).forward(x), x);
  assertStrictEquals(new Dropout(0.5, { seed: 1 }).forward(x, { seed: 1 }), x);
  assertStrictEquals(new Dropout(0, { seed: 1 }).forward(x, { training: true }), x);
});

Deno.test("Dropout compiles nothing for a new step", async () => {
  const layer = new Dropout(0.5, { seed: 1 });
  const x = ones([16, 16]);
  const run = async (seed: number) => {
    await layer.forward(x, { training: true, seed }).data();
  };
  await run(0);
  const { compiles, readbacks } = await counted(() => run(1));
  assertEquals([compiles, readbacks], [0, 1]);
});

Deno.test("Dropout refuses training without a seed, and rates out of range", () => {
  const error = assertThrows(
    () => new Dropout(0.5, { seed: 1 }).forward(ones([2]), { training: true }),
    ConfigError,
  );
  assertEquals(
    error.message,
    "Cannot drop out in training without a seed: give the context one that differs each step",
  );
  for (const rate of [1, -0.1, NaN]) {
    assertThrows(
      () => new Dropout(rate, { seed: 1 }),
      ConfigError,
      `Cannot make a dropout layer with rate ${rate}: rate must be from 0 to below 1`,
    );
  }
});
