import { assertEquals, assertThrows } from "@std/assert";
import { parseStudent } from "../../../aft/student.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { openGpu, zeros } from "../../../gpu/mod.ts";

await openGpu();

Deno.test("a CNN has the channels of its name, and its linear layer as features", () => {
  const plan = parseStudent("cnn:4,6:5");
  const student = plan.make({ inputShape: [3, 6, 5], outputs: 2, seed: 1 });
  const { logits, features } = student.forward(zeros([4, 3, 6, 5]));
  assertEquals([logits.shape, features.shape, plan.width], [[4, 2], [4, 5], 5]);
  const shapes = Object.entries(student.parameters()).map(([name, { shape }]) => [name, shape]);
  assertEquals(Object.fromEntries(shapes), {
    "convolutions.0.weight": [4, 3, 3, 3],
    "convolutions.0.bias": [4],
    "convolutions.1.weight": [6, 4, 3, 3],
    "convolutions.1.bias": [6],
    "hidden.weight": [5, 24],
    "hidden.bias": [5],
    "head.weight": [2, 5],
    "head.bias": [2],
  });
});

Deno.test("a CNN without a linear layer has the means of its channels as features", () => {
  const plan = parseStudent("cnn:4,6");
  const student = plan.make({ inputShape: [6, 5], outputs: 2, seed: 1 });
  const { logits, features } = student.forward(zeros([4, 6, 5]));
  assertEquals([logits.shape, features.shape, plan.width], [[4, 2], [4, 6], 6]);
});

Deno.test("a residual network has the blocks of its name, and norms that remember", async () => {
  const plan = parseStudent("resnet:20");
  const student = plan.make({ inputShape: [3, 8, 8], outputs: 10, seed: 1 });
  const { logits, features } = student.forward(zeros([2, 3, 8, 8]));
  assertEquals([logits.shape, features.shape, plan.width], [[2, 10], [2, 64], 64]);
  const parameters = Object.values(student.parameters());
  // 0.27 million, as the paper's table 6 has it.
  assertEquals(parameters.reduce((total, { size }) => total + size, 0), 269_722);
  const names = Object.keys(await student.state()).filter((name) => /running/.test(name));
  assertEquals(names.length, 2 * 19);
  assertEquals(names[0], "stem.norm.runningMean");
});

Deno.test("students for images refuse names and inputs that do not fit", () => {
  for (const text of ["cnn", "cnn:", "cnn:4:", "cnn:4:5,6", "cnn:4:5:6", "cnn:0", "resnet:21"]) {
    assertThrows(() => parseStudent(text), ConfigError, `Cannot make the student ${text}: it is`);
  }
  assertThrows(
    () => parseStudent("cnn:4").make({ inputShape: [75], outputs: 2, seed: 0 }),
    ConfigError,
    "Cannot make the student cnn:4 for inputs [75]: it takes images [channels, rows, columns]",
  );
});
