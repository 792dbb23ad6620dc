import { assertAlmostEquals, assertEquals } from "@std/assert";
import { minimise, type Slope } from "../../../aft/rank/lbfgs.ts";

/** log(1 + e^x) + log(1 + e^-3x) + y^4 + 50 (y - x)^2: convex, bent unevenly, steep along a valley. */
function slope([x, y]: Float64Array<ArrayBuffer>): Slope {
  const along = 1 / (1 + Math.exp(-x)) - 3 / (1 + Math.exp(3 * x));
  return {
    value: Math.log1p(Math.exp(x)) + Math.log1p(Math.exp(-3 * x)) + y ** 4 + 50 * (y - x) ** 2,
    gradient: Float64Array.of(along - 100 * (y - x), 4 * y ** 3 + 100 * (y - x)),
  };
}

/** The least value on a grid that closes in. */
function gridMinimum(): number[] {
  let [x, y, size] = [0, 0, 2];
  for (let round = 0; round < 40; round++, size /= 1.6) {
    let best = Infinity;
    const [x0, y0] = [x, y];
    for (let i = -10; i <= 10; i++) {
      for (let j = -10; j <= 10; j++) {
        const at = Float64Array.of(x0 + size * i / 10, y0 + size * j / 10);
        const { value } = slope(at);
        if (value < best) [best, x, y] = [value, at[0], at[1]];
      }
    }
  }
  return [x, y];
}

Deno.test("minimise() finds the least point of a convex function from far away", () => {
  const precondition = (vector: Float64Array<ArrayBuffer>) => vector.map((value) => value / 100);
  const problem = { slope, precondition, tolerance: 1e-18, steps: 200 };
  const found = minimise(Float64Array.of(4, -3), problem);
  gridMinimum().forEach((value, i) => assertAlmostEquals(found[i], value, 1e-5));
  slope(found).gradient.forEach((value) => assertAlmostEquals(value, 0, 1e-6));
});

Deno.test("minimise() takes no more steps than it may, and none where there is nothing to gain", () => {
  let calls = 0;
  const counted = (x: Float64Array<ArrayBuffer>) => (calls++, slope(x));
  const precondition = (vector: Float64Array<ArrayBuffer>) => vector.map((value) => value / 100);
  const start = Float64Array.of(4, -3);
  minimise(start, { slope: counted, precondition, tolerance: 1e9, steps: 9 });
  assertEquals(calls, 1);
  assertEquals(minimise(start, { slope, precondition, tolerance: 0, steps: 0 }), start);
});
