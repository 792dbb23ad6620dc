import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  grad,
  matmul,
  mul,
  read,
  relu,
  ShapeError,
  slice,
  sum,
  type Tensor,
  tensor,
  valueAndGradWithAux,
} from "../../../gpu/mod.ts";
import { matmulDifference } from "../../../gpu/ops/product.ts";
import { withVariant } from "../../../gpu/product/tuned.ts";
import { variantNames } from "../../../gpu/product/variant.ts";
import * as host from "../host.ts";
import { product, slopes, turned } from "../products.ts";
import { assertAgrees, assertClose, numbers, onDevice } from "../support.ts";

/** Sums of many products round further than those of few. */
const TOLERANCE = 3e-5;

/** No multiples of any block; a single row, column or inner place; and one of each. */
const SIZES = [
  [35, 67, 45],
  [1, 67, 45],
  [35, 67, 1],
  [35, 1, 45],
  [1, 1, 1],
] as const;

for (const name of variantNames) {
  Deno.test(`${name} agrees with float64 where no block fits, forward and backward`, async () => {
    for (const [rows, inner, columns] of SIZES) {
      const inputs = [numbers([rows, inner], 1), numbers([inner, columns], 2)];
      await withVariant(name, () =>
        assertAgrees(([a, b]) => matmul(a, b), product, inputs, {
          slopes: slopes(inputs),
          tolerance: TOLERANCE,
        }));
    }
  });

  Deno.test(`${name} takes sides transposed, batches, slices, halves and an epilogue`, async () => {
    const [a, b] = [numbers([36, 20], 3), numbers([20, 44], 4)];
    const [x, y] = [a, b].map((input) => onDevice(input));
    const [turnedX, turnedY] = [a, b].map((input) => onDevice(turned(input)));
    const [halfA, halfB] = [
      numbers([36, 20], 5, [-1, 1], true),
      numbers([20, 45], 6, [-1, 1], true),
    ];
    const [many, few] = [numbers([2, 1, 9, 20], 7), numbers([3, 20, 12], 8)];
    const [bias, residual] = [numbers([44], 9), numbers([36, 44], 10)];
    const epilogue = (x: number, bias: number, residual: number) =>
      Math.max(0.5 * x + bias, 0) + residual;
    const cases = withVariant(name, (): [Tensor, host.Host][] => [
      [matmul(turnedX, y, { transposeA: true }), product([a, b])],
      [matmul(x, turnedY, { transposeB: true }), product([a, b])],
      [matmul(turnedX, turnedY, { transposeA: true, transposeB: true }), product([a, b])],
      [matmul(onDevice(halfA, "f16"), onDevice(halfB, "f16")), product([halfA, halfB])],
      [
        matmul(onDevice(turned(halfA), "f16"), y, { transposeA: true }),
        product([halfA, b]),
      ],
      [matmul(onDevice(many), onDevice(few)), product([many, few])],
      [
        matmul(slice(x, [3, 4], [36, 19]), slice(y, [4, 8], [19, 44])),
        product([host.slice(a, [3, 4], [36, 19]), host.slice(b, [4, 8], [19, 44])]),
      ],
      [
        add(relu(add(mul(matmul(x, y), 0.5), onDevice(bias))), onDevice(residual)),
        host.elementwise(epilogue, product([a, b]), bias, residual),
      ],
    ]);
    const results = await read(cases.map(([result]) => result));
    cases.forEach(([result, expected], i) => {
      assertEquals(result.shape, [...expected.shape]);
      assertClose(results[i], expected.values, TOLERANCE, `case ${i}`);
    });
  });

  Deno.test(`${name} takes terms off from an inner place on, forward and backward`, async () => {
    const signed = (a: host.Host) =>
      host.generate(a.shape, ([, k], flat) => k < 20 ? a.values[flat] : -a.values[flat]);
    const [a, b] = [numbers([35, 67], 11), numbers([67, 45], 12)];
    const found = withVariant(name, () => {
      const run = valueAndGradWithAux(([a, b]: Tensor[]) => {
        const aux = matmulDifference(a, b, 20, { transposeB: true });
        return { loss: sum(mul(aux, aux)), aux };
      });
      const { aux, grads } = run([onDevice(a), onDevice(turned(b))]);
      return read([aux, ...grads]);
    });
    const result = product([signed(a), b]);
    const weights = host.elementwise((x) => 2 * x, result);
    const [left, right] = slopes([signed(a), b])(weights);
    const [values, slopeA, slopeB] = await found;
    assertClose(values, result.values, TOLERANCE);
    assertClose(slopeA, signed({ shape: a.shape, values: left }).values, TOLERANCE);
    assertClose(slopeB, turned({ shape: b.shape, values: right }).values, TOLERANCE);
  });

  Deno.test(`${name} gives the same bits for the same numbers`, async () => {
    const run = () => {
      const [a, b] = [numbers([35, 67], 1), numbers([67, 45], 2)].map((x) => onDevice(x));
      const slope = grad((x: Tensor) => sum(matmul(x, b)));
      return withVariant(name, () => read([matmul(a, b), slope(a)]));
    };
    assertEquals(await run(), await run());
  });
}

Deno.test("a matrix without elements is refused before it can be multiplied", () => {
  assertThrows(
    () => matmul(tensor(new Float32Array(0), { shape: [0, 4] }), tensor([[1], [2], [3], [4]])),
    ShapeError,
    "Cannot make a tensor of shape [0, 4]: axis 0 has size 0, sizes are integers from 1",
  );
});
