import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Split } from "../../../aft/data/types.ts";
import { parseStudent } from "../../../aft/student.ts";
import { Trainer } from "../../../aft/trainer.ts";
import type { TrainingData } from "../../../aft/training/prepare.ts";
import { ConfigError, ShapeError } from "../../../gpu/errors.ts";
import { currentGpu, openGpu, tensor } from "../../../gpu/mod.ts";
import { tableData, tokenData } from "../small.ts";

await openGpu();

const SETTINGS = { method: "stl", student: "text:8,1,2", batchSize: 16, steps: 2 } as const;

/** The same data with one row changed. */
function changed(data: TrainingData, name: "train" | "test", inputs: Split["inputs"]) {
  return { ...data, splits: { ...data.splits, [name]: { ...data.splits[name], inputs } } };
}

Deno.test("a text student has rows for ids and places, blocks, and the mean over tokens as features", () => {
  const plan = parseStudent("text:8,2,4");
  const student = plan.make({ inputShape: [5], outputs: 3, seed: 1, vocabulary: 11 });
  const { logits, features } = student.forward(tensor([[1, 2, 10, 0, 0]], { dtype: "i32" }));
  assertEquals([logits.shape, features.shape, plan.width], [[1, 3], [1, 8], 8]);
  const parameters = student.parameters();
  assertEquals(parameters["embedding.weight"].shape, [11, 8]);
  assertEquals(parameters["positions"].shape, [5, 8]);
  assertEquals(parameters["blocks.1.attention.qkv.weight"].shape, [24, 8]);
  assertEquals(parameters["blocks.1.feedForward.inner.weight"].shape, [32, 8]);
});

Deno.test("a text student learns which words a sentence has, whatever stands around them", async () => {
  const trainer = new Trainer(tokenData(), { ...SETTINGS, batchSize: 32, steps: 60, lr: 0.01 });
  for await (const _ of trainer.run());
  const { score } = trainer.test!;
  assert("accuracy" in score && score.accuracy > 0.9, JSON.stringify(score));
});

Deno.test("a step of a text student is one submit, and has the same bits wherever rows lie", async () => {
  const ends = [];
  for (const placement of ["device", "stream"] as const) {
    const options = { ...SETTINGS, steps: 12, logEvery: 8, placement };
    const trainer = new Trainer(tokenData(), options);
    const countersAt = async (step: number) => {
      for await (const progress of trainer.run()) {
        if (progress.event === "step" && progress.step === step) break; // leaves the run there
      }
      return { ...currentGpu().counters };
    };
    const [first, later] = [await countersAt(8), await countersAt(12)];
    assertEquals(later.submits - first.submits, 4 + 1); // every step, and the line of the log
    assertEquals(later.compiles - first.compiles, 0);
    assertEquals(later.buffersMade - first.buffersMade, 0);
    ends.push(await trainer.model.student.state());
  }
  assertEquals(ends[1], ends[0]);
});

Deno.test("the vocabulary is the largest training id and those below, or what the data say", () => {
  const data = tokenData();
  const trainer = new Trainer(data, SETTINGS);
  assertEquals(trainer.model.data.vocabulary, { size: 12 });
  assertEquals(trainer.model.data.layout, "tokens");
  const named = new Trainer({ ...data, layout: "tokens", vocabulary: { size: 40 } }, SETTINGS);
  assertEquals(named.model.student.parameters()["embedding.weight"].shape, [40, 8]);
  const bytes = Uint8Array.from(data.splits.train.inputs);
  const small = new Trainer(changed(data, "train", bytes), SETTINGS);
  assertEquals(small.model.data.vocabulary, { size: 12 }, "ids may be bytes");
});

Deno.test("integers are numbers to other students, token ids are refused by them", () => {
  const data = tokenData();
  const { model } = new Trainer(data, { ...SETTINGS, student: "mlp:4" });
  assertEquals([model.data.layout, model.data.vocabulary], ["table", undefined]);
  for (
    const [student, message] of [
      ["mlp:4", "Cannot make the student mlp:4 for token ids: they name words and are no amounts"],
      ["cnn:4", "Cannot make the student cnn:4 for inputs [6]: it takes images"],
    ]
  ) {
    const tokens = { ...data, layout: "tokens", vocabulary: { size: 12 } } as const;
    assertThrows(() => new Trainer(tokens, { ...SETTINGS, student }), ConfigError, message);
  }
});

Deno.test("a text student refuses floats, images, sizes that do not fit, and ids out of range", () => {
  for (const text of ["text:8,1", "text:9,1,2", "text:8,0,2", "text:8,1,2,2"]) {
    assertThrows(() => parseStudent(text), ConfigError, `Cannot make the student ${text}: it is`);
  }
  assertThrows(
    () => new Trainer(tableData(), SETTINGS),
    ConfigError,
    "Cannot make the student text:8,1,2 for inputs that are no token ids: it takes sentences, or integers [rows, tokens]",
  );
  const data = tokenData();
  const ids = Int32Array.from(data.splits.test.inputs);
  ids[6 * 3 + 2] = 12;
  assertThrows(
    () => new Trainer(changed(data, "test", ids), SETTINGS),
    ConfigError,
    "Cannot train with the student text:8,1,2: row 3, token 2 of test is id 12, training rows or " +
      "the file's vocabulary have ids from 0 to 11",
  );
  ids[20] = -1;
  assertThrows(() => new Trainer(changed(data, "train", ids), SETTINGS), ConfigError, "is id -1");
  ids[20] = 2 ** 30;
  assertThrows(
    () => new Trainer(changed(data, "train", ids), SETTINGS),
    ConfigError,
    "token ids go up to 1073741824, they may go up to 1048575",
  );
  const floats = changed(data, "test", Float32Array.from(data.splits.test.inputs));
  assertThrows(
    () => new Trainer(floats, SETTINGS),
    ConfigError,
    "inputs of test are floats, those of train integers",
  );
});

Deno.test("a trained text student refuses ids that it has no row for", async () => {
  const { model } = new Trainer(tokenData(), SETTINGS);
  await assertRejects(
    () => model.outputs(Int32Array.of(1, 2, 3, 4, 5, 12)),
    ShapeError,
    "Cannot apply a model of text: input 5 is 12, token ids are integers from 0 to 11",
  );
  await assertRejects(
    () => model.features(Float32Array.of(1, 2, 3, 4, 5, 6)),
    ShapeError,
    "Cannot apply a model of text: inputs are floats",
  );
});
