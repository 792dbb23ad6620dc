import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { add, grad, openGpu, read, sum, tensor, type Variable, zeros } from "../../gpu/mod.ts";
import { crossEntropy } from "../../nn/loss.ts";
import { TextTransformer } from "../../nn/text.ts";
import { hostText } from "./host_text.ts";
import {
  assertScalarAgrees,
  hostArray,
  hostCrossEntropy,
  hostProbed,
  probed,
  saved,
} from "./support.ts";

await openGpu();

const SIZES = { vocabulary: 7, tokens: 4, width: 4, depth: 2, heads: 2, outputs: 3 } as const;
/** Repeated ids, padding behind and in between, a sentence of padding alone. */
const SENTENCES = [[3, 5, 3, 6], [6, 1, 0, 0], [2, 0, 3, 0], [0, 0, 0, 0]];
const LABELS = [2, 0, 1, 1];

function ids(sentences: readonly (readonly number[])[]) {
  return tensor(sentences.map((row) => [...row]), { dtype: "i32" });
}

/** A model at weights that no start would give, and the same weights on the host. */
function prepared() {
  const model = new TextTransformer({ ...SIZES, seed: 1 });
  const variables = model.parameters();
  const names = Object.keys(variables);
  const arrays = names.map((name, i) => hostArray([...variables[name].shape], i + 1));
  model.load(Object.fromEntries(names.map((name, i) => [name, saved(arrays[i])])));
  return { model, names, arrays, tensors: Object.values<Variable>(variables) };
}

Deno.test("TextTransformer agrees with plain numbers, forward and backward, in every parameter", async () => {
  const { model, names, arrays, tensors } = prepared();
  const labels = tensor(LABELS, { dtype: "i32" });
  await assertScalarAgrees(
    () => {
      const { logits, features } = model.forward(ids(SENTENCES));
      return add(crossEntropy(logits, labels), probed(features));
    },
    (inputs) => {
      const parameters = Object.fromEntries(names.map((name, i) => [name, inputs[i]]));
      const { logits, features } = hostText(SENTENCES, parameters, SIZES);
      return hostCrossEntropy(logits, LABELS) + hostProbed(features);
    },
    arrays,
    tensors,
  );
});

Deno.test("padding changes nothing: not the answer of a sentence, and its row has gradient 0", async () => {
  const { model, tensors: [embedding] } = prepared();
  const { features } = model.forward(ids([[5, 2, 0, 0]]));
  const slope = grad((_: Variable) => sum(model.forward(ids([[5, 2, 0, 0]])).logits))(embedding);
  const [before, slopes] = await read([features, slope]);
  assert(slopes.slice(5 * 4, 6 * 4).some((value) => value !== 0));
  assertEquals([...slopes.slice(0, 4)], [0, 0, 0, 0]);
  const state = await model.state();
  const weight = state["embedding.weight"];
  model.load({
    ...state,
    "embedding.weight": { ...weight, values: Float32Array.from(weight.values).fill(7, 0, 4) },
  });
  assertEquals(await model.forward(ids([[5, 2, 0, 0]])).features.data(), before);
});

Deno.test("TextTransformer starts small, and from other numbers for another seed", async () => {
  const start = async (seed: number) =>
    (await new TextTransformer({ ...SIZES, vocabulary: 500, seed }).state())["embedding.weight"];
  const [{ values }, other] = [await start(1), await start(2)];
  const square = [...values].reduce((total, value) => total + value * value, 0) / values.length;
  assert(Math.abs(Math.sqrt(square) - 0.02) < 0.002);
  assert(values.some((value, i) => value !== other.values[i]));
});

Deno.test("TextTransformer refuses sizes and inputs that do not fit", () => {
  assertThrows(
    () => new TextTransformer({ ...SIZES, tokens: 0, seed: 1 }),
    ConfigError,
    "Cannot make a model of text with tokens 0: tokens must be an integer from 1",
  );
  const model = new TextTransformer({ ...SIZES, seed: 1 });
  assertThrows(
    () => model.forward(zeros([2, 4])),
    ShapeError,
    "Cannot read text from f32 [2, 4]: the model takes i32 or u32 [batch, 4]",
  );
  assertThrows(() => model.forward(ids([[1, 2, 3]])), ShapeError, "from i32 [1, 3]");
});
