import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  ConfigError,
  conv2d,
  type Conv2dOptions,
  evaluate,
  grad,
  mul,
  relu,
  reshape,
  ShapeError,
  slice,
  sum,
  type Tensor,
  transpose,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { at, generate, type Host } from "./host.ts";
import { assertAgrees, counted, numbers, onDevice } from "./support.ts";

type Pair = readonly [number, number];

function pair(value: Conv2dOptions["stride"], fallback: number): Pair {
  return typeof value === "object" ? value : [value ?? fallback, value ?? fallback];
}

/** The definition, in float64. */
function convolve([x, w]: readonly Host[], options: Conv2dOptions = {}): Host {
  const { groups = 1 } = options;
  const [stride, padding, dilation] = [
    pair(options.stride, 1),
    pair(options.padding, 0),
    pair(options.dilation, 1),
  ];
  const [images, , ...size] = x.shape;
  const [outputs, perGroup, ...kernel] = w.shape;
  const places = [0, 1].map((a) =>
    Math.floor((size[a] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) / stride[a]) + 1
  );
  return generate([images, outputs, ...places], ([n, o, p, q]) => {
    const group = Math.floor(o / (outputs / groups));
    let total = 0;
    for (let c = 0; c < perGroup; c++) {
      for (let i = 0; i < kernel[0]; i++) {
        for (let j = 0; j < kernel[1]; j++) {
          const row = p * stride[0] + i * dilation[0] - padding[0];
          const column = q * stride[1] + j * dilation[1] - padding[1];
          if (row < 0 || row >= size[0] || column < 0 || column >= size[1]) continue;
          total += at(x, [n, group * perGroup + c, row, column]) * at(w, [o, c, i, j]);
        }
      }
    }
    return total;
  });
}

/** Shapes of images and weights, and the options: each meets other edges of the kernels. */
const CASES: Record<string, [number[], number[], Conv2dOptions]> = {
  "1 x 1 images and windows": [[2, 3, 1, 1], [2, 3, 1, 1], {}],
  "rows of four with padding": [[2, 2, 4, 8], [8, 2, 3, 3], { padding: 1 }],
  "stride 2 on rows of four": [[2, 4, 6, 8], [4, 4, 3, 3], { stride: 2, padding: 1 }],
  "odd sizes that fill no block": [[3, 3, 7, 5], [5, 3, 3, 3], { padding: 1 }],
  "odd sizes with stride 2": [[1, 4, 7, 9], [12, 4, 3, 3], { stride: 2, padding: 1 }],
  "a stride above the window": [[2, 2, 8, 9], [3, 2, 2, 2], { stride: 3 }],
  "other steps for rows than for columns": [
    [1, 2, 9, 8],
    [4, 2, 3, 2],
    { stride: [2, 1], padding: [0, 2], dilation: [1, 3] },
  ],
  "a dilated window": [[2, 3, 9, 10], [4, 3, 3, 3], { dilation: 2, padding: 2 }],
  "two groups": [[2, 4, 5, 6], [6, 2, 3, 3], { groups: 2, padding: 1 }],
  "groups of four channels": [[1, 8, 4, 4], [8, 4, 1, 1], { groups: 2 }],
  "every channel alone": [[2, 5, 6, 6], [5, 1, 3, 3], { groups: 5, padding: 1, stride: 2 }],
  "every channel alone, twice": [[1, 3, 5, 4], [6, 1, 3, 3], { groups: 3, padding: 1 }],
  "a window of 5 x 7": [[1, 2, 8, 12], [4, 2, 5, 7], { padding: [2, 3] }],
  "one column": [[2, 2, 6, 1], [2, 2, 3, 1], { padding: [1, 0] }],
};

for (const [name, [images, weights, options]] of Object.entries(CASES)) {
  Deno.test(`conv2d() agrees with plain numbers, forward and backward: ${name}`, async () => {
    await assertAgrees(
      ([x, w]) => conv2d(x, w, options),
      (inputs) => convolve(inputs, options),
      [numbers(images, 1), numbers(weights, 2)],
    );
  });
}

Deno.test("conv2d() takes halves, views and what follows it into one kernel", async () => {
  const options = { padding: 1, stride: 2 };
  await assertAgrees(
    ([x, w]) => conv2d(x, w, options),
    (inputs) => convolve(inputs, options),
    [numbers([1, 2, 5, 5], 1, [-1, 1], true), numbers([4, 2, 3, 3], 2, [-1, 1], true)],
    { dtype: "f16", tolerance: 1e-5 },
  );
  const [x, w] = [numbers([3, 5, 4, 4], 3), numbers([3, 3, 2, 2], 4)];
  await assertAgrees(
    ([x, w]) => conv2d(transpose(slice(x, [0, 1], [3, 4]), [0, 1, 3, 2]), w),
    ([x, w]) =>
      convolve([
        generate([3, 3, 4, 4], ([n, c, p, q]) => at(x, [n, c + 1, q, p])),
        w,
      ]),
    [x, w],
  );
});

Deno.test("conv2d() of many images adds parts of the weights' gradient, in an order that stays", async () => {
  const [x, w] = [numbers([70, 1, 3, 4], 5), numbers([2, 1, 2, 2], 6)];
  await assertAgrees(([x, w]) => conv2d(x, w), (inputs) => convolve(inputs), [x, w]);
  const slope = () =>
    grad((w: Tensor) => sum(mul(conv2d(onDevice(x), w), conv2d(onDevice(x), w))))(onDevice(w));
  assertEquals(await slope().toArray(), await slope().toArray());
});

Deno.test("gradients of conv2d()'s gradients agree with plain numbers", async () => {
  const options = { padding: 1, stride: 2 };
  const [x, w] = [numbers([3, 2, 5, 4], 7), numbers([3, 2, 3, 3], 8)];
  const square = ([x, w]: Tensor[]) => {
    const y = conv2d(x, w, options);
    return sum(mul(y, mul(y, y)));
  };
  const plain = (inputs: readonly Host[], which: number): Host => {
    const y = convolve(inputs, options);
    const slope = { shape: y.shape, values: y.values.map((v) => 3 * v * v) };
    const own = inputs[which];
    return generate(own.shape, (_, flat) => {
      const unit = { shape: own.shape, values: new Float64Array(own.values.length) };
      unit.values[flat] = 1;
      const moved = convolve(which === 0 ? [unit, inputs[1]] : [inputs[0], unit], options);
      return moved.values.reduce((total, value, i) => total + value * slope.values[i], 0);
    });
  };
  for (const which of [0, 1]) {
    await assertAgrees(
      (inputs) => grad(square)(inputs)[which],
      (inputs) => plain(inputs, which),
      [x, w],
      { tolerance: 5e-5 },
    );
  }
});

Deno.test("bias and ReLU melt into the kernel of conv2d(), whose weights are put in order once", async () => {
  const [x, w] = [onDevice(numbers([2, 3, 8, 8], 1)), onDevice(numbers([8, 3, 3, 3], 2))];
  const bias = variable(zeros([8]));
  const forward = () =>
    evaluate([relu(add(conv2d(x, w, { padding: 1 }), reshape(bias, [8, 1, 1])))]);
  forward();
  const { dispatches, compiles } = await counted(forward);
  assertEquals({ dispatches, compiles }, { dispatches: 2, compiles: 0 });
});

Deno.test("conv2d() refuses channels, groups and windows that do not fit", () => {
  const x = zeros([2, 4, 5, 5]);
  assertThrows(
    () => conv2d(x, zeros([8, 3, 3, 3])),
    ShapeError,
    "Cannot convolve [2, 4, 5, 5] by [8, 3, 3, 3]: the images have 4 channels a group, the weights 3",
  );
  assertThrows(
    () => conv2d(x, zeros([8, 4, 3, 3]), { groups: 3 }),
    ConfigError,
    "in 3 groups: groups must divide 4 and 8 channels",
  );
  assertThrows(
    () => conv2d(x, zeros([8, 4, 7, 3])),
    ShapeError,
    "Cannot convolve [2, 4, 5, 5]: a window of 7 x 3 with dilation 1 x 1 does not fit into it with padding 0 x 0",
  );
  assertThrows(
    () => conv2d(x, zeros([8, 4, 3, 3]), { stride: 0 }),
    ConfigError,
    "Cannot convolve with stride 0: stride must be an integer from 1, or two of them",
  );
  assertThrows(
    () => conv2d(zeros([4, 5, 5]), zeros([8, 4, 3, 3])),
    ShapeError,
    "images are [N, C, H, W]",
  );
});
