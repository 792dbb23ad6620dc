import { assertEquals, assertThrows } from "@std/assert";
import {
  avgPool2d,
  ConfigError,
  explain,
  grad,
  maxPool2d,
  type PoolOptions,
  read,
  ShapeError,
  square,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "../../gpu/mod.ts";
import { withoutFusion } from "../../gpu/evaluate.ts";
import { at, generate, type Host } from "./host.ts";
import { assertAgrees, numbers, onDevice } from "./support.ts";

type Pair = readonly [number, number];

function pair(value: PoolOptions["stride"], fallback: Pair): Pair {
  if (value === undefined) return fallback;
  return typeof value === "number" ? [value, value] : value;
}

/** Elements under every place of the window, in float64; margins are left out. */
function pool(x: Host, kernel: Pair, options: PoolOptions, of: (met: number[]) => number): Host {
  const [stride, padding] = [pair(options.stride, kernel), pair(options.padding, [0, 0])];
  const [images, channels, ...size] = x.shape;
  const places = [0, 1].map((a) =>
    Math.floor((size[a] + 2 * padding[a] - kernel[a]) / stride[a]) + 1
  );
  return generate([images, channels, ...places], ([n, c, p, q]) => {
    const met: number[] = [];
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) {
        const [row, column] = [p * stride[0] + i - padding[0], q * stride[1] + j - padding[1]];
        const inside = row >= 0 && row < size[0] && column >= 0 && column < size[1];
        if (inside) met.push(at(x, [n, c, row, column]));
      }
    }
    return of(met);
  });
}

const CASES: [string, number[], Pair, PoolOptions][] = [
  ["windows side by side", [2, 3, 4, 6], [2, 2], {}],
  ["windows that overlap, with margins", [2, 2, 7, 5], [3, 3], { stride: 2, padding: 1 }],
  ["other sizes for rows than for columns", [1, 2, 5, 8], [1, 3], {
    stride: [2, 1],
    padding: [0, 1],
  }],
  ["rows that are left over", [1, 1, 7, 7], [2, 3], {}],
  ["one window", [3, 1, 1, 1], [1, 1], {}],
  ["large windows", [1, 2, 6, 7], [4, 5], { stride: 1, padding: [2, 1] }],
];

for (const [name, shape, kernel, options] of CASES) {
  Deno.test(`pooling agrees with plain numbers, forward and backward: ${name}`, async () => {
    await assertAgrees(
      ([x]) => maxPool2d(x, kernel, options),
      ([x]) => pool(x, kernel, options, (met) => Math.max(...met)),
      [numbers(shape, 1)],
    );
    const taps = kernel[0] * kernel[1];
    await assertAgrees(
      ([x]) => avgPool2d(x, kernel, options),
      ([x]) => pool(x, kernel, options, (met) => met.reduce((a, b) => a + b) / taps),
      [numbers(shape, 2)],
    );
  });
}

Deno.test("the first of equal elements takes the gradient of maxPool2d()", async () => {
  const x = tensor([[[[1, 1, 0], [1, 1, 2]]]]);
  const slopes = await grad((x: Tensor) => sum(maxPool2d(x, 2, { stride: 1 })))(x).toArray();
  assertEquals(slopes, [[[[1, 0, 0], [0, 0, 1]]]]);
});

type Pool = typeof maxPool2d;

/** Sum of squares of pooled images, and its gradient. */
function pooled(pool: Pool, window: number) {
  return valueAndGrad((x: Tensor) => sum(square(pool(x, window))))(
    onDevice(numbers([1, 2, 9, 9], 3)),
  );
}

Deno.test("pooling melts into what reads it while windows are small", () => {
  const kernels = (...tensors: Tensor[]) => explain(tensors).kernels.length;
  const counts = (pool: Pool, window: number) => {
    const { value, grads } = pooled(pool, window);
    const once = pool(zeros([1, 1, 9, 9]), window, { stride: 1 });
    return [kernels(grads), kernels(value, grads), kernels(pool(once, window, { stride: 1 }))];
  };
  assertEquals(counts(maxPool2d, 2), [1, 4, 1]);
  assertEquals(counts(maxPool2d, 3), [2, 4, 1]);
  assertEquals(counts(maxPool2d, 4), [3, 4, 2]);
  assertEquals(counts(avgPool2d, 3), [1, 3, 1]);
  assertEquals(counts(avgPool2d, 4), [2, 3, 2]);
});

Deno.test("explain() counts every element under the windows", () => {
  const [kernel] = explain([avgPool2d(onDevice(numbers([1, 1, 6, 4], 1)), 2)]).kernels;
  assertEquals([kernel.bytesRead, kernel.operations], [4 * 24, 3 * 24 + 6]);
});

Deno.test("the gradient of pooling is the same where it is asked for alone, and without fusion", async () => {
  for (const pool of [maxPool2d, avgPool2d]) {
    for (const window of [2, 3, 4]) {
      const [alone] = await read([pooled(pool, window).grads]);
      const { value, grads } = pooled(pool, window);
      assertEquals((await read([value, grads]))[1], alone);
      assertEquals(await withoutFusion(() => read([pooled(pool, window).grads])), [alone]);
    }
  }
});

Deno.test("maxPool2d() finds the largest of very small numbers", async () => {
  const x = tensor([[[[-3e38, -2e38], [-3.3e38, -3.4e38]]]]);
  assertEquals(
    await maxPool2d(x, 2, { padding: 1 }).data(),
    Float32Array.of(-3e38, -2e38, -3.3e38, -3.4e38),
  );
});

Deno.test("pooling refuses images and windows that do not fit", () => {
  assertThrows(() => maxPool2d(zeros([2, 3, 4]), 2), ShapeError, "Cannot pool [2, 3, 4]");
  assertThrows(() => avgPool2d(zeros([1, 1, 2, 2]), 3), ShapeError, "a window of 3 x 3");
  assertThrows(
    () => maxPool2d(zeros([1, 1, 4, 4]), 2, { padding: 2 }),
    ShapeError,
    "Cannot pool [1, 1, 4, 4] with padding 2 x 2: a window of 2 x 2 takes at most half its size",
  );
  assertThrows(() => avgPool2d(zeros([1, 1, 4, 4]), 0), ConfigError, "Cannot pool with kernel 0");
});
