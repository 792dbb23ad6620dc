import { assert, assertEquals, assertRejects } from "@std/assert";
import { readCheckpoint } from "../../aft/checkpoint.ts";
import type { TrainConfig } from "../../aft/config.ts";
import { train } from "../../aft/train.ts";
import { ConfigError } from "../../gpu/errors.ts";
import { inTempFolder } from "./data/make.ts";
import { follow, only, tableData, teacherOf, valueData, writeTask } from "./small.ts";

const SMALL = { student: "mlp:16", batchSize: 16, lr: 0.01, steps: 23, logEvery: 5 } as const;

/** Lines of the log without what the clock decides. */
async function logOf(out: string): Promise<unknown[]> {
  const lines = (await Deno.readTextFile(`${out}/metrics.jsonl`)).trim().split("\n");
  return lines.map((line) => ({ ...JSON.parse(line), seconds: 0, checkpoint: "" }));
}

function bytesOf(out: string): Promise<Uint8Array> {
  return Deno.readFile(`${out}/checkpoint.safetensors`);
}

const RUNS: Record<string, Partial<TrainConfig>> = {
  "aft with adam": { method: "aft", beta: 2, standardise: true, evalEvery: 4 },
  "kd with sgd and momentum": { method: "kd", optimiser: "sgd", momentum: 0.9, clipNorm: 1 },
  "stl with adamw on few rows": {
    method: "stl",
    optimiser: "adamw",
    weightDecay: 0.1,
    perClass: 6,
  },
  "an average of two batches a step": { method: "aft", ema: 0.8, accumulate: 2, evalEvery: 10 },
  "fixed rho": { method: "aft", rho: "fixed", valSize: 0.2, schedule: "warmup:4,cosine" },
};

for (const [name, change] of Object.entries(RUNS)) {
  Deno.test(`a run that is stopped and resumed ends with the same bytes: ${name}`, () =>
    inTempFolder(async (folder) => {
      const data = tableData();
      const paths = await writeTask(folder, data, [teacherOf(data)]);
      const config = { ...SMALL, ...paths, ...change };
      const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
      await follow({ ...config, out: whole });
      for (const step of [5, 10, 20]) {
        const said = await follow({ ...config, out: parts }, {
          resume: true,
          until: (progress) => progress.step === step,
        });
        assertEquals(said.at(-1), {
          event: "interrupted",
          step,
          checkpoint: `${parts}/checkpoint.safetensors`,
        });
        const page = await Deno.readTextFile(`${parts}/report.html`);
        assert(page.includes('"interrupted":true'));
      }
      const said = await follow({ ...config, out: parts }, { resume: true });
      assertEquals(only(said, "start").step, 20);
      assertEquals(await bytesOf(parts), await bytesOf(whole));
      assertEquals(await logOf(parts), await logOf(whole));
      const page = await Deno.readTextFile(`${parts}/report.html`);
      assert(page.includes('"interrupted":false'));
    }));
}

Deno.test("a run that is stopped between two lines of the log goes on with their sums", () =>
  inTempFolder(async (folder) => {
    const data = valueData();
    const paths = await writeTask(folder, data, [teacherOf(data)]);
    const config = { ...SMALL, ...paths, method: "kd", checkpointEvery: 3 } as const;
    const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
    await follow({ ...config, out: whole });
    for (const step of [3, 6, 9, 12, 18, 21]) {
      await follow({ ...config, out: parts }, {
        resume: true,
        until: ({ event, step: now }) => event === "checkpoint" && now === step,
      });
      assertEquals((await readCheckpoint(`${parts}/checkpoint.safetensors`)).step, step);
    }
    await follow({ ...config, out: parts }, { resume: true });
    assertEquals(await bytesOf(parts), await bytesOf(whole));
    assertEquals(await logOf(parts), await logOf(whole));
  }));

Deno.test("after a crash a run goes on from its last checkpoint, without lines twice", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    const config = { ...SMALL, ...paths, method: "stl", checkpointEvery: 7, evalEvery: 2 } as const;
    const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
    await follow({ ...config, out: whole });
    for await (const progress of train({ ...config, out: parts })) {
      if (progress.event === "step" && progress.step === 20) break; // no farewell, no checkpoint
    }
    await Deno.writeTextFile(`${parts}/metrics.jsonl`, '{"event":"st', { append: true });
    const said = await follow({ out: parts }, { resume: true });
    assertEquals(only(said, "start").step, 14);
    assertEquals(await bytesOf(parts), await bytesOf(whole));
    assertEquals(await logOf(parts), await logOf(whole));
  }));

Deno.test("rows that stream and rows on the device go on from each other", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const paths = await writeTask(folder, data, [teacherOf(data)]);
    const config = { ...SMALL, ...paths, beta: 2 };
    const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
    await follow({ ...config, out: whole }, { placement: "device" });
    const until = ({ step }: { step: number }) => step === 10;
    await follow({ ...config, out: parts }, { placement: "device", until });
    await follow({ out: parts }, { placement: "stream", resume: true });
    assertEquals(await bytesOf(parts), await bytesOf(whole));
  }));

Deno.test("resuming without a checkpoint starts at step 0", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    const config = { ...SMALL, ...paths, method: "stl", out: `${folder}/run` } as const;
    const said = await follow(config, { resume: true });
    assertEquals(only(said, "start").step, 0);
    assertEquals(only(said, "done").step, 23);
  }));

Deno.test("a run that fell before its first checkpoint starts again with a fresh log", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    const config = { ...SMALL, ...paths, method: "stl", out: `${folder}/run` } as const;
    for await (const progress of train(config)) if (progress.event === "step") break;
    const said = await follow({ out: config.out }, { resume: true });
    assertEquals(only(said, "start").step, 0);
    assertEquals((await logOf(config.out)).length, 7); // five lines, the evaluation, done
  }));

Deno.test("a finished run says done again, and touches nothing", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    const config = { ...SMALL, ...paths, method: "stl", out: `${folder}/run` } as const;
    const done = only(await follow(config), "done");
    const before = await Deno.stat(`${config.out}/checkpoint.safetensors`);
    assertEquals(await follow(config, { resume: true }), [done]);
    await Deno.remove(paths.data); // not even the data are needed
    assertEquals(await follow({ out: `${config.out}/` }, { resume: true }), [done]);
    assertEquals((await Deno.stat(`${config.out}/checkpoint.safetensors`)).mtime, before.mtime);
  }));

Deno.test("a folder with a checkpoint is refused unless it is resumed", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    const config = { ...SMALL, ...paths, method: "stl", out: `${folder}/run` } as const;
    await follow(config);
    const error = await assertRejects(() => follow(config), ConfigError);
    assertEquals(
      error.message,
      `Cannot train into ${config.out}: it holds a checkpoint; resume it, or choose another folder`,
    );
    assertEquals(error.field, "out");
    const file = await assertRejects(() => follow({ ...config, out: paths.data }), ConfigError);
    assertEquals(file.message, `Cannot train into ${paths.data}: it is a file`);
  }));

Deno.test("a changed field or changed data are refused", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const paths = await writeTask(folder, data, [teacherOf(data)]);
    const config = { ...SMALL, ...paths, out: `${folder}/run` };
    await follow(config, { until: ({ step }) => step === 5 });
    const before = await bytesOf(config.out);
    const refused = (change: Partial<TrainConfig>, message: string) =>
      assertRejects(() => follow({ ...config, ...change }, { resume: true }), ConfigError, message);
    await refused({ beta: 3 }, "with beta 3: it began with beta 30");
    await refused({ steps: 24 }, "with steps 24: it began with steps 23");
    await refused({ method: "stl" }, "with method stl: it began with method aft");
    const { test } = data.splits;
    const turned = { ...test, labels: test.labels.toReversed() as Int32Array<ArrayBuffer> };
    await writeTask(folder, { ...data, splits: { ...data.splits, test: turned } });
    await refused({}, "Cannot resume at step 5: an input or a label of a test row changed since");
    await writeTask(folder, data, [teacherOf(data, { stream: 9 })]);
    await refused({}, "Cannot resume at step 5: the values of inputs or features changed since");
    await writeTask(folder, tableData(96, 39), [teacherOf(data)]);
    await refused({}, "Cannot resume at step 5: the number of rows changed since the run was left");
    assertEquals(await bytesOf(config.out), before);
  }));

Deno.test("a resumed run may save more often, and counts the seconds before", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    const config = { ...SMALL, ...paths, method: "stl", out: `${folder}/run` } as const;
    await follow(config, { until: ({ step }) => step === 10 });
    const lines = (await logOf(config.out)).length;
    const path = `${config.out}/metrics.jsonl`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replaceAll(/"seconds":[\d.e-]+/g, '"seconds":1000'));
    const said = await follow({ ...config, checkpointEvery: 6 }, { resume: true });
    assertEquals(said.flatMap((p) => p.event === "checkpoint" ? [p.step] : []), [12, 18]);
    const { seconds } = only(said, "done");
    assert(seconds > 1000 && seconds < 1100, String(seconds));
    assertEquals(lines, 2);
  }));
