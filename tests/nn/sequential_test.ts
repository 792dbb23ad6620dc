import { assert, assertEquals } from "@std/assert";
import { openGpu, read, relu, type Tensor } from "../../gpu/mod.ts";
import { Dropout } from "../../nn/dropout.ts";
import { Linear } from "../../nn/linear.ts";
import { type Context, Module } from "../../nn/module.ts";
import { Sequential } from "../../nn/sequential.ts";
import { assertClose, hostArray, hostLinear, onDevice } from "./support.ts";

await openGpu();

Deno.test("Sequential applies layers and functions in order", async () => {
  const model = new Sequential([
    new Linear(3, 5, { seed: 1 }),
    relu,
    new Linear(5, 2, { seed: 2 }),
  ]);
  const names = ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"];
  assertEquals(Object.keys(model.parameters()), names);
  const x = hostArray([4, 3], 1);
  const parts = await read([...Object.values(model.parameters()), model.forward(onDevice(x))]);
  const [w0, b0, w2, b2] = parts.map((values, i) => ({
    shape: [...(Object.values(model.parameters())[i]?.shape ?? [])],
    values: Float64Array.from(values),
  }));
  const hidden = hostLinear(x, w0, b0);
  hidden.values.forEach((value, i) => hidden.values[i] = Math.max(value, 0));
  assertClose(parts[4], hostLinear(hidden, w2, b2).values, 1e-6);
});

Deno.test("Sequential hands the context to every layer, also to nested ones", async () => {
  const seen: Context[] = [];
  class Spy extends Module {
    forward(x: Tensor, context: Context = {}): Tensor {
      seen.push(context);
      return x;
    }
  }
  const model = new Sequential([
    new Spy(),
    new Sequential([new Spy(), new Dropout(0.5, { seed: 1 })]),
  ]);
  const context = { training: true, seed: 4 };
  const x = onDevice(hostArray([8, 8], 1));
  const dropped = await model.forward(x, context).data();
  assertEquals(seen, [context, context]);
  assert(dropped.some((value) => value === 0));
  assertEquals(await model.forward(x).data(), await x.data());
});
