import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  argmax,
  grad,
  logSoftmax,
  logSoftmaxFromOps,
  mul,
  read,
  ShapeError,
  softmax,
  softmaxFromOps,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  variable,
} from "../../gpu/mod.ts";
import { LARGEST } from "../../gpu/dtype.ts";
import * as host from "./host.ts";
import { assertAgrees, assertClose, counted, hostOf, numbers, onDevice } from "./support.ts";

/** x minus its log-sum-exp along an axis. */
function hostLogSoftmax(x: host.Host, axis: number): host.Host {
  const all = host.reduce(x, [axis], host.logSumExp, true);
  return host.elementwise((value, all) => value - all, x, all);
}

const compositions = { softmax: softmaxFromOps, logSoftmax: logSoftmaxFromOps };

for (const [name, op] of Object.entries({ softmax, logSoftmax })) {
  const composed = compositions[name as keyof typeof compositions];
  const finish = name === "softmax" ? Math.exp : (x: number) => x;
  const reference = (x: host.Host, axis: number) =>
    host.elementwise(finish, hostLogSoftmax(x, axis));
  /** Gradient along the last axis: what is pulled at, less everyone's share of all that is pulled. */
  const slopes = (x: host.Host) => (weights: host.Host) => {
    const share = host.elementwise(Math.exp, hostLogSoftmax(x, 1));
    const pulled = name === "softmax" ? host.elementwise((w, p) => w * p, weights, share) : weights;
    const all = host.reduce(pulled, [1], host.total, true);
    return [host.elementwise((w, p, all) => w - p * all, pulled, share, all).values];
  };

  Deno.test(`${name}() agrees with float64 along any axis, forward and backward`, async () => {
    for (
      const [shape, axis] of [[[3, 4, 5], 1], [[4, 6], 0], [[3, 20], 1], [[7], 0], [[4, 1], 1]]
    ) {
      const sizes = shape as number[];
      const along = axis as number;
      await assertAgrees(
        ([x]) => op(x, along),
        ([x]) => reference(x, along),
        [numbers(sizes, 1, [-3, 3])],
      );
    }
    await assertAgrees(([x]) => op(x), ([x]) => reference(x, 1), [numbers([2, 3], 2)]);
    await assertAgrees(
      ([x]) => op(transpose(x), -2),
      ([x]) => reference(host.transpose(x, [1, 0]), 0),
      [numbers([5, 3], 3)],
    );
  });

  Deno.test(`${name}() agrees with float64 on long rows and on halves`, async () => {
    const long = numbers([2, 1000], 4, [-5, 5]);
    await assertAgrees(([x]) => op(x), ([x]) => reference(x, 1), [long], {
      slopes: slopes(long),
    });
    const halves = numbers([3, 9], 5, [-3, 3], true);
    await assertAgrees(([x]) => op(x), ([x]) => reference(x, 1), [halves], { dtype: "f16" });
  });

  Deno.test(`${name}() stays exact for logits far from 0`, async () => {
    const far = hostOf([10000, 9990, 9999, -10000, -10001, -10003], [2, 3]);
    await assertAgrees(([x]) => op(x), ([x]) => reference(x, 1), [far], { slopes: slopes(far) });
    const apart = await op(tensor([0, 1000, -1000])).data();
    assertClose(apart, reference(hostOf([0, 1000, -1000]), 0).values);
    const lowest = await op(tensor([-Infinity, 0, -Infinity, 0])).data();
    assertClose(lowest, await composed(tensor([-Infinity, 0, -Infinity, 0])).data());
  });

  Deno.test(`${name}() shares evenly where all logits are the lowest number, forward and backward`, async () => {
    for (const shape of [[2, 2], [2, 100]]) {
      const [masked, even] = [-LARGEST, 0].map((logit) =>
        hostOf(Array(shape[0] * shape[1]).fill(logit), shape)
      );
      await assertAgrees(([x]) => op(x), () => reference(even, 1), [masked], {
        slopes: slopes(even),
      });
    }
  });

  Deno.test(`${name}() agrees with its composition on many, long and single rows, and twice differentiated`, async () => {
    for (const [shape, axis] of [[[70_000, 3], 1], [[70, 400], 1], [[300, 90], 0], [[1, 9], 0]]) {
      const x = onDevice(numbers(shape as number[], 7, [-3, 3]));
      const pull = onDevice(numbers(shape as number[], 8));
      const run = (f: typeof op) =>
        valueAndGrad((x: Tensor) => sum(mul(f(x, axis as number), pull)))(x);
      const [a, b] = [run(op), run(composed)];
      const parts = await read([
        op(x, axis as number),
        a.grads,
        composed(x, axis as number),
        b.grads,
      ]);
      assertClose(parts[0], parts[2], 1e-5);
      assertClose(parts[1], parts[3], 2e-5);
    }
    const twice = (f: typeof op) =>
      grad((x: Tensor) => {
        const slope = grad((x: Tensor) => sum(mul(f(x), mul(x, x))))(x);
        return sum(mul(slope, mul(slope, slope)));
      });
    const x = onDevice(numbers([3, 4], 1));
    const [own, plain] = await read([twice(op)(x), twice(composed)(x)]);
    assertClose(own, plain, 1e-4);
  });

  Deno.test(`${name}() is one kernel and one backward, with what stands before and after inside`, async () => {
    const x = variable(onDevice(numbers([80, 9], 1)));
    const pull = variable(onDevice(numbers([80, 9], 2)));
    await read([x, pull]);
    const forward = await counted(() => mul(op(add(mul(x, 2), 1)), 3).data());
    assertEquals(forward.dispatches, 1);
    // The result, which the gradient is made from, and the gradient.
    const slope = grad((x: Tensor) => sum(mul(op(mul(x, 2)), pull)));
    const both = await counted(() => mul(slope(x), 3).data());
    assertEquals(both.dispatches, 2);
  });
}

Deno.test("softmax() adds up to 1 along its axis", async () => {
  const x = onDevice(numbers([70, 130], 6, [-9, 9]));
  for (const total of await sum(softmax(x), { axes: 1 }).data()) {
    assert(Math.abs(total - 1) < 1e-5, `${total}`);
  }
});

Deno.test("argmax() finds the first of the largest, whatever the size", async () => {
  const first = (row: Float64Array) => row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  for (const shape of [[1], [2], [63], [64], [65], [1000], [3, 200], [90, 20], [4, 5, 6]]) {
    const x = numbers(shape, 7);
    // Few distinct values, so that equals fall to different threads.
    x.values.forEach((value, i) => x.values[i] = Math.round(value * 3));
    const axes = shape.map((_, axis) => axis);
    const results = axes.map((axis) => argmax(onDevice(x), { axis }));
    (await read(results)).forEach((places, axis) => {
      const expected = host.reduce(x, [axis], first);
      assertEquals(results[axis].shape, [...expected.shape]);
      assertEquals(results[axis].dtype, "i32");
      assertEquals([...places], [...expected.values], `${shape} axis ${axis}`);
    });
  }
});

Deno.test("argmax() takes integers, infinities and keeps its axis where asked", async () => {
  const whole = argmax(tensor([[3, -4, 9], [-7, -2, -5]], { dtype: "i32" }), { keepDims: true });
  assertEquals(await whole.toArray(), [[2], [1]]);
  const big = tensor([1, 4294967295, 2147483648], { dtype: "u32" });
  assertEquals(await argmax(big).item(), 1);
  assertEquals(await argmax(tensor([-Infinity, -Infinity, -1])).item(), 2);
  assertEquals(await argmax(tensor([0.5, 2.5], { dtype: "f16" })).item(), 1);
});

Deno.test("softmax() and argmax() refuse axes and types that they cannot take", () => {
  assertThrows(
    () => argmax(tensor([1, 2]), { axis: 1 }),
    ShapeError,
    "Cannot take the argmax over axis 1: axes of a tensor of rank 1 run from -1 to 0",
  );
  assertThrows(
    () => softmax(tensor([1, 2], { dtype: "i32" })),
    ShapeError,
    "to elements of type i32: it takes f32, f16",
  );
});
