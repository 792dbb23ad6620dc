import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { hscore } from "../../../aft/rank/hscore.ts";
import { knn } from "../../../aft/rank/knn.ts";
import { lfc } from "../../../aft/rank/lfc.ts";
import { logDeterminant } from "../../../aft/rank/linear_algebra/cholesky.ts";
import { type Matrix, matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { transRate } from "../../../aft/rank/transrate.ts";
import { ConfigError, ShapeError } from "../../../gpu/errors.ts";
import { dot, eigenvalues, invert, product, randomMatrix, shifted } from "./plain.ts";
import { type Table, tableOf, transpose } from "./plain.ts";

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** Rows, some with an offset, in three classes; class 1 has no row. */
function task(rows: number, columns: number, seed: number) {
  const labels = Int32Array.from({ length: rows }, (_, row) => [0, 2, 3][row * 5 % 7 % 3]);
  const noise = randomMatrix(rows, columns, seed);
  const features = matrix(
    rows,
    columns,
    noise.values.map((value, at) => {
      const label = labels[Math.floor(at / columns)];
      return value + 0.5 * label * ((at % columns) % 2) + 3;
    }),
  );
  return { features, labels };
}

function centre(table: Table): Table {
  const means = transpose(table).map(mean);
  return table.map((row) => row.map((value, j) => value - means[j]));
}

/** Covariance of rows that are centred. */
function covariance(table: Table): Table {
  return product(transpose(table), table).map((row) => row.map((value) => value / table.length));
}

function combine(a: Table, b: Table, factor: number): Table {
  return a.map((row, i) => row.map((value, j) => value + factor * b[i][j]));
}

function norm2(table: Table): number {
  return sum(table.flat().map((value) => value * value));
}

/** Every row replaced by the mean of its class. */
function classMeans(table: Table, labels: Int32Array): Table {
  return table.map((_, i) => {
    const own = table.filter((_, k) => labels[k] === labels[i]);
    return transpose(own).map(mean);
  });
}

/** Ledoit and Wolf's shrinkage from its definition: one matrix for each row. */
function shrinkageOf(x: Table): number {
  const cov = covariance(x);
  const d = cov.length;
  const identity = shifted(
    cov.map((row) => row.map(() => 0)),
    sum(cov.map((row, i) => row[i])) / d,
  );
  const distance = norm2(combine(cov, identity, -1));
  const errors = x.map((row) => norm2(combine(row.map((a) => row.map((b) => a * b)), cov, -1)));
  return Math.min(1, sum(errors) / x.length ** 2 / distance);
}

const trace = (table: Table) => sum(table.map((row, i) => row[i]));

Deno.test("the H-score agrees with covariances and inverses made plainly", () => {
  const { features, labels } = task(33, 5, 1);
  const x = centre(tableOf(features));
  const between = covariance(classMeans(x, labels));
  const plain = trace(product(invert(covariance(x)).inverse, between));
  assertAlmostEquals(hscore(features, labels, { shrinkage: 0 }), plain, 1e-10);
});

Deno.test("the regularised H-score agrees with covariances made plainly, tall and wide", () => {
  for (const [rows, columns] of [[33, 5], [14, 30]]) {
    const { features, labels } = task(rows, columns, 2);
    const x = centre(tableOf(features));
    const [all, between] = [covariance(x), covariance(classMeans(x, labels))];
    const a = shrinkageOf(x);
    assert(a > 0.01 && a < 1);
    const scaled = all.map((row) => row.map((value) => (1 - a) * value));
    const { inverse } = invert(shifted(scaled, a * trace(all) / columns));
    const plain = (1 - a) * trace(product(inverse, between));
    assertAlmostEquals(hscore(features, labels), plain, 1e-9);
  }
});

Deno.test("without shrinkage, columns as many as rows make every H-score the largest", () => {
  const { features, labels } = task(14, 30, 3);
  assertAlmostEquals(hscore(features, labels, { shrinkage: 0 }), 2, 1e-8);
  assert(hscore(features, labels) < 1.9);
});

Deno.test("TransRate agrees with eigenvalues of the features of each class", () => {
  for (const [rows, columns, distortion] of [[40, 6, 1e-4], [12, 25, 0.3]]) {
    const { features, labels } = task(rows, columns, 4);
    const rate = (x: Table) => {
      const values = eigenvalues(product(transpose(x), x));
      return sum(values.map((s2) => Math.log(1 + Math.max(0, s2) / (x.length * distortion)))) / 2;
    };
    const x = centre(tableOf(features));
    const parts = [0, 2, 3].map((c) => rate(x.filter((_, i) => labels[i] === c)));
    assertAlmostEquals(transRate(features, labels, { distortion }), rate(x) - mean(parts), 1e-8);
  }
});

/** The correlation of two tables of pairs, entry by entry. */
function correlation(a: Table, b: Table): number {
  const [x, y] = [a.flat(), b.flat()];
  const [mx, my] = [mean(x), mean(y)];
  const products = sum(x.map((value, i) => (value - mx) * (y[i] - my)));
  const squares = (values: number[], m: number) => sum(values.map((value) => (value - m) ** 2));
  return products / Math.sqrt(squares(x, mx) * squares(y, my));
}

Deno.test("LFC agrees with a correlation over all pairs of rows, for classes and for values", () => {
  for (const [rows, columns] of [[25, 4], [9, 20]]) {
    const { features, labels } = task(rows, columns, 5);
    const pairs = product(tableOf(features), transpose(tableOf(features)));
    const same = [...labels].map((a) => [...labels].map((b) => a === b ? 1 : 0));
    assertAlmostEquals(lfc(features, labels), correlation(pairs, same), 1e-10);
    const values = randomMatrix(rows, 1, 6).values.map((value) => 50 + value);
    const m = mean([...values]);
    const products = [...values].map((a) => [...values].map((b) => (a - m) * (b - m)));
    assertAlmostEquals(lfc(features, values), correlation(pairs, products), 1e-9);
  }
});

Deno.test("LFC of features or labels that do not vary is 0", () => {
  const { features, labels } = task(10, 3, 7);
  assertEquals(lfc(features, new Int32Array(10)), 0);
  assertEquals(lfc(matrix(10, 1, new Float64Array(10).fill(2)), labels), 0);
});

/** Rows by falling cosine, by sorting all of them. */
function byCosine(row: number[], rows: Table): number[] {
  const cosines = rows.map((other) => dot(row, other) / Math.hypot(...row) / Math.hypot(...other));
  return rows.map((_, i) => i).sort((a, b) => cosines[b] - cosines[a]);
}

Deno.test("kNN agrees with sorting all rows by their cosine, for classes and for values", () => {
  const [train, validation] = [task(30, 5, 8), task(20, 5, 9)];
  const rows = tableOf(train.features);
  const near = (k: number) =>
    tableOf(validation.features).map((row) => byCosine(row, rows).slice(0, k));
  const right = near(7).filter((found, i) => {
    const votes = found.map((row) => train.labels[row]);
    const count = (label: number) => votes.filter((vote) => vote === label).length;
    const most = Math.max(...votes.map(count));
    return votes.find((vote) => count(vote) === most) === validation.labels[i];
  });
  assertEquals(knn(train, validation, { neighbours: 7 }), right.length / 20);
  const [y, z] = [randomMatrix(30, 1, 10).values, randomMatrix(20, 1, 11).values];
  const errors = near(10).map((found, i) => z[i] - mean(found.map((row) => y[row])));
  const spread = sum([...z].map((value) => (value - mean([...z])) ** 2));
  const expected = 1 - sum(errors.map((error) => error ** 2)) / spread;
  const values = (features: Matrix, labels: Float64Array<ArrayBuffer>) => ({ features, labels });
  assertAlmostEquals(
    knn(values(train.features, y), values(validation.features, z)),
    expected,
    1e-12,
  );
});

Deno.test("kNN asks all rows where they are fewer than the neighbours, and takes rows of zeros", () => {
  const train = { features: matrix(3, 1, [1, 1, 0]), labels: Int32Array.of(1, 1, 0) };
  assertEquals(knn(train, { features: matrix(1, 1, [0]), labels: Int32Array.of(1) }), 1);
});

Deno.test("the determinant agrees with elimination, and a matrix without one is refused", () => {
  const a = tableOf(randomMatrix(13, 13, 12));
  const positive = shifted(product(a, transpose(a)), 0.1);
  const found = logDeterminant(matrix(13, 13, positive.flat()));
  assertAlmostEquals(found, invert(positive).logDeterminant, 1e-10);
  assertThrows(() => logDeterminant(matrix(2, 2, [1, 2, 2, 1])), ConfigError, "pivot 1 is -3");
});

Deno.test("options out of range and rows that do not fit are refused", () => {
  const { features, labels } = task(10, 3, 13);
  assertThrows(() => hscore(features, labels, { shrinkage: 2 }), ConfigError, "shrinkage 2");
  assertThrows(() => transRate(features, labels, { distortion: 0 }), ConfigError, "distortion 0");
  const rows = { features, labels };
  assertThrows(() => knn(rows, rows, { neighbours: 0 }), ConfigError, "Cannot ask 0 neighbours");
  assertThrows(() => knn(rows, task(10, 4, 14)), ShapeError, "4 columns among rows with 3");
});
