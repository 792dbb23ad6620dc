import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { formatDemo, runDemo } from "../../aft/demo/mod.ts";
import { ConfigError } from "../../gpu/mod.ts";
import { CLASSES, drawImages, KIND_OF_CLASS, KINDS, SIDE } from "../../aft/demo/images.ts";
import { mosaic } from "../../aft/demo/mosaic.ts";
import { nearestMean } from "../../aft/demo/probe.ts";
import { bestTrial, type Trained } from "../../aft/demo/students.ts";
import { lessons, makeTask, QUICK, teacherData } from "../../aft/demo/task.ts";
import type { DemoProgress, DemoResult, DemoRow, DemoTask } from "../../aft/demo/types.ts";
import { type Numbers, verdictOf } from "../../aft/demo/verdict.ts";
import { loadModel, parseConfigFlag, readDataset, readFeatures, train } from "../../aft/mod.ts";

async function collect(demo: AsyncGenerator<DemoProgress>): Promise<DemoProgress[]> {
  const events: DemoProgress[] = [];
  for await (const event of demo) events.push(event);
  return events;
}

Deno.test("drawn images depend on their seed and row alone, whatever their number", async () => {
  const images = drawImages(30, 7);
  assertEquals(drawImages(20, 7).pixels, images.pixels.subarray(0, 20 * SIDE * SIDE));
  assertNotEquals(drawImages(30, 8).pixels, images.pixels);
  // Pinned, so that the demonstration is about the same images on every machine.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", images.pixels));
  assertEquals(digest.toHex().slice(0, 16), "100e227f1a453c73");
});

Deno.test("every class and every kind of shape is drawn, classes equally often", () => {
  const { labels, pixels } = drawImages(200, 1);
  for (const label of CLASSES.keys()) {
    assertEquals(labels.filter((other) => other === label).length, 20);
  }
  assertEquals(new Set(KIND_OF_CLASS).size, KINDS.length);
  for (let row = 0; row < 200; row++) {
    const image = pixels.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE);
    assert(Math.max(...image) - Math.min(...image) > 60, `Image ${row} is nearly empty`);
  }
});

Deno.test("the shuffled lesson deals the same labels out anew, and no other lesson does", () => {
  const task = makeTask(QUICK);
  const [shapes, kinds, shuffled] = lessons(QUICK).map((lesson) =>
    teacherData(task, lesson).splits.train.labels
  );
  assertEquals(shapes, task.teaching.labels);
  assertEquals([...kinds], [...task.teaching.labels].map((label) => KIND_OF_CLASS[label]));
  assertEquals(shuffled.toSorted(), shapes.toSorted());
  const same = shuffled.filter((label, row) => label === shapes[row]).length / shapes.length;
  assert(same < 0.16, `${100 * same} % of the shuffled labels are right`);
});

Deno.test("teachers, students and tests share no image", () => {
  const { teaching, pool, test } = makeTask(QUICK);
  const keys = [teaching, pool, test].flatMap(({ rows, pixels }) =>
    Array.from(
      { length: rows },
      (_, row) => pixels.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE).join(),
    )
  );
  assertEquals(new Set(keys).size, keys.length);
});

Deno.test("the plain reader names the class whose mean over the labelled rows is nearest", () => {
  const train = { values: [0, 0, 2, 0, 9, 9, 50, 50], columns: 2, labels: [0, 0, 1, 1] };
  const test = { values: [1, 1, 8, 8, 5, 4], columns: 2, labels: [0, 1, 1] };
  // Means over rows 0, 1, 2: class 0 at (1, 0), class 1 at (9, 9); the last row lies nearer to 0.
  assertEquals(nearestMean(train, [0, 1, 2], test), 2 / 3);
});

Deno.test("pictures in the page are bitmaps whose lines start at the bottom", () => {
  const images = drawImages(4, 1);
  const address = mosaic(images, 2, 2);
  assertStringIncludes(address, "data:image/bmp;base64,");
  const bytes = Uint8Array.from(atob(address.split(",")[1]), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const [width, height] = [2 * SIDE + 1, 2 * SIDE + 1];
  assertEquals([view.getInt32(18, true), view.getInt32(22, true)], [width, height]);
  assertEquals(view.getUint32(2, true), bytes.length);
  const pixel = (x: number, y: number) =>
    bytes[view.getUint32(10, true) + (height - 1 - y) * 36 + x];
  assertEquals(pixel(3, 5), images.pixels[5 * SIDE + 3]);
  assertEquals(pixel(SIDE + 1, SIDE + 1), images.pixels[3 * SIDE * SIDE]);
});

Deno.test("beta is the one with the smallest validation loss, the first of equal ones", () => {
  const trials = [[3, 1.5, 0.9], [10, 1.2, 0.1], [30, 1.2, 0.8]].map(([beta, validation, test]) =>
    ({ beta, validation, test: { score: { accuracy: test } } }) as unknown as Trained
  );
  assertEquals(bestTrial(trials).beta, 10);
  assertEquals(bestTrial([trials[2], trials[0]]).beta, 30);
});

function row(method: string, accuracies: number[]): DemoRow {
  const mean = accuracies.reduce((a, b) => a + b) / accuracies.length;
  return { method, beta: 10, accuracies, mean, deviation: 0, loss: 1 };
}

function numbers(table: DemoRow[], shares = [0.6, 0.2]): Numbers {
  const teacher = { columns: 4, summary: "", probe: 0.5 };
  return {
    table,
    energy: ["good", "noise"].map((name, i) => ({ name, columnShare: 0.5, share: shares[i] })),
    teachers: [{ ...teacher, name: "good", accuracy: 0.9 }, {
      ...teacher,
      name: "noise",
      accuracy: null,
    }],
    task: { images: { labelled: 200 } } as DemoTask,
  };
}

Deno.test("the verdict praises aft only where it is first, and says where chance would do", () => {
  const first = verdictOf(numbers([
    row("stl", [0.4, 0.41, 0.42]),
    row("kd", [0.5, 0.44, 0.49]),
    row("aft", [0.5, 0.51, 0.52]),
  ]));
  assertEquals(first.slice(0, 3), [
    "From the same 200 labels: aft 51.0 %, kd 47.7 %, stl 41.0 %.",
    "aft is 10.0 points ahead of stl, better in 3 of 3 seeds.",
    "aft is 3.3 points ahead of kd, better in 2 of 3 seeds, which may be chance.",
  ]);
  const second = verdictOf(numbers([
    row("stl", [0.4, 0.4, 0.4]),
    row("kd", [0.6, 0.6, 0.6]),
    row("aft", [0.5, 0.5, 0.5]),
  ]));
  assertEquals(second.slice(0, 3), [
    "From the same 200 labels: kd 60.0 %, aft 50.0 %, stl 40.0 %.",
    "aft is not first here: kd is 10.0 points ahead of aft, better in 3 of 3 seeds.",
    "aft is 10.0 points ahead of stl, better in 3 of 3 seeds.",
  ]);
  const last = verdictOf(numbers([row("stl", [0.5]), row("kd", [0.4]), row("aft", [0.3])]));
  assertEquals(last.slice(1, 3), [
    "aft is not first here: stl is 20.0 points ahead of aft, with one seed, which says little.",
    "aft is 10.0 points behind kd, with one seed, which says little.",
  ]);
});

Deno.test("a method that ties with aft is not beaten", () => {
  const tied = verdictOf(
    numbers([row("stl", [0.4, 0.5]), row("kd", [0.3, 0.3]), row("aft", [0.5, 0.4])]),
  );
  assertStringIncludes(tied.join(" "), "level with");
  assert(!tied.join(" ").includes("ahead of stl"));
});

Deno.test("the verdict says whether the useless teacher was turned down", () => {
  const table = [row("stl", [0.4]), row("kd", [0.5]), row("aft", [0.6])];
  const end = (shares: number[]) => verdictOf(numbers(table, shares)).at(-1)!;
  assertStringIncludes(end([0.8, 0.2]), "turned the useless teacher noise down");
  assertStringIncludes(end([0.5, 0.5]), "left the useless teacher noise about where it was");
  assertStringIncludes(end([0.3, 0.7]), "did not turn the useless teacher noise down but up");
});

Deno.test("the demonstration refuses numbers of seeds out of range before it writes", async () => {
  const out = `${await Deno.makeTempDir()}/demo`;
  for (const seeds of [0, 1.5, 21]) {
    await assertRejects(
      () => collect(runDemo({ out, seeds })),
      ConfigError,
      `Cannot demonstrate with ${seeds} seeds: seeds must be an integer from 1 to 20`,
    );
  }
  await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
});

Deno.test("a stopped demonstration ends with interrupted and writes no report", async () => {
  const out = await Deno.makeTempDir();
  const stop = new AbortController();
  const events: DemoProgress[] = [];
  for await (const event of runDemo({ out, quick: true, signal: stop.signal })) {
    events.push(event);
    if (event.event === "progress") stop.abort();
  }
  assertEquals(events.at(-1), { event: "interrupted" });
  assertEquals(events.filter(({ event }) => event === "run"), []);
  assertEquals([...Deno.readDirSync(out)], []);
});

Deno.test("the quick demonstration leaves files from which its student can be trained again", async (t) => {
  const out = await Deno.makeTempDir();
  const events = await collect(runDemo({ out, quick: true, seeds: 2 }));
  const last = events.at(-1)!;
  assert(last.event === "done");
  const result: DemoResult = last;
  const aft = result.table[2];

  await t.step("every method has a student for each seed", () => {
    assertEquals(result.table.map(({ method }) => method), ["stl", "kd", "aft"]);
    for (const { accuracies, mean, deviation } of result.table) {
      assertEquals(accuracies.length, 2);
      assertAlmostEquals(mean, (accuracies[0] + accuracies[1]) / 2, 1e-12);
      assertAlmostEquals(deviation!, Math.abs(accuracies[0] - accuracies[1]) / Math.SQRT2, 1e-12);
    }
    const runs = events.filter(({ event }) => event === "run");
    assertEquals(runs.length, 6);
  });

  await t.step("progress rises to its end", () => {
    const done = events.flatMap((event) => event.event === "progress" ? [event.done] : []);
    assertEquals(done, done.toSorted((a, b) => a - b));
    const progress = events.findLast(({ event }) => event === "progress")!;
    assert(progress.event === "progress");
    assertEquals(progress.done, progress.total);
  });

  await t.step("energies are shares, and teachers know what they were taught", () => {
    assertAlmostEquals(result.energy.reduce((sum, { share }) => sum + share, 0), 1, 1e-9);
    const [shapes, kinds, shuffled] = result.teachers;
    assert(shapes.probe > shuffled.probe && shapes.accuracy! > 0.3 && kinds.accuracy! > 0.6);
    assertEquals(shuffled.accuracy, null);
  });

  await t.step(
    "files are data, features and a model in the forms that every run reads",
    async () => {
      const data = await readDataset(result.data);
      assertEquals([data.classes, data.inputShape], [[...CLASSES], [1, SIDE, SIDE]]);
      const teachers = await readFeatures([...result.features], data);
      assertEquals(teachers.map(({ name }) => name), ["shapes", "kinds", "shuffled"]);
      for (const { splits } of teachers) {
        const values = new Float16Array(
          splits.train.values.buffer,
          splits.train.values.byteOffset,
          splits.train.values.length,
        );
        const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
        assertAlmostEquals(square, 1, 1e-2);
      }
      assertEquals((await loadModel(result.checkpoint)).data.classes, [...CLASSES]);
    },
  );

  await t.step("the command it prints gives the same student, to the last bit", async () => {
    const words = result.command.split(" ");
    assertEquals(words.slice(0, 2), ["aft", "train"]);
    let config = {};
    for (let i = 2; i < words.length; i += 2) {
      config = { ...config, ...parseConfigFlag(words[i].slice(2), words[i + 1]) };
    }
    for await (const progress of train({ ...config, out: `${out}/again` })) {
      if (progress.event !== "done") continue;
      assert("accuracy" in progress.test);
      assertEquals(progress.test.accuracy, aft.accuracies[0]);
    }
    const before = await (await loadModel(result.checkpoint)).student.state();
    const after = await (await loadModel(`${out}/again/checkpoint.safetensors`)).student.state();
    assertEquals(after, before);
  });

  await t.step("text and report carry the verdict, and the warning of quick runs", async () => {
    const text = formatDemo(result);
    const page = await Deno.readTextFile(result.report);
    assertStringIncludes(page, result.verdict[0].replaceAll(" %", "\u00a0%"));
    for (const sentence of result.verdict) assertStringIncludes(text, sentence);
    assertStringIncludes(text, "Quick: everybody was trained far too little");
    assertStringIncludes(text, result.report);
    assertStringIncludes(text, " +- ");
    assertStringIncludes(page, "data:image/bmp;base64,");
    assert(!/<script(?! type="application\/json")/.test(page));
  });
});
