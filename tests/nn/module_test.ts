import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { add, openGpu, tensor, Variable, variable, zeros } from "../../gpu/mod.ts";
import { Linear } from "../../nn/linear.ts";
import { Module, namedTensors } from "../../nn/module.ts";

await openGpu();

class Nested extends Module {
  scale = variable(tensor([2]));
  layers = [new Linear(2, 3, { seed: 1 }), new Linear(3, 1, { seed: 2, bias: false })];
  extra = { gain: variable(tensor([1, 2])), text: "not a tensor", none: null };
  count = 7;
  constantInput = tensor([5]);
}

const NAMES = ["scale", "layers.0.weight", "layers.0.bias", "layers.1.weight", "extra.gain"];

Deno.test("parameters() are the variables of all fields, named by the way to them", () => {
  const parameters = new Nested().parameters();
  assertEquals(Object.keys(parameters), NAMES);
  assertEquals(parameters["layers.1.weight"].shape, [1, 3]);
  for (const parameter of Object.values(parameters)) {
    assertEquals(parameter instanceof Variable, true);
  }
});

Deno.test("parameters() name a shared variable and a shared module once", () => {
  class Tied extends Module {
    a = new Linear(2, 2, { seed: 1 });
    b = this.a;
    weight = this.a.weight;
    self: Tied = this;
  }
  assertEquals(Object.keys(new Tied().parameters()), ["a.weight", "a.bias"]);
  const x = zeros([1]);
  assertEquals([...namedTensors({ x, y: [x] }).keys()], ["x", "y.0"]);
});

Deno.test("namedTensors() refuses two tensors under one name", () => {
  const nest = { "a.b": zeros([1]), a: { b: zeros([1]) } };
  const error = assertThrows(() => namedTensors(nest), ConfigError);
  assertEquals(error.message, "Cannot name two tensors a.b: rename one of the fields");
});

Deno.test("state() reads every parameter and load() puts the same bits back", async () => {
  const first = new Nested();
  const second = new Nested();
  const state = await first.state();
  assertEquals(Object.keys(state), NAMES);
  assertEquals(state.scale, { shape: [1], values: new Float32Array([2]) });
  second.scale.assign(add(second.scale, 1));
  state.scale.values[0] = 0.1;
  second.load(state); // before anything of the second was evaluated, and over a waiting update
  assertEquals(await second.state(), state);
  assertEquals(await second.scale.item(), Math.fround(0.1));
});

Deno.test("load() takes the values that later updates start from", async () => {
  const model = new Nested();
  const state = await model.state();
  state.scale.values[0] = 10;
  model.load(state);
  model.scale.assign(add(model.scale, 1));
  assertEquals(await model.scale.item(), 11);
});

Deno.test("load() names what is missing and what is unknown, and changes nothing", async () => {
  const model = new Nested();
  const before = await model.state();
  const { "layers.0.bias": _, ...rest } = before;
  const wrong = {
    ...rest,
    scale: { shape: [1], values: new Float32Array([9]) },
    other: { shape: [2, 1], values: new Float32Array(2) },
  };
  const error = assertThrows(() => model.load(wrong), ConfigError);
  assertEquals(
    error.message,
    "Cannot load the state into the model: it lacks layers.0.bias [3]; the model has no other [2, 1]",
  );
  assertEquals(error.value, ["layers.0.bias", "other"]);
  assertEquals(await model.state(), before);
});

Deno.test("load() names both shapes where they differ, and changes nothing", async () => {
  const model = new Nested();
  const before = await model.state();
  const turned = { shape: [2, 3], values: new Float32Array(6) };
  const scale = { shape: [1], values: new Float32Array([9]) };
  const error = assertThrows(
    () => model.load({ ...before, scale, "layers.0.weight": turned }),
    ShapeError,
  );
  assertEquals(
    error.message,
    "Cannot load layers.0.weight: the state has [2, 3], the model [3, 2]",
  );
  assertEquals(error.shapes, [[2, 3], [3, 2]]);
  assertEquals(await model.state(), before);
});

Deno.test("load() refuses values that do not fill their shape", () => {
  const model = new Linear(2, 1, { seed: 1, bias: false });
  assertThrows(
    () => model.load({ weight: { shape: [1, 2], values: new Float32Array(3) } }),
    ShapeError,
    "Cannot load weight: [1, 2] holds 2 values, the state has 3",
  );
});

Deno.test("load() converts values of another type", async () => {
  const model = new Linear(2, 1, { seed: 1, bias: false });
  model.load({ weight: { shape: [1, 2], values: new Int32Array([3, -4]) } });
  assertEquals(await model.weight.data(), new Float32Array([3, -4]));
});

Deno.test("a module's forward pass reads the parameters it names", async () => {
  const model = new Nested();
  assertStrictEquals(model.parameters().scale, model.scale);
  assertEquals(await add(model.scale, 1).item(), 3);
});
