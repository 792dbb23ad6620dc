import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { correlation, pairedDifference, studentT, summarise } from "../../aft/statistics.ts";

Deno.test("Student's t agrees with printed tables, for odd and even degrees and in the tails", () => {
  // Two-sided 95 % and 99 % points as statistical tables print them.
  const printed = [
    [1, 12.7062047, 63.6567412],
    [2, 4.3026527, 9.9248432],
    [3, 3.1824463, 5.8409093],
    [4, 2.7764451, 4.6040949],
    [9, 2.2621572, 3.2498355],
    [10, 2.2281389, 3.1692727],
    [30, 2.0422725, 2.7499957],
    [120, 1.9799304, 2.6174212],
  ];
  for (const [degrees, at95, at99] of printed) {
    assertAlmostEquals(studentT(degrees, 0.95), at95, 1e-6, `${degrees} degrees`);
    assertAlmostEquals(studentT(degrees, 0.99), at99, 1e-6, `${degrees} degrees`);
  }
  assertAlmostEquals(studentT(1, 0.5), 1, 1e-12); // Cauchy: half of it lies within ±1
  assertAlmostEquals(studentT(2, 1 / Math.sqrt(3)), 1, 1e-12);
  assertAlmostEquals(studentT(100_000, 0.95), 1.959988, 1e-6);
});

Deno.test("Student's t is refused outside its range", () => {
  for (const [degrees, level] of [[0, 0.95], [1.5, 0.95], [3, 0], [3, 1], [3, NaN]]) {
    assertThrows(() => studentT(degrees, level), RangeError, `with ${degrees} degrees`);
  }
});

Deno.test("mean and deviation are those of the textbook, and null where too few numbers are", () => {
  assertEquals(summarise([2, 4, 4, 4, 5, 5, 7, 9]), { count: 8, mean: 5, sd: Math.sqrt(32 / 7) });
  assertEquals(summarise([0.25]), { count: 1, mean: 0.25, sd: null });
  assertEquals(summarise([]), { count: 0, mean: null, sd: null });
});

Deno.test("a paired difference has the interval of its differences and counts both signs", () => {
  // Student's sleep data (Biometrika 1908): the paired t-test gives 0.7001142 to 2.4598858.
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
  const { mean, low, high, above, below } = pairedDifference(second, first);
  assertAlmostEquals(mean!, 1.58, 1e-12);
  assertAlmostEquals(low!, 0.7001142, 1e-6);
  assertAlmostEquals(high!, 2.4598858, 1e-6);
  assertEquals([above, below], [9, 0]); // the fifth pair is equal
});

Deno.test("one pair has no interval, no pair no difference, unequal lengths are refused", () => {
  const none = { low: null, high: null };
  assertEquals(pairedDifference([3], [5]), { mean: -2, ...none, above: 0, below: 1 });
  assertEquals(pairedDifference([], []), { mean: null, ...none, above: 0, below: 0 });
  assertEquals(pairedDifference([1, 1], [1, 1]), { mean: 0, low: 0, high: 0, above: 0, below: 0 });
  assertThrows(() => pairedDifference([1], []), RangeError, "Cannot pair 1 numbers with 0");
});

Deno.test("correlation is Pearson's, and null where it is not defined", () => {
  // Anscombe's first data set (American Statistician 1973): 0.816.
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  assertAlmostEquals(correlation(x, y)!, 0.81642, 1e-5);
  assertAlmostEquals(correlation(x, x.map((value) => -value))!, -1, 1e-12);
  assertEquals(correlation([1, 2], [3, 4]), null);
  assertEquals(correlation([1, 2, 3], [4, 4, 4]), null);
  assertThrows(() => correlation([1], [1, 2]), RangeError, "Cannot pair 1 numbers with 2");
});
