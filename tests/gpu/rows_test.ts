import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  grad,
  mul,
  oneHot,
  read,
  ShapeError,
  slice,
  sum,
  take,
  type Tensor,
  tensor,
  transpose,
  variable,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { assertAgrees, assertClose, generator, numbers, onDevice } from "./support.ts";

/** Row numbers with repetitions. */
function rowsOf(shape: readonly number[], count: number, seed: number) {
  const next = generator(seed);
  const values = Int32Array.from({ length: host.count(shape) }, () => Math.floor(next() * count));
  return { shape, values };
}

Deno.test("take() agrees with the host, rows repeated, forward and backward", async () => {
  for (
    const [shape, picked] of [
      [[5, 3], [7]],
      [[4], [9]],
      [[3, 2, 4], [2, 5]],
      [[6, 2], []],
      [[1, 3], [4]],
      [[7, 3], [1]],
    ]
  ) {
    const rows = rowsOf(picked, shape[0], 1);
    const index = tensor(rows.values, { shape: picked });
    await assertAgrees(
      ([x]) => take(x, index),
      ([x]) => host.take(x, rows),
      [numbers(shape, 2)],
    );
  }
});

Deno.test("take() takes u32 and computed row numbers, halves, integers and views", async () => {
  const x = tensor([[1, 2], [3, 4], [5, 6]]);
  const rows = tensor([2, 0, 2], { dtype: "u32" });
  const later = add(tensor([0, 1], { dtype: "i32" }), 1);
  const results = [
    take(x, rows),
    take(transpose(x), tensor([1], { dtype: "i32" })),
    take(slice(x, [1]), tensor([1, 0], { dtype: "i32" })),
    take(x, later),
    take(tensor([1, 2.5, 3], { dtype: "f16" }), rows),
    take(tensor([7, 8, 9], { dtype: "i32" }), rows),
    take(mul(x, 2), take(rows, tensor([1, 2], { dtype: "u32" }))),
  ];
  assertEquals((await read(results)).map((values) => [...values]), [
    [5, 6, 1, 2, 5, 6],
    [2, 4, 6],
    [5, 6, 3, 4],
    [3, 4, 5, 6],
    [3, 1, 3],
    [9, 7, 9],
    [2, 4, 10, 12],
  ]);
  assertEquals(results[4].dtype, "f16");
});

Deno.test("the gradient of take() adds up repeated rows with the same bits every time", async () => {
  const rows = rowsOf([500], 7, 3);
  const weights = numbers([500, 20], 4);
  const slope = grad((x: Tensor, index: Tensor) => sum(mul(take(x, index), onDevice(weights))));
  const draw = () => slope(onDevice(numbers([7, 20], 5)), tensor(rows.values)).data();
  const first = await draw();
  assertEquals(await draw(), first);
  const expected = new Float64Array(140);
  weights.values.forEach((w, i) => expected[rows.values[Math.floor(i / 20)] * 20 + i % 20] += w);
  assertClose(first, expected);
});

Deno.test("rows never taken have gradient 0, and the gradient has a gradient", async () => {
  const index = tensor([2, 2, 0], { dtype: "i32" });
  const x = tensor([[1, 2], [3, 4], [5, 6]]);
  const slope = grad((x: Tensor) => {
    const picked = take(x, index);
    return sum(mul(picked, mul(picked, picked)));
  });
  assertEquals(await slope(x).toArray(), [[3, 12], [0, 0], [150, 216]]);
  const bend = grad((x: Tensor) => sum(slope(x)));
  assertEquals(await bend(x).toArray(), [[6, 12], [0, 0], [60, 72]]);
});

Deno.test("numbers outside are held at the last row", async () => {
  const x = tensor([[1], [2], [3]]);
  const index = tensor([-1, 3, 99, 0], { dtype: "i32" });
  assertEquals(await take(x, index).toArray(), [[3], [3], [3], [1]]);
  const slope = grad((x: Tensor) => sum(take(x, index)));
  assertEquals(await slope(x).toArray(), [[1], [0], [3]]);
});

Deno.test("a batch is chosen by writing its row numbers, without a new kernel", async () => {
  const data = onDevice(numbers([50, 4], 6));
  const rows = variable(tensor([0, 1, 2], { dtype: "i32" }));
  const source = numbers([50, 4], 6);
  for (const picked of [[0, 1, 2], [49, 7, 7], [3, 0, 12]]) {
    rows.write(Int32Array.from(picked));
    const expected = host.take(source, { shape: [3], values: picked });
    assertEquals([...await take(data, rows).data()], [...expected.values]);
  }
});

Deno.test("oneHot() has a single 1 per row, and none for labels outside", async () => {
  const labels = tensor([[2, 0], [1, 3]], { dtype: "i32" });
  const result = oneHot(labels, 3);
  assertEquals([result.shape, result.dtype], [[2, 2, 3], "f32"]);
  assertEquals(await result.toArray(), [[[0, 0, 1], [1, 0, 0]], [[0, 1, 0], [0, 0, 0]]]);
  assertEquals(await oneHot(tensor([1], { dtype: "u32" }), 2).toArray(), [[0, 1]]);
  assertEquals(await oneHot(tensor(1, { dtype: "i32" }), 2).toArray(), [0, 1]);
});

Deno.test("take() and oneHot() refuse numbers that are no integers", () => {
  assertThrows(
    () => take(tensor([1, 2]), tensor([0])),
    ShapeError,
    "Cannot take rows f32 [1] of [2]: row numbers are i32 or u32",
  );
  assertThrows(
    () => take(tensor(1), tensor([0], { dtype: "i32" })),
    ShapeError,
    "Cannot take rows i32 [1] of []",
  );
  assertThrows(
    () => oneHot(tensor([0]), 2),
    ShapeError,
    "Cannot make one-hot rows of f32 labels: cast them to i32",
  );
});
