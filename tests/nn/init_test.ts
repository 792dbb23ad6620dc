import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import { full, openGpu, randomBits, read } from "../../gpu/mod.ts";
import { initialisers, type InitName } from "../../nn/init.ts";
import { Linear } from "../../nn/linear.ts";

await openGpu();

const FAN = { fanIn: 64, fanOut: 128 };

/** Largest magnitude (infinite for normal draws) and variance that the papers give. */
const EXPECTED: Record<InitName, { bound: number; variance: number }> = {
  uniform: { bound: 1 / 8, variance: 1 / 64 / 3 },
  xavierUniform: { bound: Math.sqrt(6 / 192), variance: 2 / 192 },
  xavierNormal: { bound: Infinity, variance: 2 / 192 },
  kaimingUniform: { bound: Math.sqrt(6 / 64), variance: 2 / 64 },
  kaimingNormal: { bound: Infinity, variance: 2 / 64 },
  zeros: { bound: 0, variance: 0 },
};

for (const [name, { bound, variance }] of Object.entries(EXPECTED)) {
  Deno.test(`initialiser ${name} has the bound and variance of its source`, async () => {
    const init = initialisers[name as InitName];
    const values = [...await init([128, 64], FAN, { seed: 3 }).data()];
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const spread = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    assert(values.every((value) => Math.abs(value) <= bound + 1e-7));
    assertAlmostEquals(mean, 0, 4 * Math.sqrt(variance / values.length) + 1e-12);
    assertAlmostEquals(spread, variance, 0.06 * variance + 1e-12);
    if (Number.isFinite(bound) && bound > 0) {
      assert(values.some((value) => value > 0.99 * bound) && values.some((v) => v < -0.99 * bound));
    }
  });
}

Deno.test("Linear starts weight and bias uniform in ±1/sqrt(inputs), from independent draws", async () => {
  const layer = new Linear(16, 8, { seed: 5 });
  assert(layer.bias);
  const [weight, bias] = await read([layer.weight, layer.bias]);
  for (const value of [...weight, ...bias]) assert(Math.abs(value) <= 0.25);
  assert(new Set([...weight, ...bias]).size > 130, "weight and bias share draws");
  const again = await new Linear(16, 8, { seed: 5 }).weight.data();
  assertEquals(again, weight);
  const other = await new Linear(16, 8, { seed: 6 }).weight.data();
  assert(weight.every((value, i) => value !== other[i]));
});

Deno.test("Linear's uniform start is the host generator's, bit for bit", async () => {
  const weight = await new Linear(4, 2, { seed: 9 }).weight.data();
  const host = Array.from(weight, (_, i) => (randomBits(9, 0, i) >>> 8) / 2 ** 24);
  weight.forEach((value, i) => assertAlmostEquals(value, -0.5 + host[i], 1e-7));
});

Deno.test("Linear takes other starts for weight and bias, by name or as a function", async () => {
  const named = new Linear(3, 2, { seed: 1, init: "zeros", biasInit: "zeros" });
  assertEquals(await named.weight.data(), new Float32Array(6));
  assertEquals(await named.bias!.data(), new Float32Array(2));
  const made = new Linear(3, 2, { seed: 1, init: (shape, { fanIn }) => full(shape, fanIn) });
  assertEquals(await made.weight.data(), new Float32Array(6).fill(3));
  assert((await made.bias!.data()).some((value) => value !== 0));
});

Deno.test("Linear refuses a start that it does not know", () => {
  const error = assertThrows(
    () => new Linear(3, 2, { seed: 1, init: "xavier" as InitName }),
    ConfigError,
  );
  assertEquals(
    error.message,
    "Cannot start from xavier: known are uniform, xavierUniform, xavierNormal, kaimingUniform, kaimingNormal, zeros",
  );
});
