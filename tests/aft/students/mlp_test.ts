import { assertEquals, assertNotEquals } from "@std/assert";
import { parseStudent } from "../../../aft/student.ts";
import { openGpu, zeros } from "../../../gpu/mod.ts";

await openGpu();

Deno.test("an MLP has the widths of its name, and its last hidden layer as features", () => {
  const plan = parseStudent("mlp:8,5");
  const student = plan.make({ inputShape: [2, 3, 4], outputs: 3, seed: 1 });
  const { logits, features } = student.forward(zeros([4, 2, 3, 4]));
  assertEquals([logits.shape, features.shape, plan.width], [[4, 3], [4, 5], 5]);
  const shapes = Object.entries(student.parameters()).map(([name, { shape }]) => [name, shape]);
  assertEquals(Object.fromEntries(shapes), {
    "layers.0.weight": [8, 24],
    "layers.0.bias": [8],
    "layers.1.weight": [5, 8],
    "layers.1.bias": [5],
    "head.weight": [3, 5],
    "head.bias": [3],
  });
});

Deno.test("start values lie in one over the root of the fan in, and follow the seed", async () => {
  const start = async (seed: number) => {
    const student = parseStudent("mlp:16").make({ inputShape: [25], outputs: 2, seed });
    return (await student.state())["layers.0.weight"].values as Float32Array;
  };
  const [first, again, other] = [await start(1), await start(1), await start(2)];
  assertEquals(first, again);
  assertNotEquals(first, other);
  const largest = Math.max(...first.map(Math.abs));
  assertEquals(largest <= 1 / 5 && largest > 0.9 / 5, true, `the largest weight is ${largest}`);
});
