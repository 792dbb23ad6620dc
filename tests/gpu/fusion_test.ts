import { assert, assertEquals } from "@std/assert";
import { add, exp, matmul, mul, read, relu, sum } from "../../gpu/mod.ts";
import { withoutFusion } from "../../gpu/evaluate.ts";
import { assertFusionAgrees } from "./fusion.ts";
import { counted, numbers, onDevice } from "./support.ts";

/** Element-wise and view steps mostly: their kernels compile fast. */
const SLOW = ["matmul", "reduce", "concat", "pad", "take"];

/** Kernels with and without fusion over a range of seeds. */
async function kernels(first: number, count: number, size: number, without: readonly string[]) {
  const total = [0, 0];
  for (let seed = first; seed < first + count; seed++) {
    const [on, off] = await assertFusionAgrees(seed, size, without);
    total[0] += on;
    total[1] += off;
  }
  return total;
}

for (let group = 0; group < 3; group++) {
  const first = 1000 + 20 * group;
  Deno.test(`element-wise graphs agree with fusion on and off, seeds ${first} to ${first + 19}`, async () => {
    const [on, off] = await kernels(first, 20, 6, SLOW);
    assert(off > 2 * on, `${off} kernels without fusion, ${on} with`);
  });
}

for (let group = 0; group < 4; group++) {
  const first = 2000 + 10 * group;
  Deno.test(`graphs of every op agree with fusion on and off, seeds ${first} to ${first + 9}`, async () => {
    const [on, off] = await kernels(first, 10, 6, group === 0 ? [] : ["matmul"]);
    assert(off > on, `${off} kernels without fusion, ${on} with`);
  });
}

Deno.test("without fusion every op is a kernel, after it plans melt again", async () => {
  const run = () => {
    const [x, w] = [onDevice(numbers([4, 3], 1)), onDevice(numbers([3, 4], 2))];
    return read([relu(add(matmul(x, w), 1)), sum(mul(exp(x), 2))]);
  };
  assertEquals((await counted(run)).dispatches, 2);
  // exp, mul, sum, product, add, relu, and both numbers, reshaped and broadcast.
  assertEquals((await counted(() => withoutFusion(run))).dispatches, 12);
  assertEquals((await counted(run)).dispatches, 2);
});
