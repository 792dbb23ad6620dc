import { assertAlmostEquals, assertEquals } from "@std/assert";
import { centred, scaleOf } from "../../../aft/rank/features.ts";
import { matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { gramWithMeans, smallGram, spectrumOf } from "../../../aft/rank/spectrum.ts";
import { dot, eigenvalues, invert, product, randomMatrix, shifted } from "./plain.ts";
import { tableOf, transpose } from "./plain.ts";

const SHAPES = [[17, 5], [5, 17], [9, 9]];

/** Random features whose columns have different means. */
function offset(rows: number, columns: number) {
  const { values } = randomMatrix(rows, columns, rows);
  return matrix(rows, columns, values.map((value, at) => value + 3 * (at % columns)));
}

Deno.test("squared singular values are the eigenvalues of the Gram matrix", () => {
  for (const [rows, columns] of SHAPES) {
    const features = offset(rows, columns);
    const f = tableOf(features);
    const { squares } = spectrumOf(features, randomMatrix(rows, 1, 1));
    const expected = eigenvalues(
      rows < columns ? product(f, transpose(f)) : product(transpose(f), f),
    );
    assertEquals(squares.length, Math.min(rows, columns));
    squares.toSorted().forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-9));
  }
});

Deno.test("coordinates hold the length of a target's projection, ridge weights what elimination gives", () => {
  for (const [rows, columns] of SHAPES) {
    const features = offset(rows, columns);
    const [f, targets] = [tableOf(features), randomMatrix(rows, 2, 2)];
    const { coordinates, squares, ridge } = spectrumOf(features, targets);
    const weights = tableOf(ridge([0.5, 2]));
    const x = tableOf(coordinates);
    [0.5, 2].forEach((t, c) => {
      const y = tableOf(targets).map((row) => row[c]);
      const right = transpose(f).map((column) => dot(column, y));
      const { inverse } = invert(shifted(product(transpose(f), f), t));
      const w = inverse.map((row) => dot(row, right));
      w.forEach((value, j) => assertAlmostEquals(weights[c][j], value, 1e-10));
      // y^T F (F^T F + t)^-1 F^T y, once with weights and once along singular directions
      const along = x.reduce((sum, row, i) => sum + row[c] ** 2 * squares[i] / (squares[i] + t), 0);
      assertAlmostEquals(along, dot(right, w), 1e-10);
    });
  }
});

Deno.test("the Gram matrix of features follows from that of their centred form", () => {
  for (const [rows, columns] of SHAPES) {
    const features = offset(rows, columns);
    const x = centred(features);
    const found = gramWithMeans(smallGram(x), x, scaleOf(features).mean);
    const expected = smallGram(features);
    assertEquals([found.rows, found.columns], [expected.rows, expected.columns]);
    expected.values.forEach((value, i) => assertAlmostEquals(found.values[i], value, 1e-9));
  }
});
