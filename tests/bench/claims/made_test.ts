import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { featureMatrix, readDataset, readFeatures } from "../../../aft/mod.ts";
import { times, transposed } from "../../../aft/rank/linear_algebra/matrix.ts";
import {
  writeDoubled,
  writeLogits,
  writeMixed,
  writeShuffled,
} from "../../../bench/claims/made.ts";
import { normals, rotation } from "../../../bench/claims/random.ts";
import { spearman } from "../../../bench/claims/ranks.ts";
import { encodeSafetensors } from "../../../nn/safetensors.ts";
import { inFolder } from "../../aft/compare/small.ts";
import { imageData, noise, writeTask } from "../../aft/small.ts";

const COLUMNS = 3;

/** Images and features of a teacher that knows their class, with test rows. */
async function setUp(folder: string): Promise<{ data: string; features: string }> {
  const images = imageData(60, 20);
  const { data } = await writeTask(folder, images);
  const features = `${folder}/features.safetensors`;
  const { train, test } = images.splits;
  const tensor = ({ rows, labels }: typeof train, stream: number) => ({
    dtype: "F32" as const,
    shape: [rows, COLUMNS],
    values: Float32Array.from(
      { length: rows * COLUMNS },
      (_, i) => 5 + labels[Math.floor(i / COLUMNS)] + 0.4 * noise(stream, i),
    ),
  });
  const bytes = encodeSafetensors({ train: tensor(train, 21), test: tensor(test, 22) });
  await Deno.writeFile(features, bytes);
  return { data, features };
}

async function columnsOf(path: string, data: string) {
  const [{ splits }] = await readFeatures([path], await readDataset(data));
  return [splits.train, splits.test!].map((split) => featureMatrix([split]));
}

Deno.test("doubled features have every column twice", () =>
  inFolder(async (folder) => {
    const { data, features } = await setUp(folder);
    await writeDoubled(features, data, `${folder}/doubled.safetensors`);
    const [train, test] = await columnsOf(features, data);
    const doubled = await columnsOf(`${folder}/doubled.safetensors`, data);
    for (const [i, { rows, values }] of [train, test].entries()) {
      assertEquals([doubled[i].rows, doubled[i].columns], [rows, 2 * COLUMNS]);
      const row = (at: number) => [...values.subarray(at * COLUMNS, (at + 1) * COLUMNS)];
      assertEquals([...doubled[i].values.subarray(0, 2 * COLUMNS)], [...row(0), ...row(0)]);
      assertEquals(
        [...doubled[i].values.subarray(-2 * COLUMNS)],
        [...row(rows - 1), ...row(rows - 1)],
      );
    }
  }));

Deno.test("mixed features keep the distances of rows but for noise, and are the same every time", () =>
  inFolder(async (folder) => {
    const { data, features } = await setUp(folder);
    const paths = ["a", "b"].map((name) => `${folder}/mixed_${name}.safetensors`);
    for (const path of paths) await writeMixed(features, data, path);
    const [first, second] = await Promise.all(paths.map((path) => Deno.readFile(path)));
    assertEquals(first, second);
    const [train] = await columnsOf(features, data);
    const [mixed] = await columnsOf(paths[0], data);
    const distance = ({ values }: typeof train, i: number, j: number) =>
      Math.hypot(...Array.from(
        { length: COLUMNS },
        (_, k) => values[COLUMNS * i + k] - values[COLUMNS * j + k],
      ));
    // Rows of two classes lie 1.7 apart; a tenth of noise moves them by about 0.15.
    for (let i = 0; i < 59; i++) {
      assertAlmostEquals(distance(mixed, i, i + 1), distance(train, i, i + 1), 0.6);
    }
    const sum = mixed.values.reduce((a, b) => a + b, 0) / mixed.values.length;
    assertAlmostEquals(sum, 0, 0.05);
    const biggest = (matrix: typeof train) => Math.max(...matrix.values.map(Math.abs));
    assert(biggest(mixed) < 2 && biggest(train) > 5, "the mean is gone");
  }));

Deno.test("shuffled features have the same rows in another order, training rows apart from test rows", () =>
  inFolder(async (folder) => {
    const { data, features } = await setUp(folder);
    await writeShuffled(features, data, `${folder}/shuffled.safetensors`);
    const before = await columnsOf(features, data);
    const after = await columnsOf(`${folder}/shuffled.safetensors`, data);
    for (const [i, { rows, values }] of before.entries()) {
      const rowsOf = (values: Float64Array) =>
        Array.from({ length: rows }, (_, row) => values.slice(row * COLUMNS, (row + 1) * COLUMNS));
      const [old, anew] = [values, after[i].values].map((values) => rowsOf(values).map(String));
      assertEquals(anew.toSorted(), old.toSorted());
      assert(anew.filter((row, at) => row === old[at]).length < rows / 4);
    }
  }));

Deno.test("values in place of classes are a probe's logit, its mean 0 and variance 1 over training rows", () =>
  inFolder(async (folder) => {
    const { data, features } = await setUp(folder);
    const path = `${folder}/logits.safetensors`;
    await writeLogits(data, features, 1, path);
    const [images, made] = await Promise.all([data, path].map((path) => readDataset(path)));
    assertEquals([made.task, made.layout, made.inputShape], ["regression", "image", [2, 3, 4]]);
    assertEquals(made.splits.test.inputs, images.splits.test.inputs);
    const labels = Array.from(made.splits.train.labels);
    const mean = labels.reduce((a, b) => a + b, 0) / labels.length;
    assertAlmostEquals(mean, 0, 1e-5);
    const square = labels.reduce((sum, value) => sum + value * value, 0) / (labels.length - 1);
    assertAlmostEquals(square, 1, 1e-5);
    const classes = images.splits.train.labels;
    const of = (label: number) => labels.filter((_, row) => classes[row] === label);
    assert(Math.min(...of(1)) > Math.max(...of(0)), "the probe tells the classes apart");
  }));

Deno.test("a rotation has orthonormal rows, Gaussian numbers mean 0 and variance 1", () => {
  const turn = rotation(12, 4);
  const product = times(turn, transposed(turn));
  product.values.forEach((value, i) => {
    assertAlmostEquals(value, i % 13 === 0 ? 1 : 0, 1e-12);
  });
  const drawn = normals(20_000, 1, 2);
  const moment = (power: number) => drawn.reduce((sum, x) => sum + x ** power, 0) / drawn.length;
  assertAlmostEquals(moment(1), 0, 0.03);
  assertAlmostEquals(moment(2), 1, 0.04);
  assertAlmostEquals(moment(4), 3, 0.25);
});

Deno.test("rank correlation sees order alone, and equals share their rank", () => {
  assertEquals(spearman([1, 2, 3, 4], [1, 10, 100, 1000]), 1);
  assertEquals(spearman([1, 2, 3], [5, 4, -9]), -1);
  assertEquals(spearman([1, 2], [1, 2]), null);
  // Ranks 0, 1.5, 1.5, 3 beside 0, 1, 2, 3: 4.5 / sqrt(4.5 * 5).
  assertAlmostEquals(spearman([1, 2, 2, 3], [1, 2, 3, 4])!, 4.5 / Math.sqrt(4.5 * 5), 1e-12);
});
