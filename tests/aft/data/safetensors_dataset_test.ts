import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { readDataset } from "../../../aft/data/dataset.ts";
import type { SafeTensorInput } from "../../../nn/safetensors.ts";
import { assertBroken, f16, f32, i64, inTempFolder, labelledTensors, write } from "./make.ts";
import { DATA, WITHOUT_DATA } from "./shared.ts";

Deno.test("a safetensors file gives training and test rows, and numbers for class names", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "d.safetensors": labelledTensors() });
    const path = `${folder}/d.safetensors`;
    const data = await readDataset(path);
    assertEquals(data, {
      path,
      format: "safetensors",
      task: "classification",
      inputShape: [2],
      layout: "table",
      classes: ["0", "1"],
      splits: {
        train: {
          rows: 4,
          inputs: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
          labels: Int32Array.of(0, 1, 1, 0),
          labelled: true,
        },
        test: {
          rows: 2,
          inputs: Float32Array.of(9, 10, 11, 12),
          labels: Int32Array.of(1, 0),
          labelled: true,
        },
      },
      files: [path],
    });
  });
});

Deno.test("inputs are a view of the file, not a copy", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "d.safetensors": labelledTensors() });
    const { splits } = await readDataset(`${folder}/d.safetensors`);
    assertStrictEquals(splits.train.inputs.buffer, splits.test.inputs.buffer);
  });
});

Deno.test("class names come from the metadata, and validation rows from their tensors", async () => {
  await inTempFolder(async (folder) => {
    const bytes = labelledTensors(
      { "val.inputs": f16([1, 2], [0.5, 1]), "val.labels": i64([2]) },
      { classes: "cat, dog,  fish" },
    );
    await write(folder, { "d.safetensors": bytes });
    const data = await readDataset(`${folder}/d.safetensors`);
    assertEquals(data.classes, ["cat", "dog", "fish"]);
    assertEquals([...data.splits.val!.labels], [2]);
    assertEquals([...data.splits.val!.inputs], [0.5, 1]);
  });
});

/** Rows of integers for both splits. */
function integers(kind: "I32" | "I64", train: number[], test: number[]) {
  const tensorOf = (values: number[]): SafeTensorInput => ({
    dtype: kind,
    shape: [values.length / 2, 2],
    values: kind === "I32" ? Int32Array.from(values) : BigInt64Array.from(values, BigInt),
  });
  return { "train.inputs": tensorOf(train), "test.inputs": tensorOf(test) };
}

Deno.test("tables of integers stay integers, and are token ids where the metadata counts those", async () => {
  await inTempFolder(async (folder) => {
    for (const kind of ["I32", "I64"] as const) {
      const tensors = integers(kind, [5, 1, 7, 0, 2, 2, 3, 0], [9, 0, 1, 1]);
      await write(folder, { "d.safetensors": labelledTensors(tensors) });
      const plain = await readDataset(`${folder}/d.safetensors`);
      assertEquals(plain.splits.train.inputs, Int32Array.of(5, 1, 7, 0, 2, 2, 3, 0));
      assertEquals([plain.layout, plain.vocabulary], ["table", undefined]);
      await write(folder, { "d.safetensors": labelledTensors(tensors, { vocabulary: "10" }) });
      const tokens = await readDataset(`${folder}/d.safetensors`);
      assertEquals([tokens.layout, tokens.vocabulary], ["tokens", { size: 10 }]);
      assertEquals(tokens.splits.test.inputs, Int32Array.of(9, 0, 1, 1));
    }
    const large = integers("I64", [2 ** 40, 1, 7, 0, 2, 2, 3, 0], [9, 0, 1, 1]);
    await write(folder, { "d.safetensors": labelledTensors(large) });
    const { splits } = await readDataset(`${folder}/d.safetensors`);
    assertEquals([...splits.train.inputs], [2 ** 40, 1, 7, 0, 2, 2, 3, 0], "numbers all the same");
  });
});

Deno.test("token ids that the metadata does not count, and floats beside it, are refused", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/d.safetensors`;
    const tensors = integers("I32", [5, 1, 7, 0, 2, 2, 3, 0], [9, 0, 1, 1]);
    for (
      const [changes, vocabulary, message] of [
        [tensors, "9", "row 0, token 0 holds id 9, ids are 0 to 8"],
        [
          integers("I32", [5, 1, 7, -3, 2, 2, 3, 0], [9, 0, 1, 1]),
          "10",
          "row 1, token 1 holds id -3",
        ],
        [{}, "10", "its inputs are floats [2], token ids are integers [rows, tokens]"],
        [tensors, "many", "its metadata has vocabulary many, it must be the number of token ids"],
        [tensors, "1", "from 2 to 1048576"],
      ] as const
    ) {
      await write(folder, { "d.safetensors": labelledTensors(changes, { vocabulary }) });
      await assertBroken(() => readDataset(path), message);
    }
  });
});

Deno.test("a folder's one file of labelled data is found beside features and tables", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "data.safetensors": labelledTensors(),
      "features.safetensors": labelledTensors({
        "train.inputs": undefined,
        "train.labels": undefined,
        "test.inputs": undefined,
        "test.labels": undefined,
        train: f32([4, 1], [1, 2, 3, 4]),
      }),
      "train.csv": "text,label\nhello,1\n",
    });
    const data = await readDataset(folder);
    assertEquals(data.format, "safetensors");
    assertEquals(data.files, [`${folder}/data.safetensors`]);
    await write(folder, { "more.safetensors": labelledTensors() });
    await assertBroken(
      () => readDataset(folder),
      `Cannot read ${folder}: it has several files of labelled data, name one of ` +
        "data.safetensors, more.safetensors",
    );
  });
});

Deno.test("images keep their bytes and get channels, lines and columns", async () => {
  const images = (shape: number[]): SafeTensorInput => ({
    dtype: "U8",
    shape,
    values: Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
  });
  await inTempFolder(async (folder) => {
    const colour = { "train.inputs": images([4, 3, 2, 2]), "test.inputs": images([2, 3, 2, 2]) };
    const grey = { "train.inputs": images([4, 3, 2]), "test.inputs": images([2, 3, 2]) };
    await write(folder, { a: labelledTensors(colour), b: labelledTensors(grey) });
    const a = await readDataset(`${folder}/a`);
    assertEquals([a.layout, a.inputShape], ["image", [3, 2, 2]]);
    assert(a.splits.train.inputs instanceof Uint8Array);
    assertEquals([...a.splits.test.inputs.subarray(0, 3)], [0, 1, 2]);
    const b = await readDataset(`${folder}/b`);
    assertEquals([b.layout, b.inputShape], ["image", [1, 3, 2]]);
  });
});

Deno.test("float labels are values, integers are classes, and the task overrides both", async () => {
  await inTempFolder(async (folder) => {
    const floats = labelledTensors({
      "train.labels": f32([4, 1], [0, 1, 1.5, -2]),
      "test.labels": f32([2], [3, 4]),
    });
    const whole = labelledTensors({
      "train.labels": f32([4], [0, 1, 2, 0]),
      "test.labels": f32([2], [1, 2]),
    });
    await write(folder, { floats, whole, integers: labelledTensors() });
    const values = await readDataset(`${folder}/floats`);
    assertEquals([values.task, values.classes], ["regression", []]);
    assertEquals(values.splits.train.labels, Float32Array.of(0, 1, 1.5, -2));
    const classes = await readDataset(`${folder}/whole`, { task: "classification" });
    assertEquals(classes.classes, ["0", "1", "2"]);
    assertEquals(classes.splits.test.labels, Int32Array.of(1, 2));
    const forced = await readDataset(`${folder}/integers`, { task: "regression" });
    assertEquals(forced.splits.train.labels, Float32Array.of(0, 1, 1, 0));
    await assertBroken(
      () => readDataset(`${folder}/floats`, { task: "classification" }),
      "train.labels, row 2 has label 1.5, not the number of a class",
    );
  });
});

Deno.test("what is wrong is refused with file, tensor and row", async () => {
  const cases: [Record<string, SafeTensorInput | undefined>, string, string?][] = [
    [{ "train.inputs": undefined }, "it has no training rows"],
    [{ "train.labels": undefined }, "it has rows without labels"],
    [{ "train.inputs": f32([8], [1, 2, 3, 4, 5, 6, 7, 8]) }, "tensor train.inputs has shape [8]"],
    [{ "train.inputs": f32([4, 0], []) }, "tensor train.inputs has shape [4, 0]"],
    [{ "train.labels": i64([0, 1]) }, "tensor train.labels has 2 rows, tensor train.inputs has 4"],
    [{ "train.labels": f32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]) }, "labels has shape [4, 2]"],
    [{ "test.inputs": f32([2, 1], [1, 2]) }, "its rows have shape [1], training rows have [2]"],
    [
      { "train.inputs": f32([4, 2], [1, 2, 3, 4, 5, NaN, 7, 8]) },
      "train.inputs, row 2, column 1 holds NaN",
    ],
    [
      { "test.inputs": f16([2, 2], [1, 2, -Infinity, 4]) },
      "test.inputs, row 1, column 0 holds -Infinity",
    ],
    [
      { "train.labels": i64([0, 1, -1, 0]) },
      "train.labels, row 2 has label -1, classes are 0 to 65535",
    ],
    [{ "train.labels": i64([0, 1, 70000, 0]) }, "train.labels, row 2 has label 70000"],
    [
      { "train.labels": i64([0, 1, 2 ** 40, 0]) },
      "train.labels, row 2 holds 1099511627776, not a 32-bit",
    ],
    [
      { "train.labels": i64([0, 0, 0, 0]) },
      "its labels have one class (0), two or more are needed",
    ],
    [{ "test.labels": i64([1, 2]) }, "test.labels, row 1 has label 2, classes are 0 to 1"],
    [{ "test.labels": f32([2], [1, NaN]) }, "test.labels, row 1 holds NaN"],
  ];
  await inTempFolder(async (folder) => {
    const path = `${folder}/d.safetensors`;
    for (const [changes, message] of cases) {
      await write(folder, { "d.safetensors": labelledTensors(changes) });
      const error = await assertBroken(() => readDataset(path), message);
      assertEquals(error.file, path);
      assert(error.message.startsWith(`Cannot read ${path}: `), error.message);
    }
  });
});

Deno.test("labels are checked against the classes that the metadata names", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/d.safetensors`;
    const refused = async (classes: string, message: string) => {
      await write(folder, {
        "d.safetensors": labelledTensors({ "train.labels": i64([0, 3, 1, 0]) }, { classes }),
      });
      await assertBroken(() => readDataset(path), message);
    };
    await refused("a,b,c", "train.labels, row 1 has label 3, classes are 0 to 2");
    await refused("a,b,a,c", "its metadata names class a twice");
    await refused("a,,b,c", "its metadata names a class with no letters");
    await refused("a", "its labels have one class (a), two or more are needed");
  });
});

Deno.test({
  name: "the real sentence data is read, from its file and from its folder",
  ignore: WITHOUT_DATA,
  fn: async () => {
    const data = await readDataset(`${DATA}/sst2/sst2_glove25.inputs.safetensors`);
    assertEquals(data.classes, ["negative", "positive"]);
    assertEquals([data.inputShape, data.layout], [[75], "table"]);
    assertEquals([data.splits.train.rows, data.splits.test.rows], [6920, 1821]);
    const { labels } = data.splits.train;
    assertEquals(labels.filter((label) => label === 1).length, 3610);
    const folder = await readDataset(`${DATA}/sst2`);
    assertEquals(folder.files, data.files);
  },
});
