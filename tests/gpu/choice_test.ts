import { assertEquals, assertThrows } from "@std/assert";
import { clip, read, ShapeError, tensor, where } from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { binaryReferences } from "./reference.ts";
import { assertAgrees, hostOf, numbers, onDevice } from "./support.ts";

Deno.test("where() agrees with plain numbers, forward and backward", async () => {
  const { value } = binaryReferences.where;
  const chosen = hostOf([1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0], [4, 3]);
  const condition = onDevice(chosen, "bool");
  for (const [left, right] of [[[4, 3], [4, 3]], [[3], [4, 1]], [[], [2, 4, 3]]]) {
    const inputs = [numbers(left, 50), numbers(right, 51)];
    const expected = ([a, b]: readonly host.Host[]) => host.elementwise(value, chosen, a, b);
    await assertAgrees(([a, b]) => where(condition, a, b), expected, inputs);
  }
  const x = numbers([4, 3], 52);
  const numbered = ([x]: readonly host.Host[]) =>
    host.elementwise((c, x) => c ? 2.5 : x, chosen, x);
  await assertAgrees(([x]) => where(condition, 2.5, x), numbered, [x]);
});

Deno.test("where() chooses among integers and booleans, and among numbers alone", async () => {
  const condition = tensor([1, 0, 1], { dtype: "bool" });
  const whole = where(condition, tensor([1, 2, 3], { dtype: "i32" }), -1);
  const truth = where(condition, condition, tensor([0, 1, 1], { dtype: "bool" }));
  assertEquals([whole.dtype, truth.dtype], ["i32", "bool"]);
  const [a, b, c] = await read([whole, truth, where(condition, 1, 0.5)]);
  assertEquals([[...a], [...b], [...c]], [[1, -1, 3], [1, 1, 1], [1, 0.5, 1]]);
  assertThrows(
    () => where(tensor([1]), 1, 2),
    ShapeError,
    "Cannot apply where to elements of type f32: it takes bool",
  );
});

Deno.test("clip() agrees with plain numbers, at its bounds too", async () => {
  const { value, kinks } = binaryReferences.clip;
  const [{ at, slopes }] = kinks!;
  const bounds = at.slice(1);
  const values = [...numbers([40], 53).values, at[0]];
  const x = hostOf(values);
  await assertAgrees(
    ([x]) => clip(x, bounds[0], bounds[1]),
    ([x]) => host.elementwise((x) => value(x, ...bounds), x),
    [x],
    {
      slopes: (weights) => [
        weights.values.map((w, i) =>
          w * (values[i] === at[0] ? slopes[0] : Math.abs(values[i]) < 0.5 ? 1 : 0)
        ),
      ],
    },
  );
  const whole = clip(tensor([-9, 3, 12], { dtype: "i32" }), 0, 10);
  assertEquals(await whole.toArray(), [0, 3, 10]);
  const bounded = clip(tensor([[1, 5], [7, 2]]), tensor([[2], [3]]), tensor([4, 6]));
  assertEquals(await bounded.toArray(), [[2, 5], [4, 3]]);
});
