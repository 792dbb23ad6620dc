import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  concat,
  currentGpu,
  evaluate,
  exp,
  full,
  matmul,
  max,
  mul,
  read,
  relu,
  sin,
  softmax,
  sqrt,
  square,
  sub,
  submit,
  sum,
  take,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { assertClose, counted, numbers, onDevice } from "./support.ts";

/** A training step of a linear model with momentum, metrics included. */
function training(rows: number, inner: number, columns: number) {
  const x = variable(zeros([rows, inner]));
  const w = variable(onDevice(numbers([inner, columns], 1)));
  const velocity = variable(zeros([inner, columns]));
  const seen = variable(zeros([]));
  const loss = (w: Tensor) => sum(square(softmax(relu(matmul(x, w)))));
  const run = valueAndGrad(loss);
  return (step: number) => {
    x.write(Float32Array.from(numbers([rows, inner], step).values));
    const { value, grads } = run(w);
    const next = add(mul(velocity, 0.9), grads);
    w.assign(sub(w, mul(next, 0.01 / step)));
    velocity.assign(next);
    seen.assign(add(seen, value));
    submit();
  };
}

Deno.test("the second step compiles nothing, makes no buffer, is one submit and reads nothing back", async () => {
  const step = training(7, 5, 3);
  step(1);
  const second = await counted(() => step(2));
  assertEquals(
    [second.compiles, second.buffersMade, second.submits, second.readbacks],
    [0, 0, 1, 0],
  );
  assert(second.dispatches > 0);
});

Deno.test("live bytes stay constant over 100 steps, whatever numbers change", async () => {
  const step = training(6, 5, 4);
  for (let i = 1; i <= 3; i++) step(i);
  const hundred = await counted(() => {
    for (let i = 4; i <= 103; i++) step(i);
  });
  assertEquals(hundred.liveBytes, 0);
  assertEquals([hundred.compiles, hundred.buffersMade, hundred.submits], [0, 0, 100]);
});

Deno.test("live bytes stay bounded where every step makes tensors of its own", async () => {
  const w = variable(zeros([64]));
  const step = (i: number) => {
    w.assign(add(w, tensor(Float32Array.from({ length: 64 }, () => i))));
    submit();
  };
  for (let i = 0; i < 200; i++) step(1);
  const more = await counted(async () => {
    for (let i = 0; i < 100; i++) step(1);
    assertEquals((await w.data())[63], 300);
  });
  assertEquals(more.compiles, 0);
  // One tensor's buffer a step at most, until what was dropped is collected.
  assert(more.liveBytes <= 100 * 256 + 4096, `${more.liveBytes} bytes more after 100 steps`);
});

Deno.test("changed plain numbers compile nothing and make no buffer", async () => {
  const x = onDevice(numbers([50], 2));
  const run = (a: number, b: number) => read([add(mul(x, a), b)]);
  await run(2, 3);
  const moved = await counted(async () => {
    const [values] = await run(-0.5, 1e6);
    assertClose(values, numbers([50], 2).values.map((v) => -0.5 * v + 1e6));
  });
  assertEquals([moved.compiles, moved.buffersMade], [0, 0]);
});

Deno.test("element-wise kernels and reductions serve other sizes, many elements those of the same alignment", async () => {
  const run = (rows: number, columns: number) => {
    const x = onDevice(numbers([rows, columns], 3));
    const bias = onDevice(numbers([columns], 4));
    return read([
      relu(add(x, bias)),
      sum(x, { axes: 1 }),
      max(x, { axes: 0 }),
      sum(mul(x, x)),
      transpose(exp(x)),
    ]);
  };
  for (const [before, after] of [[[30, 50], [45, 38]], [[72, 92], [96, 76]]]) {
    await run(before[0], before[1]);
    assertEquals((await counted(() => run(after[0], after[1]))).compiles, 0);
  }
});

Deno.test("products serve other sizes of the same alignment", async () => {
  const run = (rows: number, inner: number, columns: number) => {
    const x = onDevice(numbers([rows, inner], 5));
    const w = onDevice(numbers([inner, columns], 6));
    return read([matmul(x, w), matmul(w, w, { transposeA: true })]);
  };
  await run(20, 36, 28);
  assertEquals((await counted(() => run(44, 24, 52))).compiles, 0);
});

Deno.test("the same recording made again is one plan, an equal subexpression is computed once", async () => {
  const x = onDevice(numbers([9], 7));
  const run = () => read([add(sin(exp(x)), sin(exp(x))), sin(exp(x))]);
  const [twice, once] = await run();
  assertClose(twice, once.map((v: number) => 2 * v));
  const moved = await counted(run);
  assertEquals([moved.compiles, moved.buffersMade, moved.submits, moved.readbacks], [0, 0, 1, 1]);
});

Deno.test("several tensors are read in one readback and one submit", async () => {
  const x = onDevice(numbers([8], 8));
  const results = [
    mul(x, 2),
    sum(x),
    tensor([1, 2]),
    matmul(x.rank === 1 ? full([2, 2], 1) : x, full([2, 2], 2)),
  ];
  const moved = await counted(() => read(results));
  assertEquals([moved.readbacks, moved.submits], [1, 1]);
});

Deno.test("what was read once is not computed again", async () => {
  const x = mul(onDevice(numbers([8], 9)), 2);
  await x.data();
  const again = await counted(() => x.data());
  assertEquals([again.submits, again.readbacks, again.dispatches], [0, 0, 0]);
});

Deno.test("evaluate() computes once, keeps the result on the device and does not wait", async () => {
  const x = onDevice(numbers([100], 10));
  const kept = exp(x);
  const first = await counted(() => evaluate([kept, kept]));
  assertEquals([first.submits, first.readbacks, first.dispatches], [1, 0, 1]);
  const rest = await counted(() => evaluate([kept]));
  assertEquals([rest.submits, rest.dispatches], [0, 0]);
  const use = await counted(async () => {
    assertClose(await add(kept, 1).data(), numbers([100], 10).values.map((v) => Math.exp(v) + 1));
  });
  assertEquals(use.dispatches, 1);
});

Deno.test("element-wise ops melt into the product and the reduction beside them", async () => {
  const [x, w, b] = [numbers([12, 8], 11), numbers([8, 16], 12), numbers([16], 13)];
  const y = relu(add(matmul(onDevice(x), onDevice(w)), onDevice(b)));
  const before = sqrt(sum(square(sub(onDevice(x), 1)), { axes: 1 }));
  const moved = await counted(() => read([y, before]));
  assertEquals(moved.dispatches, 2);
});

Deno.test("a chain of 200 element-wise ops agrees with the host", async () => {
  const x = numbers([33], 14);
  let chain = onDevice(x);
  let expected = x;
  for (let i = 0; i < 200; i++) {
    chain = i % 3 === 0 ? sin(chain) : add(mul(chain, 1.01), 0.01);
    expected = host.elementwise((v) => i % 3 === 0 ? Math.sin(v) : v * 1.01 + 0.01, expected);
  }
  assertClose(await chain.data(), expected.values, 5e-5);
});

Deno.test("a value used by itself over and over is not written out each time", async () => {
  let x = full([4], 1);
  for (let i = 0; i < 100; i++) x = mul(add(x, x), 0.5);
  assertEquals(await x.toArray(), [1, 1, 1, 1]);
});

Deno.test("an op with 40 distinct inputs keeps to the bindings of the adapter", async () => {
  const parts = Array.from({ length: 40 }, (_, i) => numbers([3, 2], 100 + i));
  const tensors = parts.map((part) => onDevice(part));
  const joined = concat(tensors, 1);
  const picked = take(concat(tensors), tensor([0, 60, 119], { dtype: "i32" }));
  const [total, wide, rows] = await read([tensors.reduce(add), joined, picked]);
  assertClose(total, parts.reduce((a, b) => host.elementwise((a, b) => a + b, a, b)).values);
  assertEquals([...wide], [...host.concat(parts, 1).values]);
  const expected = host.take(host.concat(parts, 0), { shape: [3], values: [0, 60, 119] });
  assertEquals([...rows], [...expected.values]);
});

Deno.test("what follows a kernel op may need more inputs than one kernel binds", async () => {
  const [x, ...parts] = Array.from(
    { length: 31 },
    (_, i) => numbers(i === 0 ? [4, 5] : [4], 200 + i),
  );
  const tensors = parts.map((part) => onDevice(part));
  const result = tensors.reduce(add, sum(onDevice(x), { axes: 1 }));
  const expected = parts.reduce(
    (a, b) => host.elementwise((a, b) => a + b, a, b),
    host.reduce(x, [1], host.total),
  );
  assertClose(await result.data(), expected.values);
});

Deno.test("operands of a product may need more inputs than one kernel binds", async () => {
  const parts = Array.from({ length: 30 }, (_, i) => numbers([4, 4], 300 + i));
  const tensors = parts.map((part) => onDevice(part));
  const sums = [parts.slice(0, 15), parts.slice(15)]
    .map((half) => half.reduce((a, b) => host.elementwise((a, b) => a + b, a, b)));
  const result = matmul(tensors.slice(0, 15).reduce(add), tensors.slice(15).reduce(add));
  assertClose(await result.data(), host.matmul(sums[0], sums[1]).values, 2e-5);
});

Deno.test("more than 65535 workgroups wrap to a second axis", async () => {
  const size = 65535 * 64 + 1000;
  const x = full([size], 1);
  const values = await add(x, 1).data();
  assertEquals(values.length, size);
  assert(values.every((v: number) => v === 2));
});

Deno.test("more plans than are remembered come and go", async () => {
  const before = variable(zeros([4]));
  for (let i = 0; i < 150; i++) {
    const x = tensor(Float32Array.of(i, i, i, i));
    before.assign(add(before, x));
    submit();
  }
  assertEquals((await before.data())[0], 150 * 149 / 2);
});

Deno.test("nothing runs before a value is asked for", async () => {
  const recorded = await counted(() => matmul(exp(zeros([4, 4])), zeros([4, 4])));
  assertEquals([recorded.submits, recorded.dispatches, recorded.buffersMade], [0, 0, 0]);
  assertThrows(() => matmul(zeros([4, 4]), zeros([5, 4])));
});

Deno.test("one plan serves every batch of host values, each with its own numbers", async () => {
  const { counters } = currentGpu();
  const weights = variable(tensor([1, 10, 100]));
  const run = async (values: number[]) => {
    using batch = tensor([values]);
    const results = await read([sum(mul(batch, weights)), transpose(batch), add(batch, batch)]);
    return results.map((numbers) => [...numbers]);
  };
  assertEquals(await run([1, 2, 3]), [[321], [1, 2, 3], [2, 4, 6]]);
  const { buffersMade, compiles } = counters;
  for (const k of [4, 5, 6, 7]) {
    assertEquals(await run([k, k, k]), [[111 * k], [k, k, k], [2 * k, 2 * k, 2 * k]]);
  }
  assertEquals([counters.buffersMade, counters.compiles], [buffersMade, compiles]);
});

Deno.test("two batches that are one tensor, or two, are told apart", async () => {
  const [x, y] = [tensor([1, 2]), tensor([10, 20])];
  const total = (a: Tensor, b: Tensor) => add(mul(a, 3), b).toArray();
  assertEquals(await total(x, y), [13, 26]);
  assertEquals(await total(y, x), [31, 62]);
  assertEquals(await total(x, x), [4, 8]);
  assertEquals(await total(y, y), [40, 80]);
});
