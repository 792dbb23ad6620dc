import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { openGpu, tensor, zeros } from "../../gpu/mod.ts";
import { LayerNorm } from "../../nn/norm.ts";
import {
  assertClose,
  assertScalarAgrees,
  hostArray,
  hostLayerNorm,
  hostProbed,
  onDevice,
  probed,
  saved,
} from "./support.ts";

await openGpu();

for (const shape of [[6], [1, 6], [4, 6], [2, 3, 6]]) {
  Deno.test(`LayerNorm on [${shape}] agrees with plain numbers, forward and backward`, async () => {
    const layer = new LayerNorm(6);
    const inputs = [hostArray(shape, 1, 3), hostArray([6], 2), hostArray([6], 3)];
    layer.load({ weight: saved(inputs[1]), bias: saved(inputs[2]) });
    await assertScalarAgrees(
      ([x]) => probed(layer.forward(x)),
      ([x, weight, bias]) => hostProbed(hostLayerNorm(x, 1e-5, weight, bias)),
      inputs,
      [onDevice(inputs[0]), layer.weight!, layer.bias!],
    );
  });
}

Deno.test("LayerNorm without gain and shift, with another epsilon, has no parameters", async () => {
  const layer = new LayerNorm(6, { affine: false, epsilon: 0.5 });
  assertEquals(layer.parameters(), {});
  await assertScalarAgrees(
    ([x]) => probed(layer.forward(x)),
    ([x]) => hostProbed(hostLayerNorm(x, 0.5)),
    [hostArray([3, 6], 4)],
  );
});

Deno.test("LayerNorm starts with gain 1 and shift 0, and keeps a constant row finite", async () => {
  const layer = new LayerNorm(4);
  const row = await layer.forward(tensor([[3, 3, 3, 3], [1000, 1001, 1002, 1003]])).data();
  assertClose(row, [0, 0, 0, 0, -1.341636, -0.447212, 0.447212, 1.341636], 1e-4);
});

Deno.test("LayerNorm refuses another width and an epsilon that is not above 0", () => {
  const error = assertThrows(() => new LayerNorm(4).forward(zeros([2, 3])), ShapeError);
  assertEquals(
    error.message,
    "Cannot apply a layer norm of width 4 to [2, 3]: the last axis is 3",
  );
  assertThrows(
    () => new LayerNorm(4, { epsilon: 0 }),
    ConfigError,
    "Cannot make a layer norm with epsilon 0: epsilon must be a number from 1.2e-38",
  );
});

Deno.test("an epsilon that is 0 to a device is refused", () => {
  assertThrows(() => new LayerNorm(4, { epsilon: 1e-50 }), ConfigError, "with epsilon 1e-50");
});
