import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { openGpu, zeros } from "../../gpu/mod.ts";
import { Linear } from "../../nn/linear.ts";
import {
  assertScalarAgrees,
  hostArray,
  hostLinear,
  hostProbed,
  onDevice,
  probed,
  saved,
} from "./support.ts";

await openGpu();

for (const shape of [[3], [1, 3], [5, 3], [2, 4, 3], [2, 1, 2, 3]]) {
  for (const withBias of [true, false]) {
    const title = `${withBias ? "with" : "without"} a bias on [${shape}]`;
    Deno.test(`Linear ${title} agrees with plain numbers, forward and backward`, async () => {
      const layer = new Linear(3, 4, { seed: 1, bias: withBias });
      const x = hostArray(shape, 1);
      const weight = hostArray([4, 3], 2);
      const bias = hostArray([4], 3);
      layer.load({ weight: saved(weight), ...(withBias ? { bias: saved(bias) } : {}) });
      const inputs = withBias ? [x, weight, bias] : [x, weight];
      await assertScalarAgrees(
        ([x]) => probed(layer.forward(x)),
        ([x, weight, bias]) => hostProbed(hostLinear(x, weight, bias)),
        inputs,
        [onDevice(x), layer.weight, ...(layer.bias ? [layer.bias] : [])],
      );
    });
  }
}

Deno.test("Linear keeps the leading axes", () => {
  const layer = new Linear(3, 4, { seed: 1 });
  assertEquals(layer.forward(zeros([3])).shape, [4]);
  assertEquals(layer.forward(zeros([7, 5, 3])).shape, [7, 5, 4]);
  assertEquals(Object.keys(layer.parameters()), ["weight", "bias"]);
  assertEquals(Object.keys(new Linear(3, 4, { seed: 1, bias: false }).parameters()), ["weight"]);
});

Deno.test("Linear refuses an input of another width, with both numbers", () => {
  const layer = new Linear(3, 4, { seed: 1 });
  const error = assertThrows(() => layer.forward(zeros([2, 5])), ShapeError);
  assertEquals(
    error.message,
    "Cannot apply a linear layer of 3 inputs to [2, 5]: the last axis is 5",
  );
  assertThrows(
    () => layer.forward(zeros([])),
    ShapeError,
    "Cannot apply a linear layer of 3 inputs to []: the last axis is missing",
  );
});

Deno.test("Linear refuses sizes that are no integers from 1", () => {
  const error = assertThrows(() => new Linear(0, 4, { seed: 1 }), ConfigError);
  assertEquals(
    error.message,
    "Cannot make a linear layer with inputs 0: inputs must be an integer from 1",
  );
  assertThrows(
    () => new Linear(3, 2.5, { seed: 1 }),
    ConfigError,
    "Cannot make a linear layer with outputs 2.5: outputs must be an integer from 1",
  );
});
