import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { mean, openGpu, read, submit, type Tensor, valueAndGrad } from "../../gpu/mod.ts";
import { ConfigError } from "../../gpu/errors.ts";
import {
  Adam,
  addLoRA,
  BatchNorm2d,
  CNN,
  Conv2d,
  Linear,
  LoRA,
  mergeLoRA,
  MLP,
  Module,
  type State,
  ViT,
} from "../../nn/mod.ts";
import {
  assertClose,
  assertScalarAgrees,
  type HostArray,
  hostArray,
  hostLinear,
  hostProbed,
  onDevice,
  probed,
  saved,
} from "./support.ts";

await openGpu();

/** W + scale B A, of the shape of W. */
function hostChanged(weight: HostArray, down: HostArray, up: HostArray, scale: number): HostArray {
  const [rank, inputs] = down.shape;
  const values = weight.values.map((value, at) => {
    const [row, column] = [Math.floor(at / inputs), at % inputs];
    const terms = Array.from({ length: rank }, (_, k) => {
      return up.values[row * rank + k] * down.values[k * inputs + column];
    });
    return value + scale * terms.reduce((a, b) => a + b, 0);
  });
  return { shape: weight.shape, values };
}

for (const [rank, alpha] of [[1, 1], [2, 6], [5, 2]]) {
  Deno.test(`a linear layer with a change of rank ${rank} agrees with plain numbers, both ways`, async () => {
    const layer = new Linear(4, 3, { seed: 1 });
    layer.lora = new LoRA(4, 3, { rank, alpha, seed: 2 });
    const [x, weight, bias] = [hostArray([2, 5, 4], 1), hostArray([3, 4], 2), hostArray([3], 3)];
    const [down, up] = [hostArray([rank, 4], 4), hostArray([3, rank], 5)];
    const { lora } = layer;
    layer.load({
      ...{ weight: saved(weight), bias: saved(bias) },
      ...{ "lora.down": saved(down), "lora.up": saved(up) },
    });
    await assertScalarAgrees(
      ([x]) => probed(layer.forward(x)),
      ([x, weight, bias, down, up]) =>
        hostProbed(hostLinear(x, hostChanged(weight, down, up, alpha / rank), bias)),
      [x, weight, bias, down, up],
      [onDevice(x), layer.weight, layer.bias!, lora.down, lora.up],
    );
  });

  Deno.test(`a convolution with a change of rank ${rank} agrees with plain numbers, both ways`, async () => {
    // A window as large as the image has one place: the convolution is a linear layer on its elements.
    const layer = new Conv2d(2, 3, [2, 3], { seed: 1 });
    layer.lora = new LoRA(12, 3, { rank, alpha, seed: 2 });
    const [x, weight, bias] = [hostArray([4, 12], 1), hostArray([3, 12], 2), hostArray([3], 3)];
    const [down, up] = [hostArray([rank, 12], 4), hostArray([3, rank], 5)];
    const { lora } = layer;
    layer.load({
      ...{ weight: { ...saved(weight), shape: [3, 2, 2, 3] }, bias: saved(bias) },
      ...{ "lora.down": saved(down), "lora.up": saved(up) },
    });
    const images = { ...x, shape: [4, 2, 2, 3] };
    await assertScalarAgrees(
      ([x]) => probed(layer.forward(x)),
      ([x, bias, down, up]) => {
        const changed = hostChanged(weight, down, up, alpha / rank);
        const { values } = hostLinear({ ...x, shape: [4, 12] }, changed, bias);
        return hostProbed({ shape: [4, 3, 1, 1], values });
      },
      [images, bias, down, up],
      [onDevice(images), layer.bias!, lora.down, lora.up],
    );
  });
}

/** A convolution, a batch norm and a head. */
class Normed extends Module {
  readonly convolution = new Conv2d(2, 4, 3, { seed: 1, groups: 2 });
  readonly norm = new BatchNorm2d(4);
  readonly head = new Linear(4, 3, { seed: 2 });

  forward(x: Tensor): Tensor {
    const maps = this.norm.forward(this.convolution.forward(x), { training: true });
    return this.head.forward(mean(maps, { axes: [2, 3] }));
  }
}

const IMAGE = [2, 8, 8] as const;
const sizes = { image: IMAGE, outputs: 3, seed: 1 };
const inputs = onDevice(hostArray([5, ...IMAGE], 7));
/** Puts numbers in place of the factors B, which start at 0. */
function stir(model: Module): void {
  for (const [i, [name, up]] of Object.entries(model.parameters()).entries()) {
    if (!name.endsWith("lora.up")) continue;
    up.write(Float32Array.from(hostArray([...up.shape], i + 1).values));
  }
}

Deno.test("a model whose changes are merged is the same model without changes", async () => {
  const make = () => new CNN({ ...sizes, channels: [4, 6], hidden: 8 });
  const adapted = make();
  const before = await adapted.forward(inputs).logits.data();
  addLoRA(adapted, { rank: 3, alpha: 5, seed: 9, whole: ["head"] });
  assertEquals(await adapted.forward(inputs).logits.data(), before); // B is 0
  stir(adapted);
  const after = await adapted.forward(inputs).logits.data();
  assert(after.some((value, i) => Math.abs(value - before[i]) > 1e-2));
  const plain = make();
  plain.load(mergeLoRA(await adapted.state(), 5));
  assertClose(await plain.forward(inputs).logits.data(), after, 1e-6);
});

Deno.test("layers are found at any depth, and what is no layer stands still", () => {
  const model = new ViT({ ...sizes, patch: 4, width: 8, depth: 1, heads: 2 });
  addLoRA(model, { rank: 2, seed: 9, whole: ["head"] });
  const factors = ["patches.map", "blocks.0.attention.qkv", "blocks.0.attention.projection"];
  factors.push("blocks.0.feedForward.inner", "blocks.0.feedForward.outer");
  const names = factors.flatMap((name) => [`${name}.lora.down`, `${name}.lora.up`]);
  assertEquals(
    Object.keys(model.parameters()).toSorted(),
    [...names, "head.weight", "head.bias"].toSorted(),
  );
});

Deno.test("a model with changes trains these and what is named, and nothing else", async () => {
  const model = new CNN({ ...sizes, channels: [4], hidden: 8 });
  const whole = Object.keys(model.parameters());
  addLoRA(model, { rank: 2, seed: 9, whole: ["head"] });
  const trained = Object.keys(model.parameters());
  assertEquals(trained, [
    ...["convolutions.0.lora.down", "convolutions.0.lora.up"],
    ...["hidden.lora.down", "hidden.lora.up", "head.weight", "head.bias"],
  ]);
  const start = await model.state();
  assertEquals(Object.keys(start).toSorted(), [...new Set([...whole, ...trained])].toSorted());
  const optimiser = new Adam(model, { rate: 0.01 });
  const run = valueAndGrad(() => probed(model.forward(inputs).logits));
  for (let step = 0; step < 3; step++) {
    optimiser.step(run(model.parameters()).grads);
    submit();
  }
  const end = await model.state();
  for (const name of Object.keys(start)) {
    const compare = trained.includes(name) ? assertNotEquals : assertEquals;
    compare(end[name].values, start[name].values, name);
  }
});

Deno.test("gains of a batch norm stand still and its running statistics go on", async () => {
  const model = new Normed();
  addLoRA(model, { rank: 2, seed: 9, whole: ["head"] });
  assertEquals(Object.keys(model.parameters()).length, 4);
  assertEquals(model.convolution.lora!.down.shape, [2, 9]); // of one group
  const [before] = await read([model.norm.runningMean]);
  await model.forward(inputs).data();
  assertNotEquals(await model.norm.runningMean.data(), before);
});

Deno.test("a change alone, and one without its weight, are left as they are by a merge", () => {
  const numbers = (shape: number[]) => saved(hostArray(shape, 1));
  const plain: State = { "a.weight": numbers([2, 3]), "a.bias": numbers([2]) };
  assertEquals(mergeLoRA(plain), plain);
  const own = { ...plain, "b.lora.down": numbers([1, 3]), "b.lora.up": numbers([2, 1]) };
  assertEquals(mergeLoRA(own), plain);
  const layer: State = { weight: numbers([2, 3]), "lora.down": numbers([1, 3]) };
  const merged = mergeLoRA({ ...layer, "lora.up": numbers([2, 1]) });
  assertEquals(Object.keys(merged), ["weight"]);
  assertNotEquals(merged.weight.values, layer.weight.values);
});

Deno.test("what cannot be changed is refused", () => {
  const model = new MLP({ inputs: 2, hidden: [3], outputs: 2, seed: 1 });
  assertThrows(
    () => addLoRA(model, { rank: 0, seed: 1 }),
    ConfigError,
    "with rank 0: rank must be",
  );
  assertThrows(() => addLoRA(model, { rank: 1, alpha: -1, seed: 1 }), ConfigError, "alpha -1");
  assertEquals(Object.keys(model.parameters()).length, 4); // as before
  assertThrows(
    () => addLoRA(model, { rank: 1, seed: 1, whole: ["layers", "head"] }),
    ConfigError,
    "Cannot add changes of low rank to the model: it has no linear layer or convolution to change",
  );
  addLoRA(model, { rank: 1, seed: 1 });
  assertThrows(() => addLoRA(model, { rank: 1, seed: 1 }), ConfigError, "low rank already");
});

Deno.test("a name that no parameter has is refused, and the model stays as it is", () => {
  const model = new MLP({ inputs: 4, hidden: [3], outputs: 2, seed: 1 });
  const names = Object.keys(model.parameters());
  assertThrows(
    () => addLoRA(model, { rank: 1, seed: 1, whole: ["haed"] }),
    ConfigError,
    "no parameter is called haed",
  );
  assertEquals(Object.keys(model.parameters()), names);
});
