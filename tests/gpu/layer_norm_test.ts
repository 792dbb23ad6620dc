import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  broadcastTo,
  grad,
  layerNorm,
  layerNormFromOps,
  mul,
  ones,
  read,
  relu,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { assertAgrees, assertClose, counted, numbers, onDevice } from "./support.ts";

/** Rows at mean 0 and variance 1, then scaled and shifted by column. */
function reference([x, weight, bias]: readonly host.Host[], epsilon = 1e-5): host.Host {
  const width = x.shape.at(-1)!;
  const values = x.values.slice();
  for (let start = 0; start < values.length; start += width) {
    const row = x.values.subarray(start, start + width);
    const mean = host.total(row) / width;
    const variance = host.total(row.map((v) => (v - mean) ** 2)) / width;
    row.forEach((v, c) => {
      values[start + c] = (v - mean) / Math.sqrt(variance + epsilon) * weight.values[c] +
        bias.values[c];
    });
  }
  return { shape: x.shape, values };
}

for (const shape of [[5], [1, 7], [9, 1], [3, 4, 6], [70, 5], [2, 130], [80, 300]]) {
  Deno.test(`layerNorm() on [${shape}] agrees with float64, forward and backward`, async () => {
    const width = shape.at(-1)!;
    const inputs = [numbers(shape, 1, [-3, 3]), numbers([width], 2), numbers([width], 3)];
    // Differences of float64 for a few hundred inputs; the long rows are held by the composition.
    if (host.count(shape) > 400) return await agreesWithOps(inputs);
    await assertAgrees(
      ([x, weight, bias]) => layerNorm(x, { weight, bias }),
      (all) => reference(all),
      inputs,
      // One column has a variance of 0, and slopes of 1/sqrt(epsilon).
      { tolerance: width === 1 ? 1e-3 : 2e-5 },
    );
  });
}

/** Value and gradients of both forms. */
async function agreesWithOps(inputs: readonly host.Host[]): Promise<void> {
  const [x, weight, bias] = inputs.map((side) => onDevice(side));
  const pull = onDevice(numbers(inputs[0].shape, 9));
  const results = [layerNorm, layerNormFromOps].flatMap((norm) => {
    const { value, grads } = valueAndGrad(([x, weight, bias]: Tensor[]) =>
      sum(mul(norm(x, { weight, bias }), pull))
    )([x, weight, bias]);
    return [norm(x, { weight, bias }), value, ...grads];
  });
  const values = await read(results);
  assertClose(values[0], reference(inputs).values, 2e-5, "float64");
  for (let i = 0; i < 5; i++) assertClose(values[i], values[i + 5], 1e-4, `part ${i}`);
}

Deno.test("layerNorm() reads views, halves and what is computed before, and takes what follows in", async () => {
  const weight = numbers([4], 2);
  const bias = numbers([4], 3);
  await assertAgrees(
    ([x, weight, bias]) => layerNorm(transpose(x), { weight, bias }),
    ([x, weight, bias]) => reference([host.transpose(x, [1, 0]), weight, bias]),
    [numbers([4, 5], 1), weight, bias],
    { tolerance: 2e-5 },
  );
  await assertAgrees(
    ([x, weight, bias]) => relu(layerNorm(add(mul(x, 2), 1), { weight, bias })),
    ([x, weight, bias]) => {
      const moved = host.elementwise((v) => 2 * v + 1, x);
      return host.elementwise((v) => Math.max(v, 0), reference([moved, weight, bias]));
    },
    [numbers([5, 4], 1), weight, bias],
    { tolerance: 2e-5 },
  );
  await assertAgrees(
    ([x, weight, bias]) => layerNorm(x, { weight, bias }),
    (all) => reference(all),
    [numbers([3, 4], 1, [-1, 1], true), numbers([4], 2, [-1, 1], true), bias],
    { dtype: "f16", tolerance: 1e-3 },
  );
});

Deno.test("layerNorm() keeps its digits where rows lie far from 0, and a row of equals finite", async () => {
  const x = tensor([[3, 3, 3, 3], [1e4, 1e4 + 1, 1e4 + 2, 1e4 + 3], [5e3, 0, 0, 0]]);
  const { value, grads } = valueAndGrad((x: Tensor) =>
    sum(mul(layerNorm(x), tensor([1, 2, 3, 5])))
  )(
    x,
  );
  const far = reference([
    { shape: [3, 4], values: Float64Array.from((await x.data()) as Float32Array) },
    { shape: [4], values: Float64Array.of(1, 1, 1, 1) },
    { shape: [4], values: new Float64Array(4) },
  ]);
  assertClose((await layerNorm(x).data()).slice(0, 12), far.values, 1e-5);
  const [, slopes] = await read([value, grads]);
  assert(slopes.every(Number.isFinite));
});

Deno.test("layerNorm() is one kernel, one backward for its input, and three more for gain and shift", async () => {
  const x = variable(onDevice(numbers([70, 9], 1)));
  const weight = variable(ones([9]));
  const bias = variable(zeros([9]));
  const pull = variable(onDevice(numbers([70, 9], 2)));
  await read([x, weight, bias, pull]);
  const forward = await counted(() => layerNorm(add(x, 1), { weight, bias }).data());
  assertEquals(forward.dispatches, 1);
  // The forward pass is not computed where only its gradient is asked for.
  const loss = (p: { x: Tensor; weight?: Tensor; bias?: Tensor }) =>
    sum(mul(layerNorm(add(p.x, 1), { weight, bias, ...p }), pull));
  const input = await counted(() => grad(loss)({ x }).x.data());
  assertEquals(input.dispatches, 1);
  // The input's gradient; statistics of the rows and a sum for the gain; a sum for the shift.
  const all = await counted(() => read(Object.values(grad(loss)({ x, weight, bias }))));
  assertEquals(all.dispatches, 4);
});

Deno.test("layerNorm() takes many short rows", async () => {
  const row = numbers([5], 5);
  const many = mul(broadcastTo(onDevice(row), [70_000, 5]), 1);
  const sides = [1, 0].map((v) => ({ shape: [5], values: new Float64Array(5).fill(v) }));
  const values = await layerNorm(many).data();
  assertClose(values.slice(-5), reference([row, ...sides]).values, 1e-5);
  assertEquals(values.slice(0, 5), values.slice(-5));
});

Deno.test("the gradient of layerNorm()'s gradient agrees with that of its composition", async () => {
  const twice = (norm: typeof layerNorm) => (p: Tensor[]) => {
    const first = grad((q: Tensor[]) => {
      const [x, weight, bias] = q;
      return sum(mul(norm(x, { weight, bias }), mul(x, x)));
    })(p);
    return first.map((slope) => sum(mul(slope, slope))).reduce((a, b) => add(a, b));
  };
  const inputs = [numbers([3, 5], 1), numbers([5], 2), numbers([5], 3)].map((x) => onDevice(x));
  const results = await read([
    ...grad(twice(layerNorm))(inputs),
    ...grad(twice(layerNormFromOps))(inputs),
  ]);
  for (let i = 0; i < 3; i++) {
    assertClose(results[i], results[i + 3], 1e-4 * Math.max(1, ...results[i + 3].map(Math.abs)));
  }
});

Deno.test("layerNorm() refuses a gain or shift of another length", () => {
  const error = assertThrows(() => layerNorm(zeros([2, 3]), { weight: ones([2]) }), ShapeError);
  assertEquals(
    error.message,
    "Cannot normalise the rows of [2, 3] with a gain or shift of [2]: one number for each column is [3]",
  );
  assertThrows(
    () => layerNorm(tensor(1)),
    ShapeError,
    "Cannot normalise the rows of []: it has no axis",
  );
});
