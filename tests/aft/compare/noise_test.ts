import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { noiseTeacher } from "../../../aft/compare/noise.ts";
import { columnStatistics } from "../../../aft/data/normalise.ts";
import type { TeacherFeatures } from "../../../aft/training/prepare.ts";
import { tableData, teacherOf } from "../small.ts";

const data = tableData(2000);
const half = teacherOf(data);
const single = teacherOf(data, { name: "other", columns: 3, dtype: "f32" });

function variancesOf({ splits: { train } }: TeacherFeatures) {
  return columnStatistics(train, Uint32Array.from({ length: train.rows }, (_, row) => row));
}

Deno.test("noise has mean 0 and the mean variance of the teachers' columns", () => {
  const columns = 40;
  const { mean, variance } = variancesOf(noiseTeacher([half, single], columns));
  const others = [half, single].flatMap((teacher) => variancesOf(teacher).variance);
  const expected = others.reduce((a, b) => a + b, 0) / others.length;
  const average = variance.reduce((a, b) => a + b, 0) / columns;
  assertAlmostEquals(average, expected, 5 * expected * Math.sqrt(2 / (2000 * columns)));
  for (const m of mean) assert(Math.abs(m) < 5 * Math.sqrt(expected / 2000), `mean ${m}`);
});

Deno.test("noise is Gaussian and its columns are independent of each other", () => {
  const { splits: { train } } = noiseTeacher([single], 8);
  const values = train.values as Float32Array;
  const { mean, deviation } = columnStatistics(
    train,
    Uint32Array.from({ length: 2000 }, (_, i) => i),
  );
  const z = (row: number, column: number) =>
    (values[row * 8 + column] - mean[column]) / deviation[column];
  const average = (f: (row: number) => number) =>
    Array.from({ length: 2000 }, (_, row) => f(row)).reduce((a, b) => a + b) / 2000;
  for (let column = 0; column < 8; column++) {
    const kurtosis = average((row) => z(row, column) ** 4);
    assertAlmostEquals(kurtosis, 3, 5 * Math.sqrt(24 / 2000), `kurtosis ${kurtosis}`);
    for (let other = 0; other < column; other++) {
      const correlation = average((row) => z(row, column) * z(row, other));
      assert(Math.abs(correlation) < 5 / Math.sqrt(2000), `${column}, ${other}: ${correlation}`);
    }
  }
});

Deno.test("fewer columns are the first ones of more, whatever their number, always the same", () => {
  const wide = noiseTeacher([single], 6).splits.train.values;
  const narrow = noiseTeacher([single], 3).splits.train.values;
  assertEquals([...narrow.slice(0, 6)], [...wide.slice(0, 3), ...wide.slice(6, 9)]);
  assertEquals(noiseTeacher([single], 6).splits.train.values, wide);
});

Deno.test("noise is stored in halves where all teachers are", () => {
  assertEquals(noiseTeacher([half], 3).splits.train.dtype, "f16");
  assertEquals(noiseTeacher([half, single], 3).splits.train.dtype, "f32");
  assertEquals(noiseTeacher([half], 3).columns, 3);
});
