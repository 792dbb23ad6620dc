import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  add,
  Flat,
  flatten,
  full,
  GpuError,
  grad,
  matmul,
  mul,
  ones,
  read,
  ShapeError,
  square,
  sub,
  submit,
  sum,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { counted, numbers, onDevice } from "./support.ts";

/** Three variables of awkward sizes. */
function parts() {
  return [
    variable(tensor([[1, 2, 3], [4, 5, 6]])),
    variable(onDevice(numbers([65], 1))),
    variable(tensor(7)),
  ];
}

Deno.test("flatten() puts variables into one buffer and keeps each usable alone", async () => {
  const variables = parts();
  const before = await read(variables);
  const flat = flatten(variables);
  assertEquals(flat instanceof Flat, true);
  assertEquals([flat.offsets, flat.values.shape], [[0, 64, 192], [256]]);
  assertEquals(await read(variables), before);
  const all = await flat.values.data();
  before.forEach((values, i) =>
    assertEquals([...all.slice(flat.offsets[i], flat.offsets[i] + values.length)], [...values])
  );
  assertEquals([...all].filter((x) => x === 0).length, 256 - 72);
  assertEquals(await sum(matmul(variables[0], ones([3, 1]))).item(), 21);
});

Deno.test("an update of the whole is an update of every variable", async () => {
  const variables = parts();
  const flat = flatten(variables);
  const [a, b, c] = await read(variables);
  flat.values.assign(mul(flat.values, 2));
  const [x, y, z] = await read(variables);
  assertEquals([[...x], [...y], [...z]], [a, b, c].map((values) => [...values].map((v) => 2 * v)));
});

Deno.test("an update of one variable is seen in the whole and leaves the others alone", async () => {
  const variables = parts();
  const flat = flatten(variables);
  const before = await flat.values.data();
  variables[2].assign(tensor(-1));
  variables[0].write(Float32Array.of(9, 8, 7, 6, 5, 4));
  const expected = before.slice();
  expected.set([9, 8, 7, 6, 5, 4], 0);
  expected[192] = -1;
  assertEquals(await flat.values.data(), expected);
});

Deno.test("pack() joins tensors in the layout of the variables, gaps stay zero", async () => {
  const variables = parts();
  const flat = flatten(variables);
  const moments = variable(zeros(flat.values.shape));
  const slopes = grad((_: typeof variables) => variables.map((v) => sum(square(v))).reduce(add));
  for (let step = 0; step < 3; step++) {
    const packed = flat.pack(slopes(variables));
    moments.assign(add(mul(moments, 0.5), packed));
    flat.values.assign(sub(flat.values, mul(packed, 0.25)));
    submit();
  }
  const [values, sums] = await read([flat.values, moments]);
  const used = new Set(
    flat.offsets.flatMap((o, i) => Array.from({ length: variables[i].size }, (_, k) => o + k)),
  );
  values.forEach((x: number, i: number) => {
    if (!used.has(i)) assertEquals([x, sums[i]], [0, 0], `gap ${i}`);
  });
  assertEquals(
    await variables[0].toArray(),
    [[1, 2, 3], [4, 5, 6]].map((r) => r.map((x) => x / 8)),
  );
});

Deno.test("pack() copies nothing: each tensor is computed into its range", async () => {
  const variables = parts();
  const flat = flatten(variables);
  const step = () => {
    const packed = flat.pack(variables.map((v) => mul(v, 0.5)));
    flat.values.assign(sub(flat.values, packed));
    submit();
  };
  step();
  const { dispatches, submits } = await counted(step);
  // One kernel per variable, one for the update.
  assertEquals([dispatches, submits], [4, 1]);
  const [a] = await variables[0].data();
  assertEquals(a, 0.25);
});

Deno.test("one tensor may be packed in several places and into several packs", async () => {
  const [a, b] = [variable(zeros([2])), variable(zeros([2]))];
  const flat = flatten([a, b]);
  const [x, y] = [mul(tensor([1, 2]), 3), mul(tensor([5, 7]), 2)];
  const [twice, mixed, other] = await read([
    flat.pack([x, x]),
    flat.pack([x, y]),
    add(flat.pack([y, x]), flat.pack([y, y])),
  ]);
  const at = (values: ArrayLike<number>) => [values[0], values[1], values[64], values[65]];
  assertEquals(at(twice), [3, 6, 3, 6]);
  assertEquals(at(mixed), [3, 6, 10, 14]);
  assertEquals(at(other), [20, 28, 13, 20]);
});

Deno.test("an update in place may read a variable of the same buffer", async () => {
  const variables = parts();
  const flat = flatten(variables);
  const before = await flat.values.data();
  // The last variable scales everything, itself included.
  flat.values.assign(mul(flat.values, variables[2]));
  assertEquals(await flat.values.data(), before.map((x: number) => 7 * x));
  variables[0].assign(mul(variables[0], full([], 0.5)));
  variables[2].assign(sum(variables[0]));
  const [a, , c] = await read(variables);
  assertEquals([[...a], c[0]], [[3.5, 7, 10.5, 14, 17.5, 21], 73.5]);
});

Deno.test("variables of one buffer may all be updated in one step", async () => {
  const variables = parts();
  flatten(variables);
  const next = variables.map((v) => add(v, 1));
  variables.forEach((v, i) => v.assign(next[i]));
  submit();
  const [a, , c] = await read(variables);
  assertEquals([[...a], c[0]], [[2, 3, 4, 5, 6, 7], 8]);
});

Deno.test("flattening again moves the variables, and the old whole no longer packs", async () => {
  const [a, b] = [variable(tensor([1])), variable(tensor([2]))];
  const first = flatten([a, b]);
  const second = flatten([b, a]);
  const all = await second.values.data();
  assertEquals([all[0], all[64]], [2, 1]);
  b.assign(tensor([5]));
  assertEquals((await second.values.data())[0], 5);
  assertThrows(() => first.pack([ones([1]), ones([1])]), GpuError, "it was flattened again");
});

Deno.test("flatten() takes along an update that was recorded and not yet submitted", async () => {
  const [a, b] = [variable(tensor([1, 2])), variable(tensor([3]))];
  a.assign(mul(a, 10));
  flatten([a, b]);
  assertEquals(await a.toArray(), [10, 20]);
});

Deno.test("flatten() and pack() refuse what does not fit", () => {
  assertThrows(() => flatten([]), ShapeError, "Cannot flatten no variables: give f32 variables");
  assertThrows(
    () => flatten([variable(tensor([1], { dtype: "i32" }))]),
    ShapeError,
    "Cannot flatten a variable of type i32: give f32 variables",
  );
  const flat = flatten([variable(ones([2])), variable(ones([3]))]);
  assertThrows(
    () => flat.pack([ones([2])]),
    ShapeError,
    "Cannot pack 1 tensors: there are 2 variables",
  );
  const odd: Tensor[] = [ones([2]), ones([2])];
  assertThrows(
    () => flat.pack(odd),
    ShapeError,
    "Cannot pack f32 [2] as number 1: its variable is f32 [3]",
  );
});

Deno.test("what was recorded of one variable stays good while another of the same buffer changes", async () => {
  const [a, b] = [variable(tensor([1])), variable(tensor([10]))];
  const flat = flatten([a, b]);
  const [own, whole] = [add(b, 1), sum(flat.values)];
  a.assign(add(a, 1));
  submit();
  a.write(Float32Array.of(5));
  assertEquals(await own.toArray(), [11]);
  await assertRejects(() => whole.item(), GpuError, "recorded before its variable was updated");
  flat.values.assign(mul(flat.values, 2));
  const stale = mul(b, 1);
  submit();
  assertEquals(await stale.toArray(), [20]);
});
