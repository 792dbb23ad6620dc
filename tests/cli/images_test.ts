import { assertEquals, assertStringIncludes } from "@std/assert";
import { write } from "../aft/data/make.ts";
import { bmp } from "../aft/data/make_images.ts";
import { events, here, inFolder } from "./support.ts";

/** Dark and light images of several sizes, under train and test. */
async function writeImages(folder: string): Promise<void> {
  for (const split of ["train", "test"]) {
    for (const [name, grey] of [["dark", 20], ["light", 200]] as const) {
      const files = Array.from({ length: 8 }, (_, i) => {
        const image = bmp([8 + i, 9], (y, x) => [grey + y + i, grey + x, grey]);
        return [`${i}.bmp`, image] as const;
      });
      await write(`${folder}/${split}/${name}`, Object.fromEntries(files));
    }
  }
}

Deno.test("a folder of images of many sizes is inspected, trained on, and asked of by name", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    await writeImages(data);
    const shown = await here(["inspect", data, "--image-size", "4"]);
    assertEquals([shown.exit, shown.stderr], [0, ""]);
    assertStringIncludes(shown.stdout, "Data      images, images [3, 4, 4], 2 classes");
    assertStringIncludes(shown.stdout, "and 24 more");

    const out = `${folder}/run`;
    const how = ["--student", "mlp:8", "--method", "stl", "--batch-size", "16", "--lr", "0.05"];
    const sizes = ["--steps", "40", "--image-size", "4", "--out", out];
    const trained = await here(["train", "--data", data, ...how, ...sizes, "--json"]);
    assertEquals([trained.exit, trained.stderr], [0, ""]);
    assertEquals(events(trained.stdout).at(-1).test.accuracy, 1);

    const model = ["--checkpoint", `${out}/checkpoint.safetensors`];
    const image = `${data}/test/light/3.bmp`;
    const one = await here(["predict", ...model, "--data", image, "--json"]);
    const [answer] = events(one.stdout);
    assertEquals([answer.row, answer.file, answer.class], [0, image, "light"]);
    const all = await here(["predict", ...model, "--data", data]);
    const [head, first] = all.stdout.split("\n");
    assertEquals(head, "row,file,class,probability");
    assertStringIncludes(first, `0,${data}/test/dark/0.bmp,dark,`);
    const { stdout } = await here(["eval", ...model, "--data", data, "--split", "train", "--json"]);
    assertEquals(events(stdout).at(-1).accuracy, 1);
  }));

Deno.test("images of many sizes without image-size are refused with a sentence", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    await writeImages(data);
    const { exit, stderr } = await here(["train", "--data", data, "--method", "stl"]);
    assertEquals(exit, 2);
    assertEquals(
      stderr,
      `error: Cannot read ${data}/train/dark/1.bmp: it has 9 x 9 pixels, ` +
        `${data}/train/dark/0.bmp has 9 x 8: image-size brings all to one\n`,
    );
  }));

Deno.test("commands say how far they are with many images, but not among answers", () =>
  inFolder(async (folder) => {
    const [data, out] = [`${folder}/data`, `${folder}/run`];
    const image = (grey: number) => bmp([1, 1], () => [grey, grey, grey]);
    const sizes = { "train/dark": 300, "train/light": 300, "test/dark": 200, "test/light": 300 };
    for (const [name, count] of Object.entries(sizes)) {
      const files = Array.from({ length: count }, (_, i) => {
        return [`${i}.bmp`, image(name.endsWith("dark") ? 10 : 200)] as const;
      });
      await write(`${data}/${name}`, Object.fromEntries(files));
    }
    const told = (text: string) => events(text).filter(({ event }) => event === "reading");
    const steps = [{ done: 500, of: 1100 }, { done: 1000, of: 1100 }];

    const short = ["--student", "mlp:2", "--steps", "1"];
    const train = ["train", "--data", data, "--method", "stl", ...short, "--out", out];
    const trained = await here([...train, "--json"]);
    assertEquals([trained.exit, trained.stderr], [0, ""]);
    assertEquals(
      told(trained.stdout),
      steps.map((step) => ({ event: "reading", step: 0, ...step })),
    );

    const methods = ["--methods", "stl", "--seeds", "1", "--train-sizes", "16"];
    const place = ["--out", `${folder}/compared`];
    const compare = ["compare", "--data", data, ...short, ...methods, ...place];
    const compared = await here([...compare, "--json"]);
    assertEquals(told(compared.stdout), steps.map((step) => ({ event: "reading", ...step })));

    const shown = await here(["inspect", data]);
    assertStringIncludes(shown.stdout, "read 500 of 1,100 images\nread 1,000 of 1,100 images\n");

    const model = ["--checkpoint", `${out}/checkpoint.safetensors`, "--data", data];
    const measured = await here(["eval", ...model]);
    assertStringIncludes(measured.stdout, "read 500 of 500 images\n");
    const answers = await here(["predict", ...model]);
    assertEquals(answers.stdout.split("\n").length, 502, "a head, the rows, an end");
    const kept = await here(["predict", ...model, "--out", `${folder}/answers.csv`]);
    assertStringIncludes(kept.stdout, "read 500 of 500 images\n");
    const seen = await here(["predict", ...model], { terminal: true });
    assertStringIncludes(seen.stdout, "\rread 500 of 500 images");
  }));
