import { assertEquals, assertThrows } from "@std/assert";
import { openGpu, tensor, zeros } from "../../gpu/mod.ts";
import { ConfigError } from "../../gpu/errors.ts";
import { Conv2d } from "../../nn/mod.ts";

await openGpu();

Deno.test("Conv2d convolves and adds a bias to every channel", async () => {
  const layer = new Conv2d(1, 2, 2, { seed: 1 });
  layer.load({
    weight: { shape: [2, 1, 2, 2], values: new Float32Array([1, 0, 0, 0, 0, 0, 0, 1]) },
    bias: { shape: [2], values: new Float32Array([10, 20]) },
  });
  const x = tensor([[[[1, 2], [3, 4]]]]);
  assertEquals(await layer.forward(x).toArray(), [[[[11]], [[24]]]]);
});

Deno.test("Conv2d starts within 1 / sqrt(fan in), which counts the taps of one group", async () => {
  const layer = new Conv2d(8, 16, [3, 1], { groups: 2, seed: 3 });
  assertEquals(layer.weight.shape, [16, 4, 3, 1]);
  const bound = 1 / Math.sqrt(12);
  for (const values of [await layer.weight.data(), await layer.bias!.data()]) {
    const most = Math.max(...values.map(Math.abs));
    assertEquals(most <= bound && most > 0.6 * bound, true, `${most} within ${bound}`);
  }
  assertEquals(Object.keys(new Conv2d(1, 1, 1, { bias: false, seed: 0 }).parameters()), ["weight"]);
});

Deno.test("Conv2d refuses sizes and groups that do not fit", () => {
  assertThrows(() => new Conv2d(0, 4, 3, { seed: 0 }), ConfigError, "inputs");
  assertThrows(
    () => new Conv2d(4, 6, 3, { groups: 4, seed: 0 }),
    ConfigError,
    "groups",
  );
  const layer = new Conv2d(4, 6, 3, { seed: 0 });
  assertThrows(() => layer.forward(zeros([1, 3, 5, 5])), TypeError, "channels a group");
});
