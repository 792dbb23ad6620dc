import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseStudent } from "../../../aft/student.ts";
import { Trainer } from "../../../aft/trainer.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { openGpu, zeros } from "../../../gpu/mod.ts";
import { imageData } from "../small.ts";

await openGpu();

const SHAPE = { inputShape: [3, 8, 12], outputs: 5, seed: 1 };

Deno.test("a vision transformer has patches, positions and blocks, and their mean as features", () => {
  const plan = parseStudent("vit:4,8,2,2");
  const student = plan.make(SHAPE);
  const { logits, features } = student.forward(zeros([2, 3, 8, 12]));
  assertEquals([logits.shape, features.shape, plan.width], [[2, 5], [2, 8], 8]);
  const parameters = student.parameters();
  assertEquals(parameters["patches.map.weight"].shape, [8, 3, 4, 4]);
  assertEquals(parameters["positions"].shape, [6, 8]);
  assertEquals(parameters["blocks.1.attention.qkv.weight"].shape, [24, 8]);
  assertEquals(parameters["blocks.1.feedForward.inner.weight"].shape, [32, 8]);
});

Deno.test("a mixer mixes six patches with half as many hidden numbers as columns", () => {
  const plan = parseStudent("mixer:4,8,1");
  const student = plan.make(SHAPE);
  const { logits, features } = student.forward(zeros([2, 3, 8, 12]));
  assertEquals([logits.shape, features.shape, plan.width], [[2, 5], [2, 8], 8]);
  const parameters = student.parameters();
  assertEquals(parameters["blocks.0.tokens.inner.weight"].shape, [4, 6]);
  assertEquals(parameters["blocks.0.columns.inner.weight"].shape, [32, 8]);
});

for (const student of ["vit:1,16,1,2", "mixer:1,16,1"]) {
  Deno.test(`${student} learns a small task`, async () => {
    const settings = { method: "stl", student, batchSize: 25, steps: 120, lr: 0.01 } as const;
    const trainer = new Trainer(imageData(), settings);
    for await (const _ of trainer.run());
    const { score } = trainer.test!;
    assert("accuracy" in score && score.accuracy > 0.8, JSON.stringify(score));
  });
}

Deno.test("students of patches refuse sizes that do not divide each other", () => {
  for (const text of ["vit:4,8,2", "vit:4,9,2,2", "vit:0,8,2,2", "mixer:4,8", "mixer:4,8,1,1"]) {
    assertThrows(() => parseStudent(text), ConfigError, `Cannot make the student ${text}: it is`);
  }
  assertThrows(
    () => parseStudent("mixer:5,8,1").make(SHAPE),
    ConfigError,
    "Cannot cut images into patches of 5 x 5: patch must divide 8 rows and 12 columns",
  );
});
