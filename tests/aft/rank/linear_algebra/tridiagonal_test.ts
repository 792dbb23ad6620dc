import { columnGram } from "../../../../aft/rank/linear_algebra/gram.ts";
import { Tridiagonal } from "../../../../aft/rank/linear_algebra/tridiagonal.ts";
import { assertClose, dot, invert, product, randomMatrix, shifted, tableOf } from "../plain.ts";
import { type Table, transpose } from "../plain.ts";

Deno.test("shifted systems agree with elimination", () => {
  const a = columnGram(randomMatrix(9, 14, 6)); // rank 9 of 14
  const vectors = randomMatrix(5, 14, 7); // four at once, and one alone
  const tridiagonal = new Tridiagonal({ ...a, values: a.values.slice() });
  const shifts = [0.5, 3, 1, 2, 0.1];
  const solved = tridiagonal.rotateOut(tridiagonal.solve(tridiagonal.rotateIn(vectors), shifts));
  shifts.forEach((shift, c) => {
    const { inverse } = invert(shifted(tableOf(a), shift));
    const expected = inverse.map((row) => dot(row, tableOf(vectors)[c]));
    assertClose(tableOf(solved)[c], expected, 1e-10);
  });
});

Deno.test("reflections turn the matrix into its tridiagonal form", () => {
  const a = columnGram(randomMatrix(20, 9, 8));
  const table = tableOf(a);
  const tridiagonal = new Tridiagonal({ ...a, values: a.values.slice() });
  const identity = { ...a, values: Float64Array.from(a.values, (_, i) => i % 10 === 0 ? 1 : 0) };
  const q = tableOf(tridiagonal.rotateIn(identity)); // identity Q
  assertClose(product(transpose(q), q).flat(), identity.values, 1e-13);
  const { diagonal, beside } = tridiagonal;
  const expected: Table = table.map((row, i) =>
    row.map((_, j) => i === j ? diagonal[i] : Math.abs(i - j) === 1 ? beside[Math.min(i, j)] : 0)
  );
  assertClose(product(transpose(q), product(table, q)).flat(), expected.flat(), 1e-12);
});
