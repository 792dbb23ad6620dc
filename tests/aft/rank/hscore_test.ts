import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import { hscore } from "../../../aft/rank/hscore.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { centre, classTask, invert, mean, product, shifted, sum } from "./plain.ts";
import { type Table, tableOf, transpose } from "./plain.ts";

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
  const { features, labels } = classTask(33, 5, 1);
  const x = centre(tableOf(features));
  const between = covariance(classMeans(x, labels));
  const plain = trace(product(invert(covariance(x)).inverse, between));
  assertAlmostEquals(hscore(features, labels, { shrinkage: 0 }), plain, 1e-10);
});

Deno.test("the regularised H-score agrees with covariances made plainly, tall and wide", () => {
  for (const [rows, columns] of [[33, 5], [14, 30]]) {
    const { features, labels } = classTask(rows, columns, 2);
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
  const { features, labels } = classTask(14, 30, 3);
  assertAlmostEquals(hscore(features, labels, { shrinkage: 0 }), 2, 1e-8);
  assert(hscore(features, labels) < 1.9);
});

Deno.test("an H-score with shrinkage out of range is refused", () => {
  const { features, labels } = classTask(10, 3, 13);
  assertThrows(() => hscore(features, labels, { shrinkage: 2 }), ConfigError, "shrinkage 2");
});
