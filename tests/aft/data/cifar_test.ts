import { assert, assertEquals } from "@std/assert";
import { readDataset } from "../../../aft/data/dataset.ts";
import { assertBroken, cifarBatch, inTempFolder, write } from "./make.ts";
import { DATA, WITHOUT_DATA } from "./shared.ts";

const names = "plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

Deno.test("a CIFAR-10 folder gives its batches in the order of their numbers", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "data_batch_10.bin": cifarBatch([9], 50),
      "data_batch_2.bin": cifarBatch([2, 3], 20),
      "test_batch.bin": cifarBatch([5], 90),
      "batches.meta.txt": names,
      "readme.html": "not data",
    });
    const data = await readDataset(folder);
    assertEquals([data.format, data.task, data.layout], ["cifar10", "classification", "image"]);
    assertEquals(data.inputShape, [3, 32, 32]);
    assertEquals(data.classes, names.trim().split("\n"));
    const { train, test } = data.splits;
    assert(train.inputs instanceof Uint8Array);
    assertEquals([...train.labels], [2, 3, 9]);
    assertEquals([0, 3072, 6144].map((at) => train.inputs[at]), [20, 21, 50]);
    assertEquals([...train.inputs.subarray(0, 3072)], [...cifarBatch([2], 20).subarray(1)]);
    assertEquals([test.rows, ...test.labels], [1, 5]);
    assertEquals(data.files.map((file) => file.slice(folder.length + 1)), [
      "batches.meta.txt",
      "data_batch_2.bin",
      "data_batch_10.bin",
      "test_batch.bin",
    ]);
  });
});

Deno.test("one training batch comes with the test batch beside it and no other", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "data_batch_1.bin": cifarBatch([1, 0]),
      "data_batch_2.bin": cifarBatch([2]),
      "test_batch.bin": cifarBatch([5]),
    });
    const { splits, classes } = await readDataset(`${folder}/data_batch_1.bin`);
    assertEquals([splits.train.rows, splits.test.rows], [2, 1]);
    assertEquals(classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    await assertBroken(() => readDataset(`${folder}/test_batch.bin`), "it has no training rows");
  });
});

Deno.test("a training batch without test rows is cut by testSize, also under another name", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "mine.bin": cifarBatch([0, 1, 0, 1, 0, 1, 0, 1]) });
    const { splits, cut } = await readDataset(`${folder}/mine.bin`, { testSize: 2 });
    assertEquals([splits.train.rows, splits.test.rows], [6, 2]);
    assertEquals([...splits.test.labels].sort(), [0, 1]);
    assertEquals(
      [...cut!.test].map((row) => row % 256),
      [0, 1].map((i) => splits.test.inputs[i * 3072]),
    );
  });
});

Deno.test("batches cut off, empty, or with a label beyond the classes are refused", async () => {
  await inTempFolder(async (folder) => {
    const refused = async (batch: Uint8Array, message: string) => {
      await write(folder, { "data_batch_1.bin": cifarBatch([0]), "data_batch_2.bin": batch });
      await write(folder, { "test_batch.bin": cifarBatch([5]) });
      const error = await assertBroken(() => readDataset(folder), message);
      assertEquals(error.file, `${folder}/data_batch_2.bin`);
    };
    await refused(
      cifarBatch([1, 2]).subarray(0, 6000),
      `Cannot read ${folder}/data_batch_2.bin: it has 6000 bytes, CIFAR-10 has a multiple of 3073`,
    );
    await refused(new Uint8Array(0), "it has 0 bytes");
    await refused(cifarBatch([1, 10]), "row 1 has label 10, classes are 0 to 9");
    await write(folder, { "batches.meta.txt": "cat\ndog\n" });
    await assertBroken(() => readDataset(folder), "it names 2 classes, CIFAR-10 has 10");
  });
});

Deno.test({
  name: "the real CIFAR-10 rows are read, with balanced classes",
  ignore: WITHOUT_DATA,
  fn: async () => {
    const data = await readDataset(`${DATA}/cifar10`);
    assertEquals([data.splits.train.rows, data.splits.test.rows], [5000, 2000]);
    assertEquals(data.classes[0], "airplane");
    for (const [split, each] of [[data.splits.train, 500], [data.splits.test, 200]] as const) {
      const counts = new Array(10).fill(0);
      for (const label of split.labels) counts[label]++;
      assertEquals(counts, new Array(10).fill(each));
    }
  },
});
