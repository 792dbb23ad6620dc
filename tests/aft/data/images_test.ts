import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { readDataset, readInputs } from "../../../aft/data/dataset.ts";
import { decodeImage } from "../../../aft/data/image_pixels.ts";
import { ConfigError, FormatError } from "../../../gpu/errors.ts";
import { assertBroken, inTempFolder, write } from "./make.ts";
import { bmp, type Colour, encoded, pngLine } from "./make_images.ts";
import { DATA, WITHOUT_DATA } from "./shared.ts";

const SIZE: readonly [height: number, width: number] = [2, 3];
const RED: Colour = [200, 10, 0];
const BLUE: Colour = [0, 20, 250];
const GREEN: Colour = [0, 180, 30];

/** An image of one colour. */
function plain(colour: Colour, size = SIZE) {
  return bmp(size, () => colour);
}

/** The colours of rows, where each is of one. */
function coloursOf({ rows, inputs }: { rows: number; inputs: ArrayLike<number> }): number[][] {
  const area = inputs.length / rows / 3;
  return Array.from({ length: rows }, (_, row) => {
    const channels = [0, 1, 2].map((c) =>
      Array.from({ length: area }, (_, i) => inputs[(3 * row + c) * area + i])
    );
    return channels.map((values) => {
      assertEquals(new Set(values).size, 1, `row ${row}`);
      return values[0];
    });
  });
}

/** Folders of a red and a blue class. */
async function writeClasses(folder: string, size = SIZE): Promise<void> {
  await write(`${folder}/red`, {
    "b.png": await encoded(plain(RED, size), "image/png"),
    "a.bmp": plain([210, 0, 0], size),
    "notes.txt": "no image",
  });
  await write(`${folder}/blue`, { "z.BMP": plain(BLUE, size) });
}

Deno.test("a folder of classes under train and test is read class by class, both by name", () =>
  inTempFolder(async (folder) => {
    await writeClasses(`${folder}/train`);
    await writeClasses(`${folder}/test`);
    await writeClasses(`${folder}/val`);
    const data = await readDataset(folder);
    assertEquals([data.format, data.task, data.layout], ["images", "classification", "image"]);
    assertEquals([data.inputShape, data.classes], [[3, 2, 3], ["blue", "red"]]);
    const { train, test, val } = data.splits;
    assert(train.inputs instanceof Uint8Array);
    assertEquals([...train.labels], [0, 1, 1]);
    assertEquals(coloursOf(train), [[...BLUE], [210, 0, 0], [...RED]]);
    assertEquals([test, val], [train, train]);
    assertEquals(data.files.slice(0, 3).map((file) => file.slice(folder.length)), [
      "/train/blue/z.BMP",
      "/train/red/a.bmp",
      "/train/red/b.png",
    ]);
  }));

Deno.test("rows of val are the test rows where there are no others", () =>
  inTempFolder(async (folder) => {
    await writeClasses(`${folder}/train`);
    await writeClasses(`${folder}/val`);
    const { test, val } = (await readDataset(folder)).splits;
    assertEquals([test.rows, val], [3, undefined]);
  }));

Deno.test("one folder of classes is cut; classes that are numbers are in their order", () =>
  inTempFolder(async (folder) => {
    for (const label of [10, 9, 2]) {
      await write(`${folder}/${label}`, {
        "a.bmp": plain([label, 0, 0]),
        "b.bmp": plain([label, 1, 0]),
      });
    }
    await assertRejects(() => readDataset(folder), ConfigError, "test-size is not given");
    const data = await readDataset(folder, { testSize: 3 });
    assertEquals(data.classes, ["2", "9", "10"]);
    const { train, test } = data.splits;
    assertEquals([train.rows, test.rows], [3, 3]);
    assertEquals(coloursOf(train).map(([red]) => String(red)), ["10", "2", "9"]);
    assertEquals(Array.from(train.labels, (label) => data.classes[label]), ["10", "2", "9"]);
  }));

Deno.test("images are brought to a size: resized until they cover it, and cut to their middle", () =>
  inTempFolder(async (folder) => {
    // Green at the ends, which the square in the middle has next to nothing of.
    const wide = bmp([8, 40], (_, x) => x < 12 || x >= 28 ? GREEN : RED);
    const tall = bmp([40, 8], (y) => y < 12 || y >= 28 ? GREEN : BLUE);
    for (const split of ["train", "test"]) {
      await write(`${folder}/${split}/wide`, { "a.bmp": wide });
      await write(`${folder}/${split}/tall`, { "a.bmp": tall, "b.bmp": plain(BLUE, [1, 1]) });
    }
    const data = await readDataset(folder, { imageSize: 4 });
    assertEquals(data.inputShape, [3, 4, 4]);
    const { inputs, labels } = data.splits.train;
    assertEquals(Array.from(labels, (label) => data.classes[label]), ["tall", "tall", "wide"]);
    [BLUE, BLUE, RED].forEach((colour, row) =>
      inputs.subarray(48 * row, 48 * (row + 1)).forEach((value, i) =>
        assertAlmostEquals(value, colour[Math.floor(i / 16)], 12)
      )
    );
  }));

Deno.test("sizes that differ are told with both files, unless one is asked for", () =>
  inTempFolder(async (folder) => {
    await write(`${folder}/red`, { "a.bmp": plain(RED), "b.bmp": plain(RED, [5, 4]) });
    await assertBroken(
      () => readDataset(folder, { testSize: 1 }),
      `Cannot read ${folder}/red/b.bmp: it has 4 x 5 pixels, ${folder}/red/a.bmp has 3 x 2: ` +
        "image-size brings all to one",
    );
  }));

Deno.test("JPEG is read too, grey images have three equal channels, transparency is left out", async () => {
  const jpeg = await encoded(plain([128, 128, 128], [8, 8]), "image/jpeg");
  const { values, size } = await decodeImage(jpeg, "a.jpg");
  assertEquals([size, values.length], [[8, 8], 192]);
  assert(values.every((value) => Math.abs(value - 128) <= 2));
  const grey = await decodeImage(await pngLine(3, "grey", [0, 100, 255]), "grey.png");
  assertEquals([...grey.values], [0, 100, 255, 0, 100, 255, 0, 100, 255]);
  const alpha = await decodeImage(await pngLine(2, "alpha", [9, 8, 7, 128, 1, 2, 3, 255]), "a.png");
  assertEquals([...alpha.values], [9, 1, 8, 2, 7, 3]);
});

Deno.test("what is no image, or has 16 bits a channel, is refused by name", () =>
  inTempFolder(async (folder) => {
    const deep = await pngLine(1, "colour", [1, 2, 3, 4, 5, 6], 16);
    for (const [name, bytes] of [["deep.png", deep], ["text.jpg", new Uint8Array(9)]] as const) {
      await write(folder, { [name]: bytes });
      const error = await assertBroken(
        () => readInputs(`${folder}/${name}`, MODEL),
        `Cannot read ${folder}/${name}: it is no image that can be decoded: PNG, JPEG, WebP, GIF ` +
          "or BMP with at most 8 bits a channel",
      );
      assert(error.cause instanceof Error);
    }
  }));

Deno.test("what is lost or has no place among classes is refused by name, what is hidden is left alone", () =>
  inTempFolder(async (folder) => {
    const read = () => readDataset(folder, { testSize: 1 });
    await writeClasses(folder);
    const hidden = plain(GREEN, [1, 1]);
    await write(`${folder}/.cache`, { "a.bmp": hidden });
    await write(`${folder}/red`, { "._a.bmp": new Uint8Array(3), ".hidden.tif": "no image" });
    await Deno.symlink(`${folder}/nowhere`, `${folder}/link`);
    assertEquals((await read()).classes, ["blue", "red"]);
    await write(`${folder}/red/more`, { "a.bmp": hidden });
    await assertBroken(
      read,
      `Cannot read ${folder}/red/more: it is a folder in that of a class, red`,
    );
    await Deno.remove(`${folder}/red/more`, { recursive: true });
    await write(`${folder}/yellow`, { "notes.txt": "no image" });
    await assertBroken(read, `Cannot read ${folder}/yellow: it has no images`);
    await write(`${folder}/yellow`, { "scan.TIFF": "no image" });
    await assertBroken(
      read,
      `Cannot read ${folder}/yellow/scan.TIFF: images that are decoded are PNG, JPEG, WebP, GIF or ` +
        "BMP with at most 8 bits a channel",
    );
  }));

Deno.test("image-size is an integer and for images alone, and no strip is stretched beyond reason", () =>
  inTempFolder(async (folder) => {
    await writeClasses(folder);
    for (const imageSize of [0.5, -1, 4097]) {
      await assertRejects(
        () => readDataset(folder, { testSize: 1, imageSize }),
        ConfigError,
        `Cannot use image-size ${imageSize}: it must be an integer from 0 to 4096`,
      );
    }
    const table = await write(`${folder}/table`, { "train.csv": "a,label\n1,x\n2,y\n" });
    const error = await assertRejects(
      () => readDataset(table, { testSize: 1, imageSize: 8 }),
      ConfigError,
      `Cannot use image-size 8: ${table} is of the format csv, not a folder of images`,
    );
    assertEquals([error.field, error.value], ["image-size", 8]);
    const strip = plain(RED, [20_000, 1]);
    await assertRejects(
      () => decodeImage(strip, "strip.bmp", [64, 64]),
      FormatError,
      "Cannot read strip.bmp: it has 1 x 20000 pixels, too long a strip for 64 x 64",
    );
  }));

Deno.test("splits are read as they are asked for", () =>
  inTempFolder(async (folder) => {
    await writeClasses(`${folder}/val`, [2, 2]);
    const read = (split: "train" | "test" | "val") => readInputs(folder, MODEL, { split });
    assertEquals([(await read("test")).split.rows, (await read("val")).split.rows], [3, 3]);
    await assertBroken(() => read("train"), `Cannot read ${folder}: it has no train rows`);
    await assertBroken(() => readDataset(folder), `Cannot read ${folder}: it has no training rows`);
    // A split that nobody asks for may be empty.
    await Deno.mkdir(`${folder}/train`);
    assertEquals((await read("test")).split.rows, 3);
  }));

Deno.test("WebP and GIF are read, of several frames the first", async () => {
  // One pixel of grey; and two frames of one pixel, white and then black.
  const webp = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA";
  const gif =
    "R0lGODlhAQABAIAAAP///wAAACH5BAAKAAAALAAAAAABAAEAAAICRAEAIfkEAAoAAAAsAAAAAAEAAQAAAgJMAQA7";
  for (const [text, wanted] of [[webp, 130], [gif, 255]] as const) {
    const { values, size } = await decodeImage(Uint8Array.fromBase64(text), "image");
    assertEquals([size, values.length], [[1, 1], 3]);
    for (const value of values) assertAlmostEquals(value, wanted, 2);
  }
});

/** What a model of red and blue images takes. */
const MODEL = {
  inputShape: [3, 2, 2],
  layout: "image",
  task: "classification",
  classes: ["blue", "red"],
} as const;

Deno.test("a model takes an image, a folder of images, or classes of them, brought to its size", () =>
  inTempFolder(async (folder) => {
    await writeClasses(`${folder}/classes`, [4, 4]);
    await write(`${folder}/new`, { "1.bmp": plain(BLUE), "2.bmp": plain(GREEN, [9, 9]) });
    const inside = (path: string) => path.slice(folder.length);
    const loose = await readInputs(`${folder}/new`, MODEL);
    assertEquals([loose.group, loose.split.labelled], ["all", false]);
    assertEquals(coloursOf(loose.split), [[...BLUE], [...GREEN]]);
    assertEquals(loose.sources!.map(inside), ["/new/1.bmp", "/new/2.bmp"]);
    const one = await readInputs(`${folder}/new/2.bmp`, MODEL);
    assertEquals([one.format, coloursOf(one.split)], ["images", [[...GREEN]]]);
    const classes = await readInputs(`${folder}/classes`, MODEL, { testSize: 2 });
    assertEquals([...classes.split.labels], [0, 1]);
    assertEquals(classes.sources!.length, 2);
    assert(classes.sources![0].endsWith("/classes/blue/z.BMP"));
  }));

Deno.test("a class that the training rows do not have, and images beside classes, are refused", () =>
  inTempFolder(async (folder) => {
    await writeClasses(`${folder}/train`);
    await writeClasses(`${folder}/test`);
    await write(`${folder}/test/yellow`, { "a.bmp": plain(RED) });
    const path = `${folder}/test/yellow/a.bmp`;
    await assertBroken(
      () => readDataset(folder),
      `Cannot read ${folder}/test: ${path} has label yellow, classes are blue, red`,
    );
    await write(folder, { "stray.bmp": plain(RED) });
    await Deno.rename(`${folder}/train`, `${folder}/more`);
    await write(`${folder}/more`, { "stray.bmp": plain(RED) });
    await assertRejects(
      () => readDataset(`${folder}/more`, { testSize: 1 }),
      FormatError,
      "it lies beside folders of classes, such as blue",
    );
    await write(`${folder}/empty`, { "notes.txt": "no image" });
    await assertBroken(
      () => readDataset(`${folder}/empty`, { format: "images", testSize: 1 }),
      `Cannot read ${folder}/empty: it has no images, and no folders of images`,
    );
  }));

Deno.test({
  name: "ants and bees come in the order of their features",
  ignore: WITHOUT_DATA,
  async fn() {
    const data = await readDataset(`${DATA}/ants_bees`);
    assertEquals([data.inputShape, data.classes], [[3, 64, 64], ["ants", "bees"]]);
    const order = await Promise.all(["train", "val"].map(async (name) => {
      const text = await Deno.readTextFile(`${DATA}/ants_bees/order_${name}.txt`);
      return text.trim().split("\n");
    }));
    assertEquals(data.files.map((file) => file.slice(`${DATA}/ants_bees/`.length)), order.flat());
    assertEquals([data.splits.train.rows, data.splits.test.rows], [243, 153]);
  },
});
