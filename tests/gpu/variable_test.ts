import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  add,
  concat,
  currentGpu,
  evaluate,
  full,
  GpuError,
  grad,
  matmul,
  mul,
  ones,
  read,
  relu,
  ShapeError,
  slice,
  softmax,
  square,
  sub,
  submit,
  sum,
  take,
  type Tensor,
  tensor,
  transpose,
  Variable,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { counted, numbers, onDevice } from "./support.ts";

const STALE = "it was recorded before its variable was updated, " +
  "read it before submit() or together with the step";

Deno.test("what was recorded before assign() sees the old value, what comes after the new one", async () => {
  const x = variable(tensor([1, 2]));
  const before = mul(x, 10);
  x.assign(add(x, 5));
  const after = mul(x, 100);
  const [old, current, now] = await read([before, after, x]);
  assertEquals([[...old], [...current], [...now]], [[10, 20], [600, 700], [6, 7]]);
  assertEquals(await before.toArray(), [10, 20]);
});

Deno.test("several assigns before a submit build upon each other", async () => {
  const x = variable(tensor([1, 2]));
  for (let i = 0; i < 5; i++) x.assign(add(mul(x, 2), 1));
  assertEquals(await x.toArray(), [63, 95]);
});

Deno.test("assigns are carried out once, whatever is read afterwards", async () => {
  const x = variable(tensor([1]));
  x.assign(add(x, 1));
  submit();
  submit();
  assertEquals([await x.item(), await x.item(), await mul(x, 2).item()], [2, 2, 4]);
});

Deno.test("a takes b and b takes a in one step", async () => {
  const [a, b] = [variable(tensor([1, 2, 3])), variable(tensor([4, 5, 6]))];
  for (let step = 0; step < 3; step++) {
    const [x, y] = [mul(a, 1), mul(b, 1)];
    a.assign(y);
    b.assign(x);
    submit();
  }
  const [x, y] = await read([a, b]);
  assertEquals([[...x], [...y]], [[4, 5, 6], [1, 2, 3]]);
});

Deno.test("a circle of three variables, of which some are reversed, turns", async () => {
  const all = [0, 1, 2].map((i) => variable(tensor([10 * i, 10 * i + 1, 10 * i + 2])));
  const back = tensor([2, 1, 0], { dtype: "i32" });
  const turned = [take(all[1], back), add(all[2], 0), take(all[0], back)];
  all.forEach((v, i) => v.assign(turned[i]));
  assertEquals((await read(all)).map((values) => [...values]), [
    [12, 11, 10],
    [20, 21, 22],
    [2, 1, 0],
  ]);
});

Deno.test("a variable takes its own transpose, slice, sum and product", async () => {
  const x = variable(tensor([[1, 2], [3, 4]]));
  x.assign(transpose(x));
  assertEquals(await x.toArray(), [[1, 3], [2, 4]]);
  x.assign(matmul(x, x));
  assertEquals(await x.toArray(), [[7, 15], [10, 22]]);
  x.assign(sub(x, sum(x, { axes: 0, keepDims: true })));
  assertEquals(await x.toArray(), [[-10, -22], [-7, -15]]);
  x.assign(concat([slice(x, [1]), slice(x, [0], [1])]));
  assertEquals(await x.toArray(), [[-7, -15], [-10, -22]]);
  x.assign(relu(add(matmul(transpose(x), x), x)));
  assertEquals(await x.toArray(), [[142, 310], [315, 687]]);
});

Deno.test("an update of every element by itself needs one kernel and no copy", async () => {
  const x = variable(onDevice(numbers([100], 1)));
  const y = variable(onDevice(numbers([100], 2)));
  const step = () => {
    const next = add(mul(x, 0.9), y);
    x.assign(next);
    y.assign(add(y, 1));
    submit();
  };
  step();
  const { dispatches, submits } = await counted(step);
  assertEquals([dispatches, submits], [1, 1]);
});

Deno.test("two variables may take the same value", async () => {
  const [a, b] = [variable(zeros([3])), variable(zeros([3]))];
  const value = mul(tensor([1, 2, 3]), 2);
  a.assign(value);
  b.assign(value);
  assertEquals(await b.toArray(), [2, 4, 6]);
  a.assign(add(a, 1));
  const [x, y] = await read([a, b]);
  assertEquals([[...x], [...y]], [[3, 5, 7], [2, 4, 6]]);
});

Deno.test("an updated value is read in the same step as its update", async () => {
  const x = variable(tensor([1, 2]));
  const next = softmax(mul(x, 2));
  x.assign(next);
  const total = sum(next);
  const [values, all, now] = await read([next, total, x]);
  assertEquals(values, now);
  assertEquals(Math.abs(all[0] - 1) < 1e-6, true);
});

Deno.test("training over many submits equals the same steps by hand", async () => {
  const w = variable(tensor([1, -2, 3]));
  const velocity = variable(zeros([3]));
  const slope = grad((w: Tensor) => sum(square(w)));
  const plain = { w: [1, -2, 3], v: [0, 0, 0] };
  for (let step = 0; step < 20; step++) {
    const next = add(mul(velocity, 0.5), slope(w));
    w.assign(sub(w, mul(next, 0.125)));
    velocity.assign(next);
    submit();
    plain.v = plain.v.map((v, i) => Math.fround(0.5 * v + 2 * plain.w[i]));
    plain.w = plain.w.map((w, i) => Math.fround(w - 0.125 * plain.v[i]));
  }
  assertEquals(await w.toArray(), plain.w);
});

Deno.test("metrics are added up on the device and read once", async () => {
  const seen = variable(zeros([2]));
  const moved = await counted(async () => {
    for (let step = 1; step <= 5; step++) {
      seen.assign(add(seen, full([2], step)));
      submit();
    }
    assertEquals(await seen.toArray(), [15, 15]);
  });
  assertEquals(moved.readbacks, 1);
});

Deno.test("write() replaces the values at once, after what was recorded before", async () => {
  const x = variable(tensor([1, 2]));
  x.assign(mul(x, 3));
  x.write(Float32Array.of(7, 8));
  const doubled = mul(x, 2);
  assertEquals(await doubled.toArray(), [14, 16]);
  const other = variable(tensor([0]));
  other.assign(sum(x, { axes: 0, keepDims: true }));
  x.write(Float32Array.of(0, 0));
  assertEquals([await other.item(), await sum(x).item()], [15, 0]);
});

Deno.test("write() takes every type, and only as many values as there are", async () => {
  const labels = variable(tensor([0, 0], { dtype: "i32" }));
  const rows = variable(tensor([0, 0], { dtype: "u32" }));
  const mask = variable(tensor([0, 0], { dtype: "bool" }));
  labels.write(Int32Array.of(-3, 4));
  rows.write(Uint32Array.of(4294967295, 1));
  mask.write(Uint8Array.of(1, 0));
  assertEquals((await read([labels, rows, mask])).map((values) => [...values]), [
    [-3, 4],
    [4294967295, 1],
    [1, 0],
  ]);
  assertThrows(
    () => labels.write(Int32Array.of(1)),
    ShapeError,
    "Cannot write 1 values to a variable of shape [2]: it has 2",
  );
});

Deno.test("write() refuses values of another type instead of reading their bits as its own", () => {
  const x = variable(tensor([1, 2]));
  assertThrows(
    () => x.write(Int32Array.of(1, 2)),
    ShapeError,
    "Cannot write Int32Array values to a variable of type f32: convert them first",
  );
  const labels = variable(tensor([1, 2], { dtype: "i32" }));
  assertThrows(() => labels.write(Float32Array.of(1, 2)), ShapeError, "Float32Array");
});

Deno.test("a value from before an update that was not read in time says so", async () => {
  const x = variable(tensor([1, 2]));
  const late = mul(x, 2);
  x.assign(add(x, 1));
  submit();
  await assertRejects(() => late.data(), GpuError, `value of shape [2]: ${STALE}`);
  const written = mul(x, 2);
  x.write(Float32Array.of(5, 6));
  await assertRejects(() => written.data(), GpuError, STALE);
  assertEquals(await x.toArray(), [5, 6]);
});

Deno.test("a value from before an update is kept by evaluating it in time", async () => {
  const x = variable(tensor([1, 2]));
  const kept = mul(x, 2);
  evaluate([kept]);
  x.assign(add(x, 1));
  submit();
  assertEquals(await add(kept, x).toArray(), [4, 7]);
});

Deno.test("after a stale value was refused the variable follows its rules again", async () => {
  const [x, y] = [variable(tensor([1])), variable(tensor([10]))];
  const late = mul(x, 2);
  x.assign(add(x, 1));
  submit();
  y.assign(add(y, late));
  assertThrows(() => submit(), GpuError, STALE);
  const current = mul(y, 2);
  y.assign(add(y, 1));
  assertEquals((await read([current, y])).map((values) => values[0]), [20, 11]);
  const again = mul(y, 2);
  y.assign(add(y, 1));
  submit();
  await assertRejects(() => again.data(), GpuError, STALE);
  assertEquals(await y.item(), 12);
});

Deno.test("a variable starts from anything recorded, from another variable too", async () => {
  const x = variable(mul(tensor([1, 2]), 3));
  const copy = variable(x);
  copy.assign(add(copy, 1));
  x.assign(mul(x, 10));
  const [a, b] = await read([x, copy]);
  assertEquals([[...a], [...b]], [[30, 60], [4, 7]]);
  assertEquals(copy instanceof Variable, true);
});

Deno.test("assign() refuses another shape or type", () => {
  const x = variable(ones([2]));
  assertThrows(
    () => x.assign(ones([3])),
    ShapeError,
    "Cannot assign f32 [3] to a variable of f32 [2]",
  );
  assertThrows(
    () => x.assign(ones([2], "i32")),
    ShapeError,
    "Cannot assign i32 [2] to a variable of f32 [2]",
  );
  assertThrows(
    () => variable(ones([2], "f16")),
    ShapeError,
    "Cannot make a variable of type f16: cast it to f32",
  );
});

Deno.test("integer and boolean variables are updated too", async () => {
  const count = variable(tensor([0, 5], { dtype: "u32" }));
  const flags = variable(tensor([1, 0], { dtype: "bool" }));
  count.assign(add(count, 1));
  flags.assign(tensor([0, 1], { dtype: "bool" }));
  const [a, b] = await read([count, flags]);
  assertEquals([[...a], [...b]], [[1, 6], [0, 1]]);
});

Deno.test("many updates, each of many tensors, keep to the bindings of an adapter", async () => {
  const variables = Array.from({ length: 8 }, (_, i) => variable(full([3], i)));
  const inputs = variables.map((_, i) => Array.from({ length: 12 }, (_, j) => tensor([1, i, j])));
  const totals = inputs.map((own) => own.reduce(add));
  variables.forEach((v, i) => v.assign(totals[i]));
  submit();
  variables.forEach((v, i) => v.assign(inputs[i].reduce(add, v as Tensor)));
  const values = await read(variables);
  values.forEach((value, i) => assertEquals([...value], [24, 24 * i, 132]));
  await currentGpu().settled();
});

Deno.test("what was recorded between two assigns sees the first as done and the second not", async () => {
  const make = () => [1, 10, 0].map((value) => variable(tensor([value])));
  const [a, b, c] = make();
  a.assign(add(a, 1));
  const between = add(a, b);
  b.assign(tensor([20]));
  c.assign(between);
  submit();
  assertEquals((await read([a, b, c])).map(([value]) => value), [2, 20, 12]);

  const [x, y] = make();
  x.assign(add(x, 1));
  const sum = add(x, y);
  y.assign(tensor([20]));
  assertEquals((await read([sum, x, y])).map(([value]) => value), [12, 2, 20]);
});

Deno.test("a variable that starts from another holds what that held then", async () => {
  const weights = variable(tensor([1, 2]));
  const [best, doubled] = [variable(weights), variable(mul(weights, 2))];
  weights.assign(add(weights, 1));
  submit();
  weights.write(Float32Array.of(8, 9));
  assertEquals(await best.toArray(), [1, 2]);
  assertEquals(await doubled.toArray(), [2, 4]);

  weights.assign(tensor([5, 6]));
  const after = variable(weights);
  weights.assign(tensor([0, 0]));
  assertEquals([await after.toArray(), await weights.toArray()], [[5, 6], [0, 0]]);
});
