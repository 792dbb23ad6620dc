import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import { openGpu } from "../../gpu/mod.ts";
import { type ActivationName, activations, resolveActivation } from "../../nn/activation.ts";
import { assertScalarAgrees, hostArray, hostProbed, probed } from "./support.ts";

await openGpu();

/** The normal distribution function by its series, precise to float64 where it is used. */
function normalCdf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 200; n++) {
    term *= x * x / (2 * n + 1);
    total += term;
  }
  return 0.5 + total * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

const REFERENCES: Record<ActivationName, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  gelu: (x) => x * normalCdf(x),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: (x) => x / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
  identity: (x) => x,
};

for (const [name, reference] of Object.entries(REFERENCES)) {
  Deno.test(`activation ${name} agrees with plain numbers, forward and backward`, async () => {
    await assertScalarAgrees(
      ([x]) => probed(activations[name as ActivationName](x)),
      ([{ shape, values }]) => hostProbed({ shape, values: values.map(reference) }),
      [hostArray([7, 9], 5, 4)],
    );
  });
}

Deno.test("every activation has a reference here", () => {
  assertEquals(Object.keys(activations), Object.keys(REFERENCES));
});

Deno.test("resolveActivation() takes a name or a function and refuses other names", () => {
  assertStrictEquals(resolveActivation("tanh"), activations.tanh);
  assertStrictEquals(resolveActivation(activations.silu), activations.silu);
  const error = assertThrows(() => resolveActivation("swish" as ActivationName), ConfigError);
  assertEquals(
    error.message,
    "Cannot use the activation swish: known are relu, gelu, geluTanh, silu, tanh, sigmoid, softplus, identity",
  );
});
