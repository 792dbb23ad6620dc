import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import { openGpu, tensor } from "../../gpu/mod.ts";
import { Embedding } from "../../nn/embedding.ts";
import { assertScalarAgrees, hostArray, hostProbed, probed, saved } from "./support.ts";

await openGpu();

Deno.test("Embedding agrees with plain numbers, forward and backward, where rows repeat", async () => {
  const layer = new Embedding(5, 3, { seed: 1 });
  const weight = hostArray([5, 3], 1);
  layer.load({ weight: saved(weight) });
  const rows = [4, 0, 4, 4, 2, 0];
  const indices = tensor(rows, { dtype: "i32", shape: [2, 3] });
  assertEquals(layer.forward(indices).shape, [2, 3, 3]);
  await assertScalarAgrees(
    () => probed(layer.forward(indices)),
    ([{ values }]) =>
      hostProbed({
        shape: [2, 3, 3],
        values: Float64Array.from(
          rows.flatMap((row) => [...values.subarray(3 * row, 3 * row + 3)]),
        ),
      }),
    [weight],
    [layer.weight],
  );
});

Deno.test("Embedding starts from a normal distribution with the deviation asked for", async () => {
  for (const deviation of [1, 0.02]) {
    const values = [...await new Embedding(64, 64, { seed: 2, deviation }).weight.data()];
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    assertAlmostEquals(Math.sqrt(variance), deviation, 0.05 * deviation);
    assert(values.some((value) => Math.abs(value) > 2 * deviation));
  }
});

Deno.test("Embedding refuses sizes and deviations out of range", () => {
  const error = assertThrows(() => new Embedding(0, 3, { seed: 1 }), ConfigError);
  assertEquals(
    error.message,
    "Cannot make an embedding with count 0: count must be an integer from 1",
  );
  assertThrows(
    () => new Embedding(2, 3, { seed: 1, deviation: -1 }),
    ConfigError,
    "Cannot make an embedding with deviation -1: deviation must be a number from 0",
  );
});
