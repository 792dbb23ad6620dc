import { assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  concat,
  full,
  matmul,
  mul,
  ones,
  read,
  ShapeError,
  stack,
  sum,
  Tensor,
  tensor,
  transpose,
  variable,
  where,
  zeros,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { assertAgrees, counted, numbers, onDevice } from "./support.ts";

Deno.test("tensor() takes nested arrays, numbers and typed arrays", async () => {
  assertEquals(await tensor([[[1], [2]], [[3], [4]]]).toArray(), [[[1], [2]], [[3], [4]]]);
  assertEquals(await tensor(2.5).item(), 2.5);
  assertEquals(tensor(2.5).shape, []);
  assertEquals(await tensor([1, 2, 3, 4], { shape: [2, 2] }).toArray(), [[1, 2], [3, 4]]);
  const typed = [
    tensor(Float32Array.of(1.5, -2)),
    tensor(Int32Array.of(-1, 2147483647)),
    tensor(Uint32Array.of(1, 4294967295)),
    tensor(Uint8Array.of(0, 1)),
    tensor(Float16Array.of(0.5, -2)),
    tensor(Uint16Array.of(0x3800, 0xc000)),
  ];
  assertEquals(typed.map(({ dtype }) => dtype), ["f32", "i32", "u32", "bool", "f16", "f16"]);
  assertEquals(await read(typed), [
    Float32Array.of(1.5, -2),
    Int32Array.of(-1, 2147483647),
    Uint32Array.of(1, 4294967295),
    Uint8Array.of(0, 1),
    Float32Array.of(0.5, -2),
    Float32Array.of(0.5, -2),
  ]);
});

Deno.test("numbers other than 0 are true, on the host and on the device", async () => {
  const x = tensor(Uint8Array.of(0, 3));
  assertEquals(await x.toArray(), [0, 1]);
  assertEquals(await where(x, 5, 6).toArray(), [6, 5]);
  assertEquals(await tensor([0, -2.5], { dtype: "bool" }).toArray(), [0, 1]);
  for (const [number, truth] of [[0, 0], [0.5, 1], [-0.5, 1], [2, 1], [NaN, 0]]) {
    const makers = [tensor(number, { dtype: "bool" }), full([], number, "bool")];
    assertEquals((await read(makers)).map(([value]) => value), [truth, truth]);
    assertEquals(await tensor([number], { dtype: "bool" }).item(), truth);
  }
});

Deno.test("tensor() takes views of larger arrays and odd counts of halves", async () => {
  const long = Float32Array.of(0, 1, 2, 3, 4, 5);
  assertEquals(await mul(tensor(long.subarray(2, 5)), 1).toArray(), [2, 3, 4]);
  const halves = Float16Array.of(9, 1, 2, 3, 9);
  assertEquals(await mul(tensor(halves.subarray(1, 4)), 1).toArray(), [1, 2, 3]);
  assertEquals(await tensor(halves.subarray(1, 4)).toArray(), [1, 2, 3]);
});

Deno.test("a tensor knows its shape, size and rank, and reads as nested arrays", async () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  assertEquals([x.shape, x.size, x.rank, x.dtype], [[2, 3], 6, 2, "f32"]);
  assertEquals(x instanceof Tensor, true);
  assertEquals(await mul(x, 2).toArray(), [[2, 4, 6], [8, 10, 12]]);
  assertEquals(await sum(x).item(), 21);
});

Deno.test("reading a tensor gives a copy of its own each time", async () => {
  const x = mul(tensor([1, 2]), 3);
  const first = await x.data();
  first[0] = 99;
  assertEquals([...await x.data()], [3, 6]);
  assertEquals(await mul(x, 2).toArray(), [6, 12]);
});

Deno.test("tensor() refuses ragged arrays, wrong counts, empty axes and other arrays", async () => {
  assertThrows(
    () => tensor([[1, 2], [3]]),
    ShapeError,
    "Cannot make a tensor of ragged arrays: 1 at depth 1, expected 2",
  );
  assertThrows(
    () => tensor([[1], 2]),
    ShapeError,
    "Cannot make a tensor of ragged arrays: a number at depth 1, expected 1",
  );
  assertThrows(
    () => tensor([1, 2, 3], { shape: [2, 2] }),
    ShapeError,
    "Cannot fill a tensor of shape [2, 2] with 3 values: it has 4",
  );
  assertThrows(
    () => tensor([]),
    ShapeError,
    "Cannot make a tensor of shape [0]: axis 0 has size 0, sizes are integers from 1",
  );
  assertThrows(
    () => tensor(new Float64Array(2)),
    ShapeError,
    "Cannot make a tensor of a Float64Array",
  );
  let message = "";
  await tensor([1, 2]).item().catch((error) => message = error.message);
  assertEquals(message, "Cannot take the item of a tensor of shape [2]: it has 2");
});

Deno.test("full(), zeros(), ones() and arange() hold what they say", async () => {
  const results = [
    full([2, 2], -7, "i32"),
    full([], 0.5),
    full([3], 1.0009765625, "f16"),
    full([2], 1, "bool"),
    zeros([3]),
    ones([2], "u32"),
    arange(5),
    arange(3, "i32"),
    arange(4, "u32"),
  ];
  assertEquals(results.map((x) => x.dtype).join(), "i32,f32,f16,bool,f32,u32,f32,i32,u32");
  assertEquals((await read(results)).map((values) => [...values]), [
    [-7, -7, -7, -7],
    [0.5],
    [1.0009765625, 1.0009765625, 1.0009765625],
    [1, 1],
    [0, 0, 0],
    [1, 1],
    [0, 1, 2, 3, 4],
    [0, 1, 2],
    [0, 1, 2, 3],
  ]);
  assertThrows(() => zeros([2, 0]), ShapeError, "axis 1 has size 0");
  assertThrows(() => arange(2.5), ShapeError, "axis 0 has size 2.5");
});

Deno.test("numbers made as halves are rounded, numbers beside halves are not", async () => {
  const third = 0.333251953125;
  const halves = [tensor(1 / 3, { dtype: "f16" }), full([], 1 / 3, "f16"), arange(2050, "f16")];
  assertEquals(halves.map(({ dtype }) => dtype), ["f16", "f16", "f16"]);
  const [one, all, places] = await read(halves);
  assertEquals([one[0], all[0], places[2047], places[2049]], [third, third, 2047, 2048]);
  const [number] = halves;
  assertEquals(await mul(number, 3).item(), 3 * third);
  assertEquals(await mul(full([], 1, "f16"), 1 / 3).item(), Math.fround(1 / 3));
  const product = matmul(full([2, 3], 1 / 3, "f16"), ones([3, 1]));
  assertEquals(await product.data(), Float32Array.of(3 * third, 3 * third));
});

Deno.test("full() takes no memory and no kernel inside others", async () => {
  const x = onDevice(numbers([4], 1));
  assertEquals((await counted(() => read([mul(x, full([3, 4], 2))]))).dispatches, 1);
});

Deno.test("concat() agrees with the host along any axis, forward and backward", async () => {
  for (
    const [shapes, axis] of [
      [[[2], [3], [1]], 0],
      [[[2, 3], [4, 3]], 0],
      [[[2, 3], [2, 1], [2, 4]], 1],
      [[[2, 1, 3], [2, 2, 3]], -2],
      [[[5]], 0],
    ] as [number[][], number][]
  ) {
    const along = axis < 0 ? axis + shapes[0].length : axis;
    await assertAgrees(
      (parts) => concat(parts, axis),
      (parts) => host.concat(parts, along),
      shapes.map((shape, i) => numbers(shape, 10 + i)),
    );
  }
});

Deno.test("stack() agrees with the host along any new axis, forward and backward", async () => {
  for (const axis of [0, 1, 2, -1]) {
    const at = axis < 0 ? 2 : axis;
    await assertAgrees(
      (parts) => stack(parts, axis),
      (parts) => host.concat(parts.map((x) => host.reshape(x, x.shape.toSpliced(at, 0, 1))), at),
      [20, 21, 22].map((seed) => numbers([2, 3], seed)),
    );
  }
});

Deno.test("concat() joins views, integers, booleans and infinities", async () => {
  const x = tensor([[1, 2], [3, 4]]);
  const results = [
    concat([transpose(x), x], 1),
    concat([tensor([1, -2], { dtype: "i32" }), tensor([3], { dtype: "i32" })]),
    concat([tensor([1, 0], { dtype: "bool" }), tensor([0, 1], { dtype: "bool" })]),
    concat([tensor([Infinity]), tensor([-Infinity, 1])]),
  ];
  assertEquals(results.map(({ dtype }) => dtype), ["f32", "i32", "bool", "f32"]);
  assertEquals((await read(results)).map((values) => [...values]), [
    [1, 3, 1, 2, 2, 4, 3, 4],
    [1, -2, 3],
    [1, 0, 0, 1],
    [Infinity, -Infinity, 1],
  ]);
});

Deno.test("concat() and stack() refuse tensors that do not go together", () => {
  assertThrows(
    () => concat([zeros([2, 3]), zeros([2, 4])]),
    ShapeError,
    "Cannot concatenate f32 [2, 3] and f32 [2, 4] on axis 0: types and other sizes must match",
  );
  assertThrows(
    () => concat([zeros([2]), zeros([2], "i32")]),
    ShapeError,
    "Cannot concatenate f32 [2] and i32 [2] on axis 0",
  );
  assertThrows(() => stack([zeros([2]), zeros([3])]), ShapeError, "Cannot concatenate");
  assertThrows(() => concat([zeros([2])], 1), ShapeError, "Cannot concatenate over axis 1");
  assertThrows(() => concat([]), ShapeError, "Cannot concatenate 0 tensors: give one or more");
  assertThrows(() => stack([]), ShapeError, "Cannot stack 0 tensors: give one or more");
});

Deno.test("a tensor keeps its numbers when the array that it was made of changes", async () => {
  const values = Float32Array.of(1, 2);
  const [x, start] = [tensor(values), variable(tensor(values))];
  values.fill(9);
  assertEquals([await x.toArray(), await start.toArray()], [[1, 2], [1, 2]]);
  const halves = Float16Array.of(0.5);
  const kept = tensor(halves, { copy: false });
  halves[0] = 0.25;
  assertEquals(await kept.toArray(), [0.25]);
});
