import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { openGpu, read, tensor, zeros } from "../../gpu/mod.ts";
import { crossEntropy } from "../../nn/loss.ts";
import { MLP } from "../../nn/mlp.ts";
import {
  assertClose,
  assertScalarAgrees,
  type HostArray,
  hostArray,
  hostCrossEntropy,
  hostLinear,
  onDevice,
  saved,
} from "./support.ts";

await openGpu();

const OPTIONS = { inputs: 6, hidden: [5, 4], outputs: 3, seed: 1 };

/** Logits and features of an MLP with tanh; parameters are weight, bias, weight, bias … */
function hostMLP(
  x: HostArray,
  parameters: HostArray[],
): { logits: HostArray; features: HostArray } {
  let features = x;
  for (let i = 0; i < parameters.length - 2; i += 2) {
    features = hostLinear(features, parameters[i], parameters[i + 1]);
    features.values.forEach((value, i) => features.values[i] = Math.tanh(value));
  }
  return {
    logits: hostLinear(features, ...parameters.slice(-2) as [HostArray, HostArray]),
    features,
  };
}

Deno.test("MLP agrees with plain numbers: logits, features and the gradient of every parameter", async () => {
  const model = new MLP({ ...OPTIONS, activation: "tanh" });
  const x = hostArray([7, 6], 1);
  const labels = [0, 2, 1, 1, 0, 2, 2];
  const variables = Object.entries(model.parameters());
  const parameters = variables.map(([, { shape }], i) => hostArray([...shape], 10 + i));
  model.load(Object.fromEntries(variables.map(([name], i) => [name, saved(parameters[i])])));
  const expected = hostMLP(x, parameters);
  const output = model.forward(onDevice(x));
  const [logits, features] = await read([output.logits, output.features]);
  assertClose(logits, expected.logits.values, 1e-6, "logits");
  assertClose(features, expected.features.values, 1e-6, "features");
  const target = tensor(labels, { dtype: "i32" });
  await assertScalarAgrees(
    () => crossEntropy(model.forward(onDevice(x)).logits, target),
    (parameters) => hostCrossEntropy(hostMLP(x, parameters).logits, labels),
    parameters,
    variables.map(([, variable]) => variable),
  );
});

Deno.test("MLP names its parameters and flattens inputs of any rank", async () => {
  const model = new MLP(OPTIONS);
  assertEquals(Object.keys(model.parameters()), [
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.weight",
    "layers.1.bias",
    "head.weight",
    "head.bias",
  ]);
  const x = hostArray([2, 6], 1);
  const flat = model.forward(onDevice(x));
  const image = model.forward(onDevice({ ...x, shape: [2, 3, 1, 2] }));
  assertEquals([image.logits.shape, image.features.shape], [[2, 3], [2, 4]]);
  const [a, b] = await read([flat.logits, image.logits]);
  assertEquals(a, b);
});

Deno.test("MLP without hidden layers is a linear model whose features are the flat inputs", async () => {
  const model = new MLP({ inputs: 6, hidden: [], outputs: 2, seed: 1 });
  assertEquals(Object.keys(model.parameters()), ["head.weight", "head.bias"]);
  const x = hostArray([3, 2, 3], 1);
  const { features } = model.forward(onDevice(x));
  assertEquals(features.shape, [3, 6]);
  assertClose(await features.data(), x.values, 0);
});

Deno.test("MLP draws every layer independently from its seed", async () => {
  const model = (seed: number) => new MLP({ inputs: 8, hidden: [8, 8], outputs: 8, seed });
  const states = await Promise.all([model(1).state(), model(1).state(), model(2).state()]);
  assertEquals(states[0], states[1]);
  const values = [states[0], states[2]].flatMap((state) =>
    Object.values(state).flatMap(({ values }) => [...values])
  );
  // 432 draws of 24 bits: a pair or two may coincide, a shared sequence would halve the number.
  assert(new Set(values).size > 428, `${new Set(values).size} distinct of ${values.length}`);
});

Deno.test("MLP applies dropout in training alone, differently in every layer", async () => {
  const model = new MLP({ ...OPTIONS, hidden: [64, 64], dropout: 0.5, activation: "sigmoid" });
  const x = onDevice(hostArray([8, 6], 1));
  const trained = await model.forward(x, { training: true, seed: 1 }).features.data();
  const evaluated = await model.forward(x).features.data();
  const share = trained.filter((value) => value === 0).length / trained.length;
  assert(share > 0.4 && share < 0.6, `share ${share}`);
  assert(evaluated.every((value) => value > 0));
  assertEquals(new Set(model.dropouts.map(({ seed }) => seed)).size, 2);
});

Deno.test("MLP refuses rows of another size and widths below 1", () => {
  const model = new MLP(OPTIONS);
  const error = assertThrows(() => model.forward(zeros([2, 3, 3])), ShapeError);
  assertEquals(error.message, "Cannot apply an MLP of 6 inputs to [2, 3, 3]: a row holds 9");
  assertThrows(
    () => model.forward(zeros([6])),
    ShapeError,
    "Cannot apply an MLP of 6 inputs to [6]: a row holds 1",
  );
  const width = assertThrows(() => new MLP({ ...OPTIONS, hidden: [4, 0] }), ConfigError);
  assertEquals(
    width.message,
    "Cannot make an MLP with hidden.1 0: hidden.1 must be an integer from 1",
  );
  assertEquals([width.field, width.value], ["hidden.1", 0]);
});
