import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  broadcastTo,
  geluTanh,
  grad,
  matmul,
  mul,
  pad,
  read,
  relu,
  reshape,
  ShapeError,
  slice,
  sum,
  tensor,
  transpose,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { product, slopes, turned } from "./products.ts";
import { assertAgrees, assertClose, counted, numbers, onDevice } from "./support.ts";

Deno.test("matmul() agrees with float64 for sizes that fit no tile, forward and backward", async () => {
  const sizes = [
    [1, 1, 1],
    [1, 5, 3],
    [2, 3, 4],
    [4, 4, 4],
    [5, 8, 9],
    [7, 2, 31],
    [33, 9, 1],
    [31, 127, 8],
  ];
  for (const [rows, inner, columns] of sizes) {
    const inputs = [numbers([rows, inner], 1), numbers([inner, columns], 2)];
    await assertAgrees(([a, b]) => matmul(a, b), product, inputs, { slopes: slopes(inputs) });
  }
});

Deno.test("matmul() agrees with float64 for many sizes", async () => {
  const sizes = [
    [1, 127, 64],
    [3, 64, 1],
    [8, 33, 7],
    [9, 31, 33],
    [32, 64, 48],
    [127, 5, 2],
    [127, 33, 127],
    [64, 200, 100],
  ];
  const pairs = sizes.map(([rows, inner, columns]) => [
    numbers([rows, inner], 3),
    numbers([inner, columns], 4),
  ]);
  const results = await read(pairs.map(([a, b]) => matmul(onDevice(a), onDevice(b))));
  pairs.forEach((pair, i) =>
    assertClose(results[i], product(pair).values, 1e-5, `${sizes[i].join(" x ")}`)
  );
});

Deno.test("matmul() agrees with float64 for large matrices", async () => {
  const [a, b, c] = [numbers([256, 260], 26), numbers([260, 256], 27), numbers([257, 255], 28)];
  const [x, y, z] = [a, b, c].map((input) => onDevice(input));
  const results = await read([
    matmul(x, y, { transposeA: true, transposeB: true }),
    matmul(slice(y, [0, 0], [255, 255]), slice(z, [0, 0], [255, 255])),
    matmul(slice(x, [1, 1], [256, 258]), z),
  ]);
  const [left, right] = [host.slice(b, [0, 0], [255, 255]), host.slice(c, [0, 0], [255, 255])];
  const tail = host.slice(a, [1, 1], [256, 258]);
  // Sums of 260 products round further than the tolerance of few.
  assertClose(results[0], host.matmul(turned(a), turned(b)).values, 3e-5);
  assertClose(results[1], host.matmul(left, right).values, 3e-5);
  assertClose(results[2], host.matmul(tail, c).values, 3e-5);
});

Deno.test("matmul() takes either side transposed, forward and backward", async () => {
  for (const [rows, inner, columns] of [[5, 7, 6], [8, 12, 16]]) {
    for (const [transposeA, transposeB] of [[true, false], [false, true], [true, true]]) {
      const a = numbers(transposeA ? [inner, rows] : [rows, inner], 5);
      const b = numbers(transposeB ? [columns, inner] : [inner, columns], 6);
      const straight = [transposeA ? turned(a) : a, transposeB ? turned(b) : b];
      await assertAgrees(
        ([a, b]) => matmul(a, b, { transposeA, transposeB }),
        () => product(straight),
        [a, b],
        {
          slopes: (weights) => {
            const [da, db] = slopes(straight)(weights);
            return [
              transposeA ? turned({ shape: [rows, inner], values: da as Float64Array }).values : da,
              transposeB
                ? turned({ shape: [inner, columns], values: db as Float64Array }).values
                : db,
            ];
          },
        },
      );
    }
  }
});

Deno.test("matmul() makes no copy of a transposed operand", async () => {
  const [a, b] = [numbers([12, 8], 7), numbers([16, 12], 8)].map((x) => onDevice(x));
  const results = [matmul(a, b, { transposeA: true, transposeB: true })];
  assertEquals((await counted(() => read(results))).dispatches, 1);
});

Deno.test("matmul() multiplies batches, which broadcast, forward and backward", async () => {
  const shapes = [
    [[3, 5, 6], [3, 6, 7]],
    [[2, 1, 4, 8], [3, 8, 4]],
    [[4, 6], [2, 2, 6, 5]],
    [[3, 1, 8], [8, 12]],
    [[1, 4, 3], [5, 3, 4]],
  ];
  for (const [left, right] of shapes) {
    const inputs = [numbers(left, 9), numbers(right, 10)];
    await assertAgrees(([a, b]) => matmul(a, b), product, inputs, { slopes: slopes(inputs) });
  }
});

Deno.test("matmul() reads slices, strides, padding and repeated rows", async () => {
  const a = numbers([9, 11], 11);
  const b = numbers([2, 10, 12], 12);
  const [x, y] = [onDevice(a), onDevice(b)];
  const [hostSlice, hostB] = [host.slice(a, [1, 2], [8, 10]), host.slice(b, [1, 1, 3], [2, 9, 12])];
  const aligned = host.slice(b, [1, 4, 4], [2, 8, 12]);
  const row = host.slice(a, [3, 0], [4, 11]);
  const cases = [
    [matmul(slice(x, [1, 2], [8, 10]), slice(y, [1, 1, 3], [2, 9, 12])), [hostSlice, hostB]],
    [
      matmul(slice(y, [1, 4, 4], [2, 8, 12]), slice(y, [1, 4, 4], [2, 8, 12]), {
        transposeB: true,
      }),
      [aligned, turned(aligned)],
    ],
    [
      matmul(
        pad(slice(x, [0, 0], [4, 5]), [1, 0], [2, 3]),
        pad(slice(x, [1, 2], [9, 8]), [0, 1], [
          0,
          2,
        ]),
      ),
      [
        host.pad(host.slice(a, [0, 0], [4, 5]), [1, 0], [2, 3]),
        host.pad(host.slice(a, [1, 2], [9, 8]), [0, 1], [0, 2]),
      ],
    ],
    [
      matmul(broadcastTo(slice(x, [3], [4]), [6, 11]), transpose(x)),
      [host.broadcastTo(row, [6, 11]), turned(a)],
    ],
    [
      matmul(
        transpose(reshape(y, [4, 5, 12]), [1, 0, 2]),
        transpose(reshape(y, [5, 4, 12]), [0, 2, 1]),
      ),
      [
        host.transpose(host.reshape(b, [4, 5, 12]), [1, 0, 2]),
        host.transpose(host.reshape(b, [5, 4, 12]), [0, 2, 1]),
      ],
    ],
  ] as const;
  const results = await read(cases.map(([result]) => result));
  cases.forEach(([result, inputs], i) => {
    const expected = product(inputs);
    assertEquals(result.shape, [...expected.shape]);
    assertClose(results[i], expected.values, 1e-5, `case ${i}`);
  });
});

Deno.test("matmul() takes in element-wise ops around it, and they change nothing", async () => {
  const inputs = [
    numbers([13, 6], 13),
    numbers([6, 11], 14),
    numbers([11], 15),
    numbers([13, 11], 16),
  ];
  await assertAgrees(
    ([x, w, bias, residual]) => add(relu(add(matmul(x, w), bias)), residual),
    ([x, w, bias, residual]) =>
      host.elementwise(
        (xw, bias, residual) => Math.max(xw + bias, 0) + residual,
        host.matmul(x, w),
        bias,
        residual,
      ),
    inputs,
  );
  const [x, w, bias, residual] = inputs.map((input) => onDevice(input));
  const whole = add(relu(add(matmul(x, w), bias)), residual);
  const product = matmul(x, w);
  assertEquals((await counted(() => read([whole]))).dispatches, 1);
  const [values] = await read([product]);
  const apart = tensor(values, { shape: [13, 11] });
  assertEquals(await add(relu(add(apart, bias)), residual).data(), await whole.data());
});

Deno.test("matmul() computes its operands where they are not in memory", async () => {
  await assertAgrees(
    ([x, w]) => matmul(geluTanh(matmul(relu(x), w)), mul(w, 2), { transposeB: true }),
    ([x, w]) => {
      const hidden = host.matmul(host.elementwise((x) => Math.max(x, 0), x), w);
      const bent = host.elementwise(
        (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x ** 3))),
        hidden,
      );
      return host.matmul(bent, turned(host.elementwise((w) => 2 * w, w)));
    },
    [numbers([6, 5], 17, [-0.3, 0.3]), numbers([5, 7], 18, [-0.3, 0.3])],
  );
});

Deno.test("matmul() multiplies halves as f32", async () => {
  const inputs = [numbers([6, 9], 19, [-1, 1], true), numbers([9, 5], 20, [-1, 1], true)];
  const [a, b] = inputs.map((x) => onDevice(x, "f16"));
  assertEquals(matmul(a, b).dtype, "f32");
  await assertAgrees(([a, b]) => matmul(a, b), product, inputs, {
    dtype: "f16",
    slopes: slopes(inputs),
  });
  assertClose(await matmul(a, onDevice(inputs[1])).data(), product(inputs).values);
});

Deno.test("matmul() of one tensor with itself has both gradients", async () => {
  const x = numbers([4, 4], 21);
  await assertAgrees(([x]) => matmul(x, x), ([x]) => host.matmul(x, x), [x]);
  const gram = grad((x: ReturnType<typeof tensor>) => sum(matmul(x, x, { transposeB: true })));
  const columns = host.reduce(x, [0], host.total).values;
  assertClose(await gram(onDevice(x)).data(), x.values.map((_, i) => 2 * columns[i % 4]));
});

Deno.test("matmul() gives the same bits every time", async () => {
  const draw = () =>
    matmul(onDevice(numbers([65, 70], 22)), onDevice(numbers([70, 33], 23))).data();
  assertEquals(await draw(), await draw());
});

Deno.test("matmul() refuses what cannot be multiplied, naming both shapes", () => {
  const [a, b] = [onDevice(numbers([128, 64], 24)), onDevice(numbers([32, 10], 25))];
  assertThrows(
    () => matmul(a, b),
    ShapeError,
    "Cannot multiply [128, 64] by [32, 10]: inner dimensions are 64 and 32",
  );
  assertThrows(
    () => matmul(a, tensor([1, 2])),
    ShapeError,
    "Cannot multiply [128, 64] by [2]: both need two axes or more",
  );
  assertThrows(
    () => matmul(broadcastTo(a, [2, 128, 64]), broadcastTo(a, [3, 128, 64]), { transposeB: true }),
    ShapeError,
    "Cannot multiply [2] and [3]: sizes 2 and 3 do not broadcast",
  );
  assertThrows(
    () => matmul(tensor([[1]], { dtype: "i32" }), tensor([[1]], { dtype: "i32" })),
    ShapeError,
    "Cannot apply matmul to elements of type i32: it takes f32, f16",
  );
});
