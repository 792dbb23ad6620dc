import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { readDataset } from "../../../aft/data/dataset.ts";
import { assertBroken, gzip, idx, inTempFolder, write } from "./make.ts";

const U8 = 0x08;
const pixels = (rows: number, first = 0) => Array.from({ length: rows * 6 }, (_, i) => first + i);

/** Three training and two test images of 2 x 3 pixels. */
const mnist = {
  "train-images-idx3-ubyte": idx(U8, [3, 2, 3], pixels(3)),
  "train-labels-idx1-ubyte": idx(U8, [3], [0, 2, 1]),
  "t10k-images-idx3-ubyte": idx(U8, [2, 2, 3], pixels(2, 100)),
  "t10k-labels-idx1-ubyte": idx(U8, [2], [2, 0]),
};

async function zipped(files: Record<string, Uint8Array<ArrayBuffer>>) {
  const entries = Object.entries(files).map(async ([name, bytes]) =>
    [`${name}.gz`, await gzip(bytes)] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

Deno.test("a folder in MNIST's form gives grey images as bytes", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, mnist);
    const data = await readDataset(folder);
    assertEquals([data.format, data.task, data.layout], ["idx", "classification", "image"]);
    assertEquals([data.inputShape, data.classes], [[1, 2, 3], ["0", "1", "2"]]);
    assertEquals(data.splits.train.inputs, Uint8Array.from(pixels(3)));
    assertEquals(data.splits.test.inputs, Uint8Array.from(pixels(2, 100)));
    assertEquals([...data.splits.train.labels, ...data.splits.test.labels], [0, 2, 1, 2, 0]);
    assertEquals(data.files.map((file) => file.slice(folder.length + 1)), Object.keys(mnist));
    assertStrictEquals(data.splits.train.inputs.byteOffset, 16, "a view of the file, not a copy");
  });
});

Deno.test("gzipped files give the same rows", async () => {
  await inTempFolder(async (folder) => {
    const raw = await readDataset(await write(`${folder}/raw`, mnist));
    const packed = await readDataset(await write(`${folder}/gz`, await zipped(mnist)));
    assertEquals(packed.splits, raw.splits);
    assert(packed.files.every((file) => file.endsWith(".gz")));
  });
});

Deno.test("where a file is there raw and gzipped, the raw one wins", async () => {
  await inTempFolder(async (folder) => {
    const others = {
      ...mnist,
      "train-images-idx3-ubyte": idx(U8, [3, 2, 3], pixels(3, 200)),
      "train-labels-idx1-ubyte": idx(U8, [3], [1, 1, 0]),
    };
    await write(folder, await zipped(others));
    await write(folder, {
      "train-images-idx3-ubyte": mnist["train-images-idx3-ubyte"],
      "train-labels-idx1-ubyte": mnist["train-labels-idx1-ubyte"],
    });
    const data = await readDataset(folder);
    assertEquals(data.splits.train.inputs, Uint8Array.from(pixels(3)));
    assertEquals([...data.splits.train.labels], [0, 2, 1]);
    assertEquals(data.files.map((file) => file.endsWith(".gz")), [false, false, true, true]);
  });
});

Deno.test("names with dots, other starts and an extension by content are understood", async () => {
  await inTempFolder(async (folder) => {
    const dotted = Object.entries(mnist).map(([name, bytes]) =>
      [`emnist-letters-${name.replace("-idx", ".idx").replace("t10k", "test")}`, bytes] as const
    );
    const data = await readDataset(await write(folder, Object.fromEntries(dotted)));
    assertEquals([data.splits.train.rows, data.splits.test.rows], [3, 2]);
    const one = await readDataset(`${folder}/emnist-letters-train-images.idx3-ubyte`);
    assertEquals(one.splits, data.splits);
  });
});

Deno.test("wider numbers are read as big-endian, also for labels", async () => {
  await inTempFolder(async (folder) => {
    const bytes = (count: number, fill: (view: DataView) => void) => {
      const view = new DataView(new ArrayBuffer(count));
      fill(view);
      return new Uint8Array(view.buffer);
    };
    const floats = bytes(
      16,
      (view) => [1.5, -2, 3, 4e-3].forEach((v, i) => view.setFloat32(4 * i, v)),
    );
    const doubles = bytes(16, (view) => [0.1, 7].forEach((v, i) => view.setFloat64(8 * i, v)));
    const shorts = bytes(4, (view) => [300, 1].forEach((v, i) => view.setInt16(2 * i, v)));
    const ints = bytes(4, (view) => view.setInt32(0, 5));
    await write(folder, {
      "train-images-idx2-ubyte": idx(0x0d, [2, 2], floats),
      "train-labels-idx1-ubyte": idx(0x0b, [2], shorts),
      "t10k-images-idx2-ubyte": idx(0x0e, [1, 2], doubles),
      "t10k-labels-idx1-ubyte": idx(0x0c, [1], ints),
    });
    const { splits, layout, classes } = await readDataset(folder);
    assertEquals(splits.train.inputs, Float32Array.of(1.5, -2, 3, 4e-3));
    assertEquals(splits.test.inputs, Float32Array.of(0.1, 7));
    assertEquals([...splits.train.labels, ...splits.test.labels], [300, 1, 5]);
    assertEquals([layout, classes.length], ["table", 301]);
  });
});

Deno.test("headers, sizes and counts are checked, with the file's name", async () => {
  const train = "train-images-idx3-ubyte";
  const labels = "train-labels-idx1-ubyte";
  const cases: [string, Uint8Array, string][] = [
    [train, mnist[train].subarray(0, 33), "it has 33 bytes, [3, 2, 3] takes 34 with its header"],
    [train, idx(U8, [2, 2, 3], pixels(3)), "it has 34 bytes, [2, 2, 3] takes 28"],
    [train, idx(U8, [3, 2, 0], []), "inputs has shape [3, 2, 0]"],
    [train, idx(0x0a, [3, 2, 3], pixels(3)), "it does not begin as an IDX file of numbers does"],
    [train, mnist[train].subarray(0, 12), "it ends inside its header"],
    [train, new Uint8Array(0), "it does not begin as an IDX file"],
    [labels, idx(U8, [2], [0, 1]), `it has 2 labels, `],
    [labels, idx(U8, [3, 1], [0, 1, 0]), "it has shape [3, 1], labels are [rows]"],
    [labels, idx(U8, [3], [1, 1, 0]), "row 0 has label 2, classes are 0 to 1"],
  ];
  await inTempFolder(async (folder) => {
    for (const [name, bytes, message] of cases) {
      await write(folder, { ...mnist, [name]: bytes });
      const error = await assertBroken(() => readDataset(folder), message);
      assert(error.message.includes(`Cannot read ${folder}/`), error.message);
    }
    await write(folder, mnist);
    await Deno.remove(`${folder}/${labels}`);
    await assertBroken(() => readDataset(folder), "it has rows without labels");
  });
});

Deno.test("NaN in float images is refused with its row and column", async () => {
  await inTempFolder(async (folder) => {
    const view = new DataView(new ArrayBuffer(16));
    view.setFloat32(12, NaN);
    await write(folder, {
      ...mnist,
      "train-images-idx3-ubyte": idx(0x0d, [2, 1, 2], new Uint8Array(view.buffer)),
    });
    await assertBroken(() => readDataset(folder), "inputs, row 1, column 1 holds NaN");
  });
});

Deno.test("gzipped files that are damaged, cut off, short or too long are refused", async () => {
  await inTempFolder(async (folder) => {
    const refused = async (bytes: Uint8Array, message: string) => {
      await write(folder, await zipped(mnist));
      await write(folder, { "train-images-idx3-ubyte.gz": bytes });
      const error = await assertBroken(() => readDataset(folder), message);
      assertEquals(error.file, `${folder}/train-images-idx3-ubyte.gz`);
    };
    const good = await gzip(mnist["train-images-idx3-ubyte"]);
    await refused(good.subarray(0, good.length - 9), "its gzip data is damaged or cut off");
    await refused(await gzip(idx(U8, [3, 2, 3], pixels(2))), "it has 28 bytes, [3, 2, 3] takes 34");
    await refused(
      await gzip(idx(U8, [3, 2, 3], pixels(4))),
      "it unpacks to more than the 34 bytes that its header claims",
    );
    await refused(
      await gzip(idx(U8, [60000, 2800, 2800], pixels(2))),
      "its header claims [60000, 2800, 2800], more than",
    );
    await refused(await gzip(new Uint8Array(5_000_000)), "it does not begin as an IDX file");
  });
});

Deno.test("two sets of images in one folder are refused, not guessed", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      ...mnist,
      "other-train-images-idx3-ubyte": mnist["train-images-idx3-ubyte"],
    });
    await assertBroken(
      () => readDataset(folder),
      "it has two files of train images, other-train-images-idx3-ubyte and train-images-idx3-ubyte",
    );
  });
});
