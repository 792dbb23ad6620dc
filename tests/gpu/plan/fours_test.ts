import { assert, assertEquals } from "@std/assert";
import {
  add,
  cast,
  explain,
  less,
  matmul,
  mul,
  ones,
  pad,
  read,
  relu,
  reshape,
  slice,
  submit,
  type Tensor,
  transpose,
  uniform,
  variable,
} from "../../../gpu/mod.ts";
import * as host from "../host.ts";
import { assertAgrees, assertClose, counted, numbers, onDevice } from "../support.ts";

/** Threads of a workgroup of an element-wise kernel. */
const THREADS = 64;

/** Workgroups of the last kernel. */
function workgroups(x: Tensor): number {
  return explain([x]).kernels.at(-1)!.workgroups;
}

Deno.test("of many elements, a whole number of fours, a thread computes four", () => {
  const groups = (size: number) => workgroups(add(onDevice(numbers([size], 1)), 1));
  assertEquals(groups(4096), 4096 / 4 / THREADS);
  assertEquals(groups(4092), Math.ceil(4092 / THREADS));
  assertEquals(groups(4097), Math.ceil(4097 / THREADS));
  assertEquals(workgroups(uniform([4096], { seed: 1 })), 4096 / THREADS); // four would be long
});

/** Shapes of a tensor and of what is broadcast to it; fours fit rows, fit the whole only, or nothing. */
const BROADCAST: Record<string, [number[], number[]]> = {
  "one number": [[64, 72], []],
  "a row": [[64, 72], [72]],
  "a column": [[64, 72], [64, 1]],
  "a column of short rows": [[1100, 4], [1100, 1]],
  "a matrix on the inside": [[5, 30, 36], [30, 36]],
  "a row of each matrix": [[5, 30, 36], [5, 1, 36]],
  "a middle axis": [[5, 30, 36], [30, 1]],
  "both ends": [[4, 33, 40], [4, 1, 40]],
  "a row whose length is no multiple of four": [[100, 46], [46]],
  "a column of odd rows": [[4, 37, 39], [37, 1]],
  "a row, in an odd number of elements": [[65, 67], [67]],
};

for (const [name, [shape, small]] of Object.entries(BROADCAST)) {
  Deno.test(`many elements agree with plain numbers, gradients too: ${name} is broadcast`, async () => {
    const inputs = [numbers(shape, 1), numbers(small, 2)];
    await assertAgrees(
      ([x, y]) => mul(add(x, y), add(mul(x, 0.5), y)),
      (all) => host.elementwise((x, y) => (x + y) * (x / 2 + y), ...all),
      inputs,
      { slopes: (weights) => slopesOf(inputs, weights) },
    );
  });
}

/** Slopes of the sum of w (x + y) (x / 2 + y). */
function slopesOf([x, y]: readonly host.Host[], weights: host.Host): Float64Array[] {
  const own = host.elementwise((x, y, w) => w * (x + 1.5 * y), x, y, weights);
  const spread = host.elementwise((x, y, w) => w * (1.5 * x + 2 * y), x, y, weights);
  const aligned = [...Array(x.shape.length - y.shape.length).fill(1), ...y.shape];
  const axes = aligned.flatMap((size, axis) => size === x.shape[axis] ? [] : [axis]);
  return [own.values, host.reduce(spread, axes, host.total).values];
}

Deno.test("many elements of every type are read and stored four at a time", async () => {
  const x = numbers([48, 92], 3, [-4, 4], true);
  const halves = onDevice(x, "f16");
  const results = await read([
    add(cast(halves, "i32"), 1),
    cast(less(halves, 0), "u32"),
    less(halves, 1),
    cast(less(cast(less(halves, 1), "i32"), 1), "f32"),
    cast(mul(halves, 1.25), "f16"),
  ]);
  const cut = x.values.map(Math.trunc);
  const expected: ((i: number) => number)[] = [
    (i) => cut[i] + 1,
    (i) => Number(x.values[i] < 0),
    (i) => Number(x.values[i] < 1),
    (i) => Number(!(x.values[i] < 1)),
    (i) => Float16Array.of(1.25 * x.values[i])[0],
  ];
  results.forEach((values, n) => {
    assertEquals([...values], [...x.values.keys()].map(expected[n]), `result ${n}`);
  });
});

Deno.test("what is stored as it came is read back, whatever its type", async () => {
  for (const dtype of ["f16", "i32", "u32", "bool"] as const) {
    const x = host.generate([65, 64], (_, i) => dtype === "bool" ? i % 3 & 1 : i % 1999);
    const row = host.generate([64], (_, i) => i % 2);
    const [kept, both] = await read([
      reshape(onDevice(x, dtype), [-1, 32]),
      cast(add(cast(onDevice(x, dtype), "i32"), cast(onDevice(row, dtype), "i32")), "f32"),
    ]);
    assertEquals([...kept], [...x.values]);
    assertEquals([...both], [...host.elementwise((a, b) => a + b, x, row).values]);
  }
});

Deno.test("views of many elements agree with plain numbers, those that break fours up too", async () => {
  const x = numbers([6, 40, 44], 5);
  const views: [(x: Tensor) => Tensor, (x: host.Host) => host.Host][] = [
    [(x) => transpose(x, [1, 0, 2]), (x) => host.transpose(x, [1, 0, 2])],
    [(x) => transpose(x, [2, 0, 1]), (x) => host.transpose(x, [2, 0, 1])],
    [(x) => reshape(x, [33, 320]), (x) => host.reshape(x, [33, 320])],
    [
      (x) => slice(x, [1, 2, 4], [6, 34, 40]),
      (x) => host.slice(x, [1, 2, 4], [6, 34, 40]),
    ],
    [
      (x) => slice(x, [1, 2, 3], [6, 34, 39]),
      (x) => host.slice(x, [1, 2, 3], [6, 34, 39]),
    ],
    [
      (x) => pad(x, [0, 1, 2], [0, 0, 2], 7),
      (x) => host.pad(x, [0, 1, 2], [0, 0, 2], 7),
    ],
  ];
  const device = onDevice(x);
  const results = await read(views.map(([view]) => add(mul(view(device), 2), 1)));
  results.forEach((values, i) => {
    const expected = host.elementwise((v) => 2 * v + 1, views[i][1](x));
    assertClose(values, expected.values, 1e-6, `view ${i}`);
  });
});

Deno.test("a tensor read both in fours and across agrees with plain numbers", async () => {
  const x = numbers([68, 68], 6);
  const device = onDevice(x);
  const ways = [add(device, transpose(device)), add(transpose(device), device)];
  const expected = host.elementwise((a, b) => a + b, x, host.transpose(x, [1, 0]));
  for (const values of await read(ways)) assertClose(values, expected.values, 1e-6);
});

Deno.test("many elements are updated over themselves, several variables in one kernel", async () => {
  const [x, y, g] = [7, 8, 9].map((seed) => numbers([4160], seed));
  const [first, second] = [x, y].map((values) => variable(onDevice(values)));
  const slope = onDevice(g);
  const step = () => {
    const mean = add(mul(first, 0.5), mul(slope, 0.5));
    first.assign(mean);
    second.assign(add(second, mul(mean, mean)));
    submit();
  };
  step();
  assertEquals((await counted(step)).dispatches, 1);
  const wanted = [x.values.slice(), y.values.slice()];
  for (let i = 0; i < 2; i++) {
    wanted[0].forEach((old, n) => wanted[0][n] = 0.5 * old + 0.5 * g.values[n]);
    wanted[1].forEach((old, n) => wanted[1][n] = old + wanted[0][n] ** 2);
  }
  (await read([first, second])).forEach((values, i) => assertClose(values, wanted[i], 1e-6));
});

Deno.test("an update that moves many elements is not done over what it still reads", async () => {
  const x = numbers([68, 68], 10);
  const square = variable(onDevice(x));
  square.assign(mul(transpose(square), 2));
  submit();
  const expected = host.elementwise((v) => 2 * v, host.transpose(x, [1, 0]));
  assertClose(await square.data(), expected.values, 1e-6);
});

Deno.test("what follows a product in its kernel reads rows and biases in fours", async () => {
  const sizes: [number, number, number][] = [[37, 24, 36], [20, 9, 16], [3, 5, 4]];
  for (const [rows, inner, columns] of sizes) {
    const [a, b, bias, rest] = [[rows, inner], [inner, columns], [columns], [rows, columns]]
      .map((shape, i) => numbers(shape, 20 + i));
    const values = await relu(
      add(add(matmul(onDevice(a), onDevice(b)), onDevice(bias)), onDevice(rest)),
    ).data();
    const expected = host.elementwise(
      (p, bias, rest) => Math.max(p + bias + rest, 0),
      host.matmul(a, b),
      bias,
      rest,
    );
    assertClose(values, expected.values);
  }
});

Deno.test("the same seed gives the same bits where threads compute four", async () => {
  const run = async () => {
    const x = variable(uniform([4096], { seed: 3 }));
    for (let i = 0; i < 3; i++) {
      x.assign(mul(add(x, ones([4096])), 0.7));
      submit();
    }
    return await x.data();
  };
  const [first, second] = [await run(), await run()];
  assert(first.some((value) => value !== first[0]));
  assertEquals(first, second);
});
