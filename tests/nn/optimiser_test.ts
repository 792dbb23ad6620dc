import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import {
  evaluate,
  mul,
  openGpu,
  read,
  submit,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  type Variable,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { Adam } from "../../nn/adam.ts";
import { globalNorm } from "../../nn/clip.ts";
import { crossEntropy } from "../../nn/loss.ts";
import { MLP } from "../../nn/mlp.ts";
import { Module } from "../../nn/module.ts";
import type { Optimiser } from "../../nn/optimiser.ts";
import { SGD } from "../../nn/sgd.ts";
import { counted, hostArray, onDevice } from "./support.ts";

await openGpu();

/** A small model with its loss on one batch. */
function smallTask(hidden: number[] = [16, 8]) {
  const model = new MLP({ inputs: 12, hidden, outputs: 4, seed: 1 });
  const x = onDevice(hostArray([10, 12], 1));
  const labels = tensor([0, 1, 2, 3, 0, 1, 2, 3, 0, 1], { dtype: "i32" });
  const lossAndGrads = valueAndGrad((_: Record<string, Variable>) =>
    crossEntropy(model.forward(x).logits, labels)
  );
  return { model, gradients: () => lossAndGrads(model.parameters()) };
}

Deno.test("an optimiser lowers the loss of a small model", async () => {
  const { model, gradients } = smallTask();
  const optimiser = new Adam(model, { rate: 0.02 });
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const { value, grads } = gradients();
    optimiser.step(grads);
    losses.push(await value.item());
  }
  assertEquals(optimiser.steps, 20);
  assert(losses[19] < 0.5 * losses[0], `${losses[0]} -> ${losses[19]}`);
});

Deno.test("parameters may be a module, a record, an array or a variable, and gradients the same nest", async () => {
  const { model } = smallTask();
  const weight = () => variable(tensor([[1, 2]]));
  const one = () => tensor([[1, 1]]);
  const run = async (optimiser: Optimiser, grads: Parameters<Optimiser["step"]>[0]) => {
    optimiser.step(grads);
    submit();
    return Object.keys((await optimiser.state()).tensors).slice(0, 2);
  };
  const options = { momentum: 0.5 };
  const ofModel = Object.fromEntries(
    Object.entries(model.parameters()).map(([name, { shape }]) => [name, zeros(shape)]),
  );
  assertEquals(await run(new SGD(model, options), ofModel), [
    "v.layers.0.weight",
    "v.layers.0.bias",
  ]);
  assertEquals(await run(new SGD({ a: weight() }, options), { a: one() }), ["v.a"]);
  assertEquals(await run(new SGD([weight(), weight()], options), [one(), one()]), ["v.0", "v.1"]);
  assertEquals(await run(new SGD(weight(), options), one()), ["v.0"]);
  const groups = [{ parameters: [weight()] }, { parameters: { b: weight() }, name: "scales" }];
  assertEquals(await run(new SGD(groups, options), [[one()], { b: one() }]), [
    "v.0.0",
    "v.scales.b",
  ]);
  const named = [{ parameters: [weight()], name: "x" }, { parameters: weight(), name: "y" }];
  assertEquals(await run(new SGD(named, options), { x: [one()], y: one() }), ["v.x.0", "v.y"]);
});

Deno.test("step() takes one factor per group", async () => {
  const [a, b] = [variable(tensor([0])), variable(tensor([0]))];
  const optimiser = new SGD([{ parameters: { a }, rate: 1 }, { parameters: { b }, rate: 2 }]);
  optimiser.step([{ a: tensor([1]) }, { b: tensor([1]) }], { scale: [0.5, 0] });
  submit();
  assertEquals(await read([a, b]), [new Float32Array([-0.5]), new Float32Array([0])]);
  const error = assertThrows(
    () => optimiser.step([{ a: tensor([1]) }, { b: tensor([1]) }], { scale: [1] }),
    ConfigError,
  );
  assertEquals(error.message, "Cannot step with 1 factors: the optimiser has 2 groups");
});

Deno.test("one tensor may be the gradient of two parameters", async () => {
  const [a, b] = [variable(tensor([0, 0])), variable(tensor([1, 1]))];
  const g = tensor([1, 2]);
  new SGD({ a, b }, { rate: 1 }).step({ a: g, b: g });
  assertEquals(await read([a, b]), [new Float32Array([-1, -2]), new Float32Array([0, -1])]);
});

Deno.test("a variable that a module holds twice is one parameter", async () => {
  class Tied extends Module {
    a = variable(tensor([1]));
    b = this.a;
  }
  const model = new Tied();
  const product = valueAndGrad((_: Record<string, Variable>) => sum(mul(model.a, model.b)));
  const { grads } = product(model.parameters());
  new SGD(model, { rate: 0.25 }).step(grads);
  assertEquals(await model.b.item(), 0.5);
});

Deno.test("globalNorm() is the norm of all tensors together, and clipping shortens to the limit", async () => {
  const grads = { a: onDevice(hostArray([7, 9], 1)), b: [onDevice(hostArray([5], 2))] };
  const all = [...hostArray([7, 9], 1).values, ...hostArray([5], 2).values];
  const norm = Math.sqrt(all.reduce((total, g) => total + g * g, 0));
  assertAlmostEquals(await globalNorm(grads).item(), norm, 1e-5);
  const parameters = { a: variable(zeros([7, 9])), b: [variable(zeros([5]))] };
  new SGD(parameters, { rate: 1, clip: 0.25 }).step(grads);
  submit();
  assertAlmostEquals(await globalNorm(parameters).item(), 0.25, 1e-5);
});

Deno.test("clipping leaves gradients of zero as they are", async () => {
  const weight = variable(tensor([3]));
  new SGD({ weight }, { rate: 1, clip: 1 }).step({ weight: tensor([0]) });
  assertEquals(await weight.item(), 3);
});

Deno.test("an optimiser goes on from its saved state with the same bits", async () => {
  const start = smallTask();
  const first = new Adam([{ parameters: start.model, decay: 1e-3 }], { rate: 0.01 });
  const train = (task: ReturnType<typeof smallTask>, optimiser: Adam, steps: number) => {
    for (let step = 0; step < steps; step++) {
      optimiser.step([task.gradients().grads], { scale: 1 / (optimiser.steps + 1) });
      submit();
    }
  };
  train(start, first, 3);
  const [weights, moments] = [await start.model.state(), await first.state()];
  assertEquals(moments.steps, 3);
  assertEquals(Object.keys(moments.tensors).length, 12);
  assertEquals(moments.tensors["v.0.head.weight"].shape, [4, 8]);
  train(start, first, 3);

  for (const order of ["optimiser first", "model first"]) {
    const again = smallTask();
    if (order === "model first") again.model.load(weights);
    const second = new Adam([{ parameters: again.model, decay: 1e-3 }], { rate: 0.01 });
    if (order === "optimiser first") again.model.load(weights);
    second.load(moments);
    assertEquals(await second.state(), moments);
    train(again, second, 3);
    assertEquals(await again.model.state(), await start.model.state(), order);
    assertEquals(await second.state(), await first.state(), order);
  }
});

Deno.test("load() overwrites an update that still waits", async () => {
  const weight = variable(tensor([1]));
  const optimiser = new SGD({ weight }, { rate: 1, momentum: 0.5 });
  const start = await optimiser.state();
  optimiser.step({ weight: tensor([1]) });
  optimiser.load(start);
  assertEquals(await optimiser.state(), start);
  assertEquals(optimiser.steps, 0);
});

Deno.test("load() refuses a state of other parameters, and changes nothing", async () => {
  const optimiser = new SGD({ a: variable(zeros([2])) }, { momentum: 0.5 });
  const other = await new SGD({ b: variable(zeros([2])) }, { momentum: 0.5 }).state();
  const wider = await new SGD({ a: variable(zeros([3])) }, { momentum: 0.5 }).state();
  const error = assertThrows(() => optimiser.load(other), ConfigError);
  assertEquals(
    error.message,
    "Cannot load the state into the optimiser: it lacks v.a [2]; the optimiser has no v.b [2]",
  );
  assertThrows(
    () => optimiser.load(wider),
    ShapeError,
    "Cannot load v.a: the state has [3], the optimiser [2]",
  );
  assertThrows(
    () => optimiser.load({ steps: -1, tensors: {} }),
    ConfigError,
    "Cannot load the optimiser with steps -1: steps must be an integer from 0",
  );
  assertEquals(optimiser.steps, 0);
});

Deno.test("an optimiser refuses parameters that it cannot update", () => {
  const weight = variable(zeros([2]));
  const cases: [() => Optimiser, string][] = [
    [() => new SGD({}), "Cannot make an optimiser: group 0 holds no variables"],
    [() => new SGD({ a: zeros([2]) }), "Cannot make an optimiser: a is not a variable"],
    [
      () => new SGD({ a: variable(zeros([2], "i32")) }),
      "Cannot make an optimiser: a is i32, not f32",
    ],
    [
      () => new SGD([{ parameters: { weight } }, { parameters: { w: weight } }]),
      "Cannot make an optimiser: 0.weight and 1.w are the same variable",
    ],
    [
      () => new SGD([{ parameters: { weight }, name: "a" }, { parameters: [], name: "a" }]),
      "Cannot make an optimiser: two groups have the name a",
    ],
    [
      () => new SGD({ weight }, { rate: -1 }),
      "Cannot make an optimiser with rate -1: rate must be a number from 0",
    ],
    [
      () => new SGD([{ parameters: { weight }, decay: NaN }]),
      "Cannot make an optimiser with decay NaN: decay must be a number from 0",
    ],
    [
      () => new SGD({ weight }, { clip: 0 }),
      "Cannot make an optimiser with clip 0: clip must be above 0",
    ],
  ];
  for (const [make, message] of cases) {
    assertEquals(assertThrows(make, ConfigError).message, message);
  }
});

Deno.test("step() names a gradient that is missing, unknown or of another shape, and counts no step", () => {
  const optimiser = new SGD({ a: variable(zeros([2])), b: variable(zeros([3])) });
  const [a, b] = [zeros([2]), zeros([3])];
  const cases: [Record<string, Tensor>, new (message: string) => Error, string][] = [
    [{ a }, ConfigError, "Cannot step: no gradient is given for b"],
    [
      { a, b, c: zeros([1]) },
      ConfigError,
      "Cannot step: the optimiser has no parameter for the gradient c",
    ],
    [{ a, b: zeros([2]) }, ShapeError, "Cannot step: the gradient of b has [2], the parameter [3]"],
  ];
  for (const [grads, kind, message] of cases) {
    assertEquals(assertThrows(() => optimiser.step(grads), kind).message, message);
  }
  assertEquals(optimiser.steps, 0);
  optimiser.step({ a, b });
  assertEquals(optimiser.steps, 1);
  submit();
});

for (const hidden of [[16], [16, 16, 16]]) {
  Deno.test(`an update is one dispatch for a model of ${hidden.length + 1} layers`, async () => {
    const task = smallTask(hidden);
    const optimiser = new Adam(
      [
        { parameters: task.model.layers, decay: 0.1 },
        { parameters: task.model.head, rate: 1e-2 },
      ],
    );
    const step = (n: number) => {
      const { grads } = task.gradients();
      const layers = task.model.layers.map((_, i) => ({
        weight: grads[`layers.${i}.weight`],
        bias: grads[`layers.${i}.bias`],
      }));
      const head = { weight: grads["head.weight"], bias: grads["head.bias"] };
      optimiser.step([layers, head], { scale: 1 / n });
      submit();
    };
    step(1);
    const gradients = await counted(() => evaluate(Object.values(task.gradients().grads)));
    const whole = await counted(() => step(2));
    assertEquals(whole.dispatches - gradients.dispatches, 1);
  });
}

Deno.test("from the second step an update compiles nothing and makes no buffer", async () => {
  const { model, gradients } = smallTask();
  const optimiser = new Adam(model, { clip: 1, decay: 1e-2 });
  const step = () => {
    optimiser.step(gradients().grads, { scale: 1 / (optimiser.steps + 1) });
    submit();
  };
  step();
  for (let repeat = 0; repeat < 10; repeat++) {
    const { submits, readbacks, compiles, buffersMade, liveBytes } = await counted(step);
    assertEquals([submits, readbacks, compiles, buffersMade, liveBytes], [1, 0, 0, 0, 0]);
  }
});

Deno.test("parameters keep their values when an optimiser takes them over", async () => {
  const { model } = smallTask();
  const before = await model.state();
  new Adam(model);
  assertEquals(await model.state(), before);
  const lazy = new MLP({ inputs: 3, hidden: [], outputs: 2, seed: 4 });
  new Adam(lazy);
  assertEquals(
    await lazy.state(),
    await new MLP({ inputs: 3, hidden: [], outputs: 2, seed: 4 }).state(),
  );
  assertNotEquals((await lazy.state())["head.weight"].values[0], 0);
});
