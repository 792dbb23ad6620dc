import { assertEquals, assertThrows } from "@std/assert";
import { openGpu, slice, tensor, zeros } from "../../gpu/mod.ts";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { MultiHeadAttention } from "../../nn/mod.ts";
import { numbers, onDevice } from "../gpu/support.ts";

await openGpu();

Deno.test("MultiHeadAttention mixes rows of one sentence by the means of its heads", async () => {
  const layer = new MultiHeadAttention(2, { heads: 1, seed: 1 });
  // Queries and keys are 0, so that all shares are equal; values and projection are the rows.
  const eye = [1, 0, 0, 1];
  layer.load({
    "qkv.weight": { shape: [6, 2], values: new Float32Array([0, 0, 0, 0, 0, 0, 0, 0, ...eye]) },
    "qkv.bias": { shape: [6], values: new Float32Array(6) },
    "projection.weight": { shape: [2, 2], values: new Float32Array(eye) },
    "projection.bias": { shape: [2], values: new Float32Array([10, 20]) },
  });
  const y = layer.forward(tensor([[[1, 2], [3, 6]]]));
  assertEquals(await y.toArray(), [[[12, 24], [12, 24]]]);
});

Deno.test("a causal MultiHeadAttention does not see what follows", async () => {
  const layer = new MultiHeadAttention(4, { heads: 2, seed: 1, causal: true });
  const [x, other] = [numbers([1, 5, 4], 1), numbers([1, 5, 4], 1)];
  other.values.fill(9, 12);
  const first = async (x: typeof other) =>
    await slice(layer.forward(onDevice(x)), [0, 0, 0], [1, 3, 4]).data();
  assertEquals(await first(x), await first(other));
});

Deno.test("MultiHeadAttention refuses heads and rows that do not fit", () => {
  assertThrows(
    () => new MultiHeadAttention(6, { heads: 4, seed: 0 }),
    ConfigError,
    "with heads 4: heads must divide the width, 6",
  );
  const layer = new MultiHeadAttention(6, { heads: 3, seed: 0 });
  assertThrows(
    () => layer.forward(zeros([2, 4, 5])),
    ShapeError,
    "the layer takes [batch, rows, 6]",
  );
});
