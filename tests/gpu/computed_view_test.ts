/** Views and conversions that have been computed before a kernel reads them through strides. */

import { assertEquals } from "@std/assert";
import {
  arange,
  attention,
  cast,
  conv2d,
  evaluate,
  grad,
  matmul,
  ones,
  openGpu,
  reshape,
  slice,
  sum,
  take,
  type Tensor,
  tensor,
  transpose,
  variable,
  zeros,
} from "../../gpu/mod.ts";

await openGpu();

const VIEWS: Record<string, () => Tensor> = {
  "a transpose": () => transpose(tensor([[1, 2], [3, 4]])),
  "a slice": () => slice(tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), [1, 0], [3, 2]),
  "another shape": () => reshape(tensor([1, 2, 3, 4]), [2, 2]),
  "zeros": () => zeros([2, 2]),
  "halves": () => cast(tensor([[1, 2], [3, 4]]), "f16"),
  "halves as numbers": () => cast(cast(tensor([[1, 2], [3, 4]]), "f16"), "f32"),
};

for (const [name, make] of Object.entries(VIEWS)) {
  Deno.test(`${name} may be read before a product takes it`, async () => {
    const right = tensor([[1], [10]]);
    const found = make();
    const rows = await found.toArray() as number[][];
    assertEquals(
      await matmul(cast(found, "f32"), right).toArray(),
      rows.map(([a, b]) => [a + 10 * b]),
    );
  });
}

Deno.test("a tensor may be read before its other shape is convolved", async () => {
  const image = reshape(arange(16), [1, 1, 4, 4]);
  const before = await conv2d(image, ones([1, 1, 2, 2])).toArray();
  const again = reshape(arange(16), [1, 1, 4, 4]);
  evaluate([again]);
  assertEquals(await conv2d(again, ones([1, 1, 2, 2])).toArray(), before);
});

Deno.test("row numbers may be read before the gradient of a large table adds rows up", async () => {
  const ids = slice(cast(arange(3000), "i32"), [0], [1000]);
  evaluate([ids]);
  const table = variable(ones([2000, 8]));
  const slopes = await grad((x: Tensor) => sum(take(x, ids)))(table).data();
  assertEquals(slopes, new Float32Array(16_000).fill(1, 0, 8000));
});

Deno.test("attention in blocks may be read before a product takes it", async () => {
  const side = (n: number) =>
    tensor([[Array.from({ length: 4 }, (_, i) => [n * i / 8, n * (i + 1) / 8])]]);
  const [q, k, v] = [1, 2, 3].map(side);
  const right = ones([1, 1, 2, 1]);
  const whole = await matmul(attention(q, k, v, { keptPairs: 0 }), right).data();
  const read = attention(q, k, v, { keptPairs: 0 });
  await read.data();
  assertEquals(await matmul(read, right).data(), whole);
});
