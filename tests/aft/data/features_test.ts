import { assertEquals, assertStrictEquals } from "@std/assert";
import { readDataset } from "../../../aft/data/dataset.ts";
import { readFeatures } from "../../../aft/data/features.ts";
import { decodeSafetensors, encodeSafetensors, toFloat32 } from "../../../nn/safetensors.ts";
import type { SafeTensorInput } from "../../../nn/safetensors.ts";
import { assertBroken, f16, f32, i64, inTempFolder, write } from "./make.ts";
import { DATA, WITHOUT_DATA } from "./shared.ts";

const data = { splits: { train: { rows: 2 }, test: { rows: 1 } } };

const good: Record<string, SafeTensorInput> = {
  train: f32([2, 3], [1, 2, 3, 4, 5, 6]),
  test: f32([1, 3], [7, 8, 9]),
};

Deno.test("teachers come in the order given, in single and half precision", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "b.f16.safetensors": encodeSafetensors({
        train: f16([2, 1], [0.5, -1]),
        test: f16([1, 1], [2]),
      }),
      "a.safetensors": encodeSafetensors({ ...good, train_labels: i64([0, 1]) }, { note: "n" }),
    });
    const paths = [`${folder}/b.f16.safetensors`, `${folder}/a.safetensors`];
    const [b, a] = await readFeatures(paths, data);
    assertEquals([b.name, b.columns, b.path], ["b", 1, paths[0]]);
    const half = Uint16Array.of(0x3800, 0xbc00);
    assertEquals(b.splits.train, { rows: 2, columns: 1, values: half, dtype: "f16" });
    assertEquals([a.name, a.columns, a.metadata], ["a", 3, { note: "n" }]);
    assertEquals(a.splits.test, {
      rows: 1,
      columns: 3,
      values: Float32Array.of(7, 8, 9),
      dtype: "f32",
    });
    assertStrictEquals(a.splits.train.values.buffer, a.splits.test!.values.buffer, "views");
    assertEquals(await readFeatures([], data), []);
  });
});

Deno.test("a teacher's name is the file's note or the file's name, and unique", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "x.f32.safetensors": encodeSafetensors(good),
      "x.safetensors": encodeSafetensors(good),
      "y.safetensors": encodeSafetensors(good, { model: "resnet20" }),
      "z.safetensors": encodeSafetensors(good, { model: "resnet20", name: "mine" }),
    });
    const names = ["x.f32", "x", "x", "y", "z", "y"];
    const paths = names.map((name) => `${folder}/${name}.safetensors`);
    const teachers = await readFeatures(paths, data);
    assertEquals(
      teachers.map(({ name }) => name),
      ["x", "x-2", "x-3", "resnet20", "mine", "resnet20-2"],
    );
  });
});

Deno.test("test and validation rows are optional, validation rows are checked where data has them", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      a: encodeSafetensors({ train: good.train }),
      b: encodeSafetensors({ ...good, val: f32([2, 3], [1, 2, 3, 4, 5, 6]) }),
    });
    const [a] = await readFeatures([`${folder}/a`], data);
    assertEquals(Object.keys(a.splits), ["train"]);
    const [b] = await readFeatures([`${folder}/b`], data);
    assertEquals(b.splits.val?.rows, 2);
    const withVal = { splits: { ...data.splits, val: { rows: 3 } } };
    await assertBroken(
      () => readFeatures([`${folder}/b`], withVal),
      `Cannot read ${folder}/b: tensor val has 2 rows, the data has 3`,
    );
  });
});

Deno.test("features that do not fit the data, or hold NaN, are refused with tensor and place", async () => {
  const cases: [Record<string, SafeTensorInput>, string, string][] = [
    [
      { train: f32([3, 2], [1, 2, 3, 4, 5, 6]) },
      "tensor train has 3 rows, the data has 2",
      "train",
    ],
    [{ test: f32([2, 3], [1, 2, 3, 4, 5, 6]) }, "tensor test has 2 rows, the data has 1", "test"],
    [{ test: f32([1, 2], [1, 2]) }, "tensor test has 2 columns, train has 3", "test"],
    [{ train: f32([2], [1, 2]) }, "tensor train has shape [2], features are [rows", "train"],
    [{ train: f32([2, 0], []) }, "tensor train has shape [2, 0]", "train"],
    [{ train: i64([1, 2]) }, "tensor train has shape [2]", "train"],
    [
      { train: { dtype: "I32", shape: [2, 1], values: Int32Array.of(1, 2) } },
      "tensor train has type I32, features are F32 or F16",
      "train",
    ],
    [
      { train: f32([2, 3], [1, 2, 3, 4, 5, NaN]) },
      "train, row 1, column 2 holds NaN",
      "train, row 1, column 2",
    ],
    [
      { test: f16([1, 3], [1, -Infinity, 0]) },
      "test, row 0, column 1 holds -Infinity",
      "test, row 0, column 1",
    ],
    [
      { test: f16([1, 3], [1, 0, NaN]) },
      "test, row 0, column 2 holds NaN",
      "test, row 0, column 2",
    ],
  ];
  await inTempFolder(async (folder) => {
    const path = `${folder}/a.safetensors`;
    for (const [changes, message, place] of cases) {
      await write(folder, { "a.safetensors": encodeSafetensors({ ...good, ...changes }) });
      const error = await assertBroken(
        () => readFeatures([path], data),
        `Cannot read ${path}: ${message}`,
      );
      assertEquals([error.file, error.place], [path, place]);
    }
    await write(folder, { "a.safetensors": encodeSafetensors({ test: good.test }) });
    await assertBroken(
      () => readFeatures([path], data),
      "it has no tensor train, its tensors are test",
    );
  });
});

Deno.test("the largest half-precision numbers are finite", async () => {
  await inTempFolder(async (folder) => {
    const values = [65504, -65504, 2 ** -24];
    await write(folder, { a: encodeSafetensors({ train: f16([2, 3], [...values, ...values]) }) });
    const [{ splits }] = await readFeatures([`${folder}/a`], data);
    assertEquals([...splits.train.values].slice(0, 3), [0x7bff, 0xfbff, 1]);
  });
});

Deno.test("features of a whole file are cut as its data was", async () => {
  await inTempFolder(async (folder) => {
    const count = 20;
    const rows = Array.from({ length: count }, (_, i) => `${i},${i % 2}`);
    const numbers = rows.map((_, i) => i);
    await write(folder, {
      "data.csv": `x,y\n${rows.join("\n")}\n`,
      whole: encodeSafetensors({ train: f32([count, 1], numbers) }),
      half: encodeSafetensors({ train: f16([count, 1], numbers) }),
      other: encodeSafetensors({ train: f32([count - 1, 1], numbers.slice(1)) }),
    });
    const dataset = await readDataset(`${folder}/data.csv`, { testSize: 6 });
    const [whole, half] = await readFeatures([`${folder}/whole`, `${folder}/half`], dataset);
    assertEquals([...whole.splits.train.values], [...dataset.splits.train.inputs], "row by row");
    assertEquals([...whole.splits.test!.values], [...dataset.splits.test.inputs]);
    assertEquals(half.splits.test!.rows, 6);
    const bits = half.splits.test!.values as Uint16Array<ArrayBuffer>;
    assertEquals([...new Float16Array(bits.buffer)], [...dataset.splits.test.inputs]);
    await assertBroken(
      () => readFeatures([`${folder}/other`], dataset),
      "tensor train has 19 rows, the data has 14 (or 20 before it was cut)",
    );
    const { train, test } = dataset.cut!;
    await write(folder, {
      split: encodeSafetensors({
        train: f32([14, 1], [...train]),
        test: f32([6, 1], [...test]),
      }),
    });
    const [split] = await readFeatures([`${folder}/split`], dataset);
    assertEquals(split.splits.test!.values, whole.splits.test!.values);
  });
});

Deno.test({
  name: "the real features fit the real data, in both precisions",
  ignore: WITHOUT_DATA,
  fn: async () => {
    const names = ["squeezenet.f16", "resnet20.f16", "resnet20.f32", "shufflenet.f16"];
    const paths = names.map((name) => `${DATA}/features/cifar10_${name}.safetensors`);
    const teachers = await readFeatures(paths, await readDataset(`${DATA}/cifar10`));
    assertEquals(teachers.map(({ columns }) => columns), [512, 64, 64, 192]);
    assertEquals(teachers.map(({ name }) => name), [
      "cifar10_squeezenet",
      "cifar10_resnet20",
      "cifar10_resnet20-2",
      "cifar10_shufflenet",
    ]);
    const { tensors } = decodeSafetensors(await Deno.readFile(paths[2]), paths[2]);
    assertEquals(teachers[2].splits.test!.values, toFloat32(tensors.get("test")!));
    const text = `${DATA}/features/sst2_w2v300.f16.safetensors`;
    const sentences = await readDataset(`${DATA}/sst2`);
    assertEquals((await readFeatures([text], sentences))[0].columns, 300);
    await assertBroken(
      () => readFeatures([paths[0]], sentences),
      `Cannot read ${paths[0]}: tensor train has 5000 rows, the data has 6920`,
    );
  },
});
