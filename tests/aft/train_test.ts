import { assert, assertEquals, assertRejects } from "@std/assert";
import { readCheckpoint } from "../../aft/checkpoint.ts";
import { resolveConfig, type TrainConfig } from "../../aft/config.ts";
import { readConfig } from "../../aft/run.ts";
import { train } from "../../aft/train.ts";
import { TrainingError } from "../../aft/training/error.ts";
import { ConfigError, FormatError } from "../../gpu/errors.ts";
import { inTempFolder } from "./data/make.ts";
import { DATA, WITHOUT_DATA } from "./data/shared.ts";
import { follow, imageData, only, tableData, teacherOf, valueData, writeTask } from "./small.ts";

const SMALL = { student: "mlp:16", batchSize: 16, lr: 0.01, steps: 12, logEvery: 5 } as const;

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(path);
  assert(text.endsWith("\n"));
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("a run folder holds configuration, log, checkpoint and report", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const teachers = [teacherOf(data), teacherOf(data, { name: "other", columns: 3 })];
    const config = { ...SMALL, ...await writeTask(folder, data, teachers), beta: 2 };
    const out = `${folder}/runs/one`;
    const said = await follow({ ...config, out });
    assertEquals(
      [...Deno.readDirSync(out)].map(({ name }) => name).sort(),
      ["checkpoint.safetensors", "config.json", "metrics.jsonl", "report.html"],
    );
    const done = only(said, "done");
    assertEquals(said.at(-1), done);
    assertEquals(Object.keys(done), ["event", "step", "test", "seconds", "checkpoint"]);
    assertEquals(Object.keys(done.test), ["accuracy", "loss"]);
    assertEquals(done.checkpoint, `${out}/checkpoint.safetensors`);
    assertEquals(await readConfig(`${out}/config.json`), resolveConfig({ ...config, out }));
    const logged = said.filter(({ event }) => ["step", "evaluation", "done"].includes(event));
    assertEquals(await linesOf(`${out}/metrics.jsonl`), JSON.parse(JSON.stringify(logged)));
    const { step, test, teachers: names } = await readCheckpoint(done.checkpoint!);
    assertEquals({ step, test }, { step: 12, test: done.test });
    assertEquals(names.map(({ columns }) => columns), [4, 3]);
  }));

Deno.test("the report shows the run's own numbers", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const teachers = [teacherOf(data), teacherOf(data, { name: "other", columns: 3 })];
    const config = { ...SMALL, ...await writeTask(folder, data, teachers), valSize: 20 };
    const out = `${folder}/run`;
    const said = await follow({ ...config, out }, { environment: { versions: { deno: "9" } } });
    const page = await Deno.readTextFile(`${out}/report.html`);
    const shown = JSON.parse(page.match(/<script[^>]*id="report-data"[^>]*>(.*?)<\/script>/s)![1]);
    assertEquals(shown.title, out);
    assertEquals([shown.task, shown.classes], ["classification", ["ant", "bee", "cow"]]);
    assertEquals(shown.metrics.map(({ step }: { step: number }) => step), [5, 10, 12]);
    assertEquals(shown.final, { ...only(said, "done").test, rows: 40 });
    assertEquals(shown.confusion.flat().reduce((a: number, b: number) => a + b), 40);
    const energies = shown.scales.teachers.map(({ name, energyShare }: ScaleLine) => {
      return { name, energyShare };
    });
    assertEquals(energies.map(({ name }: ScaleLine) => name), ["teacher", "other"]);
    assertEquals(shown.environment.versions, { deno: "9" });
    assertEquals(shown.interrupted, false);
    assertEquals(shown.evaluations.map(({ split }: { split: string }) => split), ["val", "test"]);
  }));

interface ScaleLine {
  name: string;
  energyShare: number;
}

Deno.test("values, pixels in bytes and every method train from files", () =>
  inTempFolder(async (folder) => {
    const values = valueData();
    const config = { ...SMALL, ...await writeTask(folder, values, [teacherOf(values)]) };
    const done = only(await follow({ ...config, method: "kd", out: `${folder}/v` }), "done");
    assertEquals(Object.keys(done.test), ["loss", "mae", "r2"]);
    const page = await Deno.readTextFile(`${folder}/v/report.html`);
    assert(page.includes("mean absolute error"));
    await Deno.mkdir(`${folder}/images`);
    const images = await writeTask(`${folder}/images`, imageData());
    const { test } = only(
      await follow({ ...SMALL, ...images, method: "stl", out: `${folder}/i`, steps: 60 }),
      "done",
    );
    assert("accuracy" in test && test.accuracy > 0.9, JSON.stringify(test));
  }));

Deno.test("what is refused makes no run folder", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const paths = await writeTask(folder, data, [teacherOf(data)]);
    const few = { ...teacherOf(tableData(10)), name: "few" };
    const { features: [short] } = await writeTask(folder, data, [few]);
    const broken = `${folder}/broken.safetensors`;
    await Deno.writeTextFile(broken, "no header");
    const cases: [Partial<TrainConfig>, new (message: string) => Error, string][] = [
      [{ data: `${folder}/none` }, Deno.errors.NotFound, `Cannot find ${folder}/none`],
      [{ data: undefined }, ConfigError, "Cannot train with no data"],
      [{ features: [`${folder}/x`] }, Deno.errors.NotFound, `Cannot find ${folder}/x`],
      [{ features: [] }, ConfigError, "features must be given for method aft"],
      [{ features: [short] }, FormatError, "tensor train has 10 rows, the data has 96"],
      [{ data: broken }, FormatError, `Cannot read ${broken}`],
      [{ steps: 0 }, ConfigError, "Cannot train with steps 0"],
      [{ student: "cnn:8" }, ConfigError, "Cannot make the student cnn:8"],
      [{ schedule: "cosin" }, ConfigError, "Cannot read the schedule cosin"],
      [{ trainSize: 97 }, ConfigError, "Cannot draw 97 rows"],
      [{ valSize: 96 }, ConfigError, "Cannot set 96 rows aside"],
      [{ testSize: 0.1 }, ConfigError, "it has its own test rows"],
    ];
    for (const [change, kind, message] of cases) {
      const out = `${folder}/runs/refused`;
      await assertRejects(() => follow({ ...SMALL, ...paths, ...change, out }), kind, message);
      await assertRejects(() => Deno.stat(`${folder}/runs`), Deno.errors.NotFound);
    }
  }));

Deno.test("a run that goes astray keeps its last checkpoint", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    // All is well for ten steps; then the rate is a hundred million times as high.
    const config = { ...SMALL, ...paths, method: "stl", optimiser: "sgd", steps: 40 } as const;
    const out = `${folder}/run`;
    await assertRejects(
      () => follow({ ...config, schedule: "step:10:1e8", checkpointEvery: 10, out }),
      TrainingError,
    );
    const { step, student } = await readCheckpoint(`${out}/checkpoint.safetensors`);
    assertEquals(step, 10);
    assert(student["head.weight"].values.every(Number.isFinite));
  }));

Deno.test("a report that cannot be written costs no weights", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    for (const until of [undefined, ({ step }: { step: number }) => step === 5]) {
      const out = `${folder}/${until ? "stopped" : "whole"}`;
      await Deno.mkdir(`${out}/report.html`, { recursive: true });
      await assertRejects(() => follow({ ...SMALL, ...paths, method: "stl", out }, { until }));
      const { step, test } = await readCheckpoint(`${out}/checkpoint.safetensors`);
      assertEquals([step, test !== undefined], until ? [5, false] : [12, true]);
    }
  }));

Deno.test("a run stops when its reader stops reading", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    for await (const progress of train({ ...SMALL, ...paths, method: "stl", out: `${folder}/r` })) {
      if (progress.event === "step") break;
    }
    assertEquals((await linesOf(`${folder}/r/metrics.jsonl`)).length, 1);
  }));

Deno.test("real images and real teachers' features train: CIFAR-10 with two teachers", {
  ignore: WITHOUT_DATA,
}, () =>
  inTempFolder(async (folder) => {
    const features = ["squeezenet", "resnet20"].map((name) =>
      `${DATA}/features/cifar10_${name}.f16.safetensors`
    );
    const config = { data: `${DATA}/cifar10`, features, trainSize: 1000, beta: 30 };
    const out = `${folder}/run`;
    const said = await follow({ ...config, steps: 60, logEvery: 20, out });
    const { rows, parameters, teachers, onDevice } = only(said, "start");
    assertEquals(rows, { train: 1000, val: 0, test: 2000 });
    assertEquals(parameters, 3072 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10 + 512 + 64);
    assertEquals(teachers.map(({ columns }) => columns), [512, 64]);
    assertEquals(onDevice, ["inputs", "labels", "features"]);
    const lines = said.filter((progress) => progress.event === "step");
    assert(lines[2].taskLoss < lines[0].taskLoss);
    assert(lines[2].regulariser! < lines[0].regulariser!);
    const { test } = only(said, "done");
    assert("accuracy" in test && test.accuracy > 0.25, JSON.stringify(test)); // chance is 0.1
    const { data } = await readCheckpoint(`${out}/checkpoint.safetensors`);
    assertEquals([data.inputShape, data.classes[3]], [[3, 32, 32], "cat"]);
  }));
