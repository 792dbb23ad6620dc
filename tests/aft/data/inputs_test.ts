import { assertEquals, assertRejects } from "@std/assert";
import { type DataShape, readDataset, readInputs } from "../../../aft/data/dataset.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { encodeSafetensors } from "../../../nn/safetensors.ts";
import {
  assertBroken,
  cifarBatch,
  f32,
  i64,
  idx,
  inTempFolder,
  labelledTensors,
  write,
} from "./make.ts";

const table: DataShape = {
  inputShape: [2],
  layout: "table",
  task: "classification",
  classes: ["cat", "dog"],
  columns: ["a", "b"],
  label: "kind",
};

const numbered: DataShape = {
  inputShape: [2],
  layout: "table",
  task: "classification",
  classes: ["0", "1"],
};

Deno.test("new rows of CSV go by column name, with or without labels, other columns left out", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "bare.csv": "b,id,a\n2,seven,1\n4,eight,3\n",
      "labelled.csv": "kind,a,b\ndog,1,2\ncat,3,4\n",
    });
    const bare = await readInputs(`${folder}/bare.csv`, table);
    assertEquals(bare.split, {
      rows: 2,
      inputs: Float32Array.of(1, 2, 3, 4),
      labels: new Int32Array(0),
      labelled: false,
    });
    assertEquals([bare.format, bare.group], ["csv", "all"]);
    const labelled = await readInputs(`${folder}/labelled.csv`, table);
    assertEquals([labelled.split.labelled, [...labelled.split.labels]], [true, [1, 0]]);
    await assertBroken(
      () => readInputs(`${folder}/bare.csv`, { ...table, columns: ["a", "c"] }),
      "it has no column c, its columns are b, id, a",
    );
  });
});

Deno.test("columns whose names are numbers are found where a model has them, and in JSON lines", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "a.csv": "1,0\n2,1\n4,3\n", "a.jsonl": '{"0":5,"1":2}\n' });
    const model = { ...table, columns: ["0", "1"] };
    const inputsOf = async (
      name: string,
      shape: DataShape,
    ) => [...(await readInputs(`${folder}/${name}`, shape)).split.inputs];
    assertEquals(await inputsOf("a.csv", model), [1, 2, 3, 4]);
    assertEquals(await inputsOf("a.jsonl", model), [5, 2]);
    assertEquals(await inputsOf("a.jsonl", numbered), [5, 2]);
    await assertBroken(
      () => readInputs(`${folder}/a.csv`, table),
      "its first line holds numbers (1,0), not names",
    );
  });
});

Deno.test("CSV for a model without column names gives every column but the label", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "a.csv": "x,y\n1,2\n",
      "b.csv": "x,label,y\n1,1,2\n",
      "c.csv": "x\n1\n",
    });
    const a = await readInputs(`${folder}/a.csv`, numbered);
    assertEquals([a.split.labelled, [...a.split.inputs]], [false, [1, 2]]);
    const b = await readInputs(`${folder}/b.csv`, numbered);
    assertEquals([[...b.split.inputs], [...b.split.labels]], [[1, 2], [1]]);
    await assertBroken(
      () => readInputs(`${folder}/c.csv`, numbered),
      `Cannot read ${folder}/c.csv: its rows have shape [1], the model takes [2]`,
    );
  });
});

Deno.test("labels of new rows are the model's classes, in the model's order", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "a.csv": "a,b,kind\n1,2,dog\n", "b.csv": "a,b,kind\n1,2,fish\n" });
    assertEquals([...(await readInputs(`${folder}/a.csv`, table)).split.labels], [1]);
    await assertBroken(
      () => readInputs(`${folder}/b.csv`, table),
      "row 0 (line 2), column kind has label fish, classes are cat, dog",
    );
    await write(folder, {
      c: labelledTensors({}, { classes: "dog,cat" }),
      d: labelledTensors({}, { classes: "cat,dog" }),
    });
    await assertBroken(
      () => readInputs(`${folder}/c`, table),
      "its classes are dog, cat, the model's are cat, dog",
    );
    assertEquals([...(await readInputs(`${folder}/d`, table)).split.labels], [1, 0]);
  });
});

Deno.test("a data set gives its test split, or the one that is asked for", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { a: labelledTensors() });
    const test = await readInputs(`${folder}/a`, numbered);
    assertEquals([test.group, [...test.split.inputs]], ["test", [9, 10, 11, 12]]);
    const train = await readInputs(`${folder}/a`, numbered, { split: "train" });
    assertEquals([train.group, train.split.rows], ["train", 4]);
    await assertBroken(
      () => readInputs(`${folder}/a`, numbered, { split: "val" }),
      "it has no val rows",
    );
  });
});

Deno.test("safetensors with inputs alone are rows without labels", async () => {
  await inTempFolder(async (folder) => {
    const inputs = f32([2, 2], [1, 2, 3, 4]);
    await write(folder, {
      a: encodeSafetensors({ inputs }),
      b: encodeSafetensors({ inputs, labels: i64([1, 0]) }),
      c: encodeSafetensors({ inputs, labels: i64([1, 2]) }),
    });
    assertEquals((await readInputs(`${folder}/a`, numbered)).split.labelled, false);
    assertEquals([...(await readInputs(`${folder}/b`, numbered)).split.labels], [1, 0]);
    await assertBroken(
      () => readInputs(`${folder}/c`, numbered),
      "labels, row 1 has label 2, classes are 0 to 1",
    );
  });
});

Deno.test("labels of a regression model are values", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "a.csv": "a,b,kind\n1,2,3\n", a: labelledTensors() });
    const regression: DataShape = { ...table, task: "regression", classes: [] };
    for (const [name, label] of [["a.csv", 3], ["a", 1]] as const) {
      const { split } = await readInputs(`${folder}/${name}`, regression);
      assertEquals([split.labels instanceof Float32Array, split.labels[0]], [true, label]);
    }
  });
});

Deno.test("one file of images is meant itself, though others lie beside it", async () => {
  const grey: DataShape = { ...numbered, inputShape: [1, 1, 2], layout: "image" };
  await inTempFolder(async (folder) => {
    await write(folder, {
      "train-images-idx3-ubyte": idx(8, [1, 1, 2], [1, 2]),
      "train-labels-idx1-ubyte": idx(8, [1], [1]),
      "t10k-images-idx3-ubyte": idx(8, [2, 1, 2], [3, 4, 5, 6]),
      "new.idx": idx(8, [1, 1, 2], [7, 8]),
    });
    const train = await readInputs(`${folder}/train-images-idx3-ubyte`, grey);
    assertEquals([[...train.split.inputs], [...train.split.labels]], [[1, 2], [1]]);
    const fresh = await readInputs(`${folder}/new.idx`, grey);
    assertEquals([[...fresh.split.inputs], fresh.split.labelled], [[7, 8], false]);
    const test = await readInputs(folder, grey);
    assertEquals([[...test.split.inputs], test.split.labelled], [[3, 4, 5, 6], false]);
    assertEquals([test.group, test.files.length], ["test", 1]);
  });
});

Deno.test("one CIFAR-10 batch is meant itself, a folder is its test batch", async () => {
  const classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  const colour: DataShape = { ...numbered, inputShape: [3, 32, 32], layout: "image", classes };
  await inTempFolder(async (folder) => {
    await write(folder, {
      "data_batch_1.bin": cifarBatch([1, 2, 3]),
      "test_batch.bin": cifarBatch([4]),
    });
    const batch = await readInputs(`${folder}/data_batch_1.bin`, colour);
    assertEquals([...batch.split.labels], [1, 2, 3]);
    assertEquals([...(await readInputs(folder, colour)).split.labels], [4]);
    const train = await readInputs(folder, colour, { split: "train" });
    assertEquals([...train.split.labels], [1, 2, 3]);
    const named = { ...colour, classes: classes.map((name) => `class ${name}`) };
    assertEquals([...(await readInputs(folder, named)).split.labels], [4], "numbers fit any names");
    await assertBroken(
      () => readInputs(folder, { ...colour, classes: ["0", "1"] }),
      "row 0 has label 4, classes are 0 to 1",
    );
  });
});

Deno.test("one file is cut again as it was for training", async () => {
  await inTempFolder(async (folder) => {
    const rows = Array.from({ length: 12 }, (_, i) => `${i},${-i},${i % 2 ? "dog" : "cat"}`);
    const path = `${folder}/all.csv`;
    await write(folder, { "all.csv": `a,b,kind\n${rows.join("\n")}\n` });
    const data = await readDataset(path, { testSize: 4, label: "kind", seed: 3 });
    for (const split of ["test", "train"] as const) {
      const found = await readInputs(path, data, { testSize: 4, seed: 3, split });
      assertEquals([found.split, found.group], [data.splits[split], split]);
    }
    assertEquals((await readInputs(path, data)).split.rows, 12, "without testSize every row");
    assertEquals((await readInputs(path, data, { testSize: 0 })).split.rows, 12);
    await write(folder, { "bare.csv": "a,b\n1,2\n" });
    await assertBroken(
      () => readInputs(`${folder}/bare.csv`, data, { testSize: 4 }),
      "it has no labels, a cut by test-size needs them",
    );
  });
});

Deno.test("what is missing is an error with its path, for data and for new rows", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/none`;
    await assertRejects(() => readDataset(path), Deno.errors.NotFound, `Cannot find ${path}`);
    await assertRejects(() => readInputs(path, table), Deno.errors.NotFound, `Cannot find ${path}`);
  });
});

Deno.test("content decides where names say nothing, and the format overrides both", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { noise: Uint8Array.of(1, 2, 0, 3), "notes.txt": "hello\nworld\n" });
    await assertBroken(
      () => readDataset(`${folder}/noise`),
      "it is neither safetensors, IDX, CIFAR-10 (.bin), CSV, JSON lines (.jsonl) nor an image",
    );
    await assertBroken(
      () => readDataset(folder),
      "it has neither data_batch_1.bin, train-images-idx3",
    );
    await assertBroken(
      () => readDataset(`${folder}/notes.txt`, { format: "cifar10" }),
      "it has 12 bytes, CIFAR-10 has a multiple of 3073",
    );
    await assertBroken(() => readDataset(folder, { format: "idx" }), "it has no training rows");
    await assertBroken(
      () => readDataset(folder, { format: "safetensors" }),
      "it has no safetensors file with train.inputs",
    );
    const error = await assertRejects(
      () => readDataset(folder, { format: "parquet" as "csv" }),
      ConfigError,
      "Cannot read format parquet: format must be one of safetensors, idx, cifar10, csv",
    );
    assertEquals([error.field, error.value], ["format", "parquet"]);
  });
});

Deno.test("rows for a model of text are integers among the ids that it knows", async () => {
  await inTempFolder(async (folder) => {
    const text: DataShape = { ...numbered, layout: "tokens", vocabulary: { size: 8 } };
    const ids = (values: number[]) =>
      encodeSafetensors({
        inputs: { dtype: "I64", shape: [2, 2], values: BigInt64Array.from(values, BigInt) },
      });
    await write(folder, { a: ids([7, 0, 1, 2]), b: ids([7, 0, 1, 8]) });
    const { split } = await readInputs(`${folder}/a`, text, { format: "safetensors" });
    assertEquals(split.inputs, Int32Array.of(7, 0, 1, 2));
    await assertBroken(
      () => readInputs(`${folder}/b`, text, { format: "safetensors" }),
      `Cannot read ${folder}/b: row 1, token 1 holds id 8, ids are 0 to 7`,
    );
    await write(folder, { c: encodeSafetensors({ inputs: f32([1, 2], [1, 2]) }) });
    await assertBroken(
      () => readInputs(`${folder}/c`, text, { format: "safetensors" }),
      "its inputs are floats [2], token ids are integers [rows, tokens]",
    );
  });
});
