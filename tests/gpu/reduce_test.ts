import { assertEquals, assertThrows } from "@std/assert";
import {
  cast,
  greater,
  logSumExp,
  max,
  mean,
  min,
  read,
  type ReduceOptions,
  reshape,
  ShapeError,
  slice,
  sum,
  type Tensor,
  tensor,
  transpose,
  variance,
} from "../../gpu/mod.ts";
import { LARGEST } from "../../gpu/dtype.ts";
import * as host from "./host.ts";
import { assertAgrees, hostOf, numbers, onDevice } from "./support.ts";

/** A reduction in plain numbers, with the slope towards each element. */
interface Reduction {
  op: (x: Tensor, options?: ReduceOptions) => Tensor;
  value: (elements: Float64Array) => number;
  slopes: (elements: Float64Array) => Float64Array;
}

const average = (elements: Float64Array) => host.total(elements) / elements.length;
const largest = (elements: Float64Array) => elements.reduce((a, b) => Math.max(a, b));
const smallest = (elements: Float64Array) => elements.reduce((a, b) => Math.min(a, b));

/** Those that attain an extreme share its slope. */
function shared(elements: Float64Array, extreme: number): Float64Array {
  const ties = elements.filter((value) => value === extreme).length;
  return elements.map((value) => value === extreme ? 1 / ties : 0);
}

function spreadOf(elements: Float64Array): number {
  const middle = average(elements);
  return average(elements.map((value) => (value - middle) ** 2));
}

const REDUCTIONS: Record<string, Reduction> = {
  sum: { op: sum, value: host.total, slopes: (e) => e.map(() => 1) },
  mean: { op: mean, value: average, slopes: (e) => e.map(() => 1 / e.length) },
  variance: {
    op: variance,
    value: spreadOf,
    slopes: (e) => {
      const middle = average(e);
      return e.map((value) => 2 * (value - middle) / e.length);
    },
  },
  max: { op: max, value: largest, slopes: (e) => shared(e, largest(e)) },
  min: { op: min, value: smallest, slopes: (e) => shared(e, smallest(e)) },
  logSumExp: {
    op: logSumExp,
    value: host.logSumExp,
    slopes: (e) => {
      const all = host.logSumExp(e);
      return e.map((value) => Math.exp(value - all));
    },
  },
};

/** The gradient of the weighted sum of a reduction's results. */
function gradientOf(
  { slopes }: Reduction,
  x: host.Host,
  axes: readonly number[],
  weights: host.Host,
): Float64Array {
  const places = { shape: x.shape, values: x.values.map((_, i) => i) };
  const gradient = new Float64Array(x.values.length);
  let output = 0;
  host.reduce(places, axes, (members) => {
    const own = slopes(members.map((i) => x.values[i]));
    members.forEach((i, r) => gradient[i] = own[r] * weights.values[output]);
    return output++;
  });
  return gradient;
}

async function check(
  reduction: Reduction,
  x: host.Host,
  axes: readonly number[],
  options: ReduceOptions = { axes },
): Promise<void> {
  await assertAgrees(
    ([x]) => reduction.op(x, options),
    ([x]) => host.reduce(x, axes, reduction.value, options.keepDims),
    [x],
    { slopes: (weights) => [gradientOf(reduction, x, axes, weights)] },
  );
}

for (const [name, reduction] of Object.entries(REDUCTIONS)) {
  Deno.test(`${name}() agrees with float64 over any axes, forward and backward`, async () => {
    const x = numbers([3, 4, 5], 1);
    await check(reduction, x, [0, 1, 2], {});
    await check(reduction, x, [0, 1, 2], { keepDims: true });
    const every = [[0], [1], [2], [0, 1], [0, 2], [1, 2]];
    for (const axes of name === "sum" ? every : [[1], [0, 2]]) await check(reduction, x, axes);
    await check(reduction, x, [1, 2], { axes: [-1, 1], keepDims: true });
    await check(reduction, x, [2], { axes: -1 });
  });

  Deno.test(`${name}() agrees with float64 at every size of a team`, async () => {
    for (const size of [1, 2, 15, 17, 63, 64, 65, 1000]) {
      await check(reduction, numbers([size], size, [0.1, 1]), [0], {});
    }
    await check(reduction, numbers([90, 7], 2), [1]);
    await check(reduction, numbers([33, 90], 3), [0]);
    await check(reduction, numbers([90, 33], 3), [1]);
    await check(reduction, numbers([33, 2, 7], 4), [0], { axes: 0, keepDims: true });
  });

  Deno.test(`${name}() agrees with float64 where two kernels share the work`, async () => {
    for (const size of [32769, 40000, 100000]) {
      await check(reduction, numbers([size], size, [0.1, 1]), [0], {});
    }
    await check(reduction, numbers([40000, 2], 5, [0.1, 1]), [0]);
    await check(reduction, numbers([200, 2, 201], 6, [0.1, 1]), [0, 2], {
      axes: [0, 2],
      keepDims: true,
    });
  });

  Deno.test(`${name}() reads views and halves`, async () => {
    await assertAgrees(
      ([x]) => reduction.op(slice(transpose(x), [1, 2], [6, 8]), { axes: 0 }),
      ([x]) =>
        host.reduce(
          host.slice(host.transpose(x, [1, 0]), [1, 2], [6, 8]),
          [0],
          reduction.value,
        ),
      [numbers([9, 7], 7)],
    );
    const x = numbers([5, 20], 8, [-1, 1], true);
    await assertAgrees(
      ([x]) => reduction.op(x, { axes: 1 }),
      ([x]) => host.reduce(x, [1], reduction.value),
      [x],
      { dtype: "f16", slopes: (weights) => [gradientOf(reduction, x, [1], weights)] },
    );
  });
}

Deno.test("reducing no axes changes nothing, nor does a scalar", async () => {
  const x = tensor([[1, 2], [3, 4]]);
  const results = [sum(x, { axes: [] }), max(x, { axes: [] }), sum(tensor(7)), mean(tensor(7))];
  assertEquals(results.map(({ shape }) => shape.length), [2, 2, 0, 0]);
  const [a, b, c, d] = await read(results);
  assertEquals([[...a], [...b], [...c], [...d]], [[1, 2, 3, 4], [1, 2, 3, 4], [7], [7]]);
});

Deno.test("variance() takes a correction of the count", async () => {
  const x = tensor([[1, 2, 4, 9]]);
  const result = variance(x, { axes: 1, correction: 1, keepDims: true });
  assertEquals(result.shape, [1, 1]);
  assertEquals(Math.abs(await result.item() - 38 / 3) < 1e-5, true);
});

Deno.test("max() and min() share their gradient evenly among equals, also across kernels", async () => {
  const tied = hostOf([3, 1, 3, 0, 3, 2, 2, 2, 2], [3, 3]);
  for (const name of ["max", "min"]) {
    await check(REDUCTIONS[name], tied, [0, 1], {});
    await check(REDUCTIONS[name], tied, [1]);
  }
  const long = numbers([50000], 9);
  for (const place of [17, 18, 99, 49999]) long.values[place] = 2;
  for (const place of [5000, 5001, 30000]) long.values[place] = -2;
  await check(REDUCTIONS.max, long, [0]);
  await check(REDUCTIONS.min, long, [0]);
});

Deno.test("sum(), max() and min() of integers are exact", async () => {
  const values = [7, -3, 2000000000, -2000000000, 11, 5];
  const x = tensor(values, { dtype: "i32", shape: [2, 3] });
  const y = tensor([7, 3, 4000000000, 200, 11, 5], { dtype: "u32", shape: [2, 3] });
  const many = tensor(Int32Array.from({ length: 50000 }, (_, i) => i - 20000));
  const results = [
    sum(x),
    max(x, { axes: 0 }),
    min(x, { axes: 1 }),
    sum(y, { axes: 0 }),
    max(y),
    min(y),
    sum(many),
    max(many),
    min(many),
  ];
  assertEquals(results.map(({ dtype }) => dtype.slice(1)), results.map(() => "32"));
  assertEquals((await read(results)).map((values) => [...values]), [
    [20],
    [7, 11, 2000000000],
    [-3, -2000000000],
    [207, 14, 4000000005],
    [4000000000],
    [3],
    [249975000],
    [29999],
    [-20000],
  ]);
});

Deno.test("max() takes infinities", async () => {
  const x = tensor([[-Infinity, -Infinity], [Infinity, -Infinity]]);
  assertEquals(await max(x, { axes: 1 }).toArray(), [-Infinity, Infinity]);
  assertEquals(await min(x, { axes: 0 }).toArray(), [-Infinity, -Infinity]);
});

Deno.test("logSumExp() takes infinities and the lowest number", async () => {
  const rows = [[-Infinity, -Infinity], [Infinity, 1], [-Infinity, 2], [-LARGEST, -LARGEST]];
  const results = await logSumExp(tensor(rows), { axes: 1 }).data();
  assertEquals(results, Float32Array.of(-Infinity, Infinity, 2, -LARGEST));
});

Deno.test("a count of true elements is a sum of casts", async () => {
  const x = onDevice(numbers([1000], 10));
  const expected = numbers([1000], 10).values.filter((value) => value > 0.25).length;
  assertEquals(await sum(cast(greater(x, 0.25), "i32")).item(), expected);
});

Deno.test("reductions give the same bits every time", async () => {
  const draw = () => {
    const x = onDevice(numbers([100000], 11));
    return read([sum(x), mean(reshape(x, [50, 2000]), { axes: 0 }), logSumExp(x), variance(x)]);
  };
  assertEquals(await draw(), await draw());
});

Deno.test("reductions refuse axes and types that they cannot take", () => {
  const x = tensor([[1, 2], [3, 4]]);
  assertThrows(
    () => sum(x, { axes: 2 }),
    ShapeError,
    "Cannot take the sum over axis 2: axes of a tensor of rank 2 run from -2 to 1",
  );
  assertThrows(
    () => max(x, { axes: [0, -2] }),
    ShapeError,
    "Cannot take the max over axes [0, 0]: an axis is named twice",
  );
  assertThrows(
    () => mean(tensor([1], { dtype: "i32" })),
    ShapeError,
    "Cannot apply mean to elements of type i32: it takes f32, f16",
  );
  assertThrows(() => variance(tensor([1], { dtype: "i32" })), ShapeError, "i32");
});
