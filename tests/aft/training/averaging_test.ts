import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { loadModel, writeCheckpoint } from "../../../aft/checkpoint.ts";
import { evaluateModel } from "../../../aft/evaluate.ts";
import { Trainer, type TrainerOptions } from "../../../aft/trainer.ts";
import { currentGpu, openGpu } from "../../../gpu/mod.ts";
import { inTempFolder } from "../data/make.ts";
import { only, tableData, teacherOf } from "../small.ts";

await openGpu();
const SMALL = { student: "mlp:16", batchSize: 16, lr: 0.05, method: "stl" } as const;

/** A run that is over. */
async function finished(options: Partial<TrainerOptions>, data = tableData()) {
  const trainer = new Trainer(data, { ...SMALL, ...options });
  return { trainer, said: await Array.fromAsync(trainer.run()) };
}

Deno.test("evaluations and the model of a checkpoint use averaged weights, training goes on without", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const { test } = data.splits;
    const { trainer, said } = await finished({ steps: 20, ema: 0.9 });
    const trained = await evaluateModel(trainer.model, test);
    const averaged = await trainer.optimiser.withAverage(() => evaluateModel(trainer.model, test));
    assertEquals(only(said, "done").test, averaged.score);
    assert(averaged.score.loss !== trained.score.loss);
    const plain = await finished({ steps: 20 });
    assertEquals(only(plain.said, "done").test, trained.score); // an average changes no step
    const path = `${folder}/c.safetensors`;
    await writeCheckpoint(path, await trainer.checkpoint());
    assertEquals((await evaluateModel(await loadModel(path), test)).score, averaged.score);
  }));

Deno.test("before the first update a checkpoint holds no average yet", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const trainer = new Trainer(data, { ...SMALL, steps: 5, ema: 0.9 });
    const path = `${folder}/c.safetensors`;
    await writeCheckpoint(path, await trainer.checkpoint());
    const { inputs } = data.splits.test;
    assertEquals(
      await (await loadModel(path)).outputs(inputs),
      await trainer.model.outputs(inputs),
    );
  }));

Deno.test("while scales alone take steps a checkpoint's model is the student at its start", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const settings = { method: "aft", rhoSteps: 3, steps: 6, logEvery: 1, ema: 0.9 } as const;
    const trainer = new Trainer(data, { ...SMALL, ...settings, teachers: [teacherOf(data)] });
    for await (const { step } of trainer.run()) if (step === 2) break;
    const path = `${folder}/c.safetensors`;
    await writeCheckpoint(path, await trainer.checkpoint());
    const { inputs } = data.splits.test;
    assertEquals(
      await (await loadModel(path)).outputs(inputs),
      await trainer.model.outputs(inputs),
    );
  }));

Deno.test("batches of one update are exactly as many, and their mean gradient is that of all their rows", async () => {
  const options = { steps: 6, optimiser: "sgd", logEvery: 6, trainSize: 96 } as const;
  const { counters } = currentGpu();
  const before = { ...counters };
  const { trainer, said } = await finished({ ...options, batchSize: 16, accumulate: 3 });
  assertEquals([trainer.step, trainer.optimiser.steps], [6, 6]);
  assert(counters.submits - before.submits >= 18, "a submit for each batch");
  // 96 rows: in every epoch the same rows in the same order, 16 or 48 at a time.
  const whole = await finished({ ...options, batchSize: 48 });
  const [parts, all] = [await trainer.checkpoint(), await whole.trainer.checkpoint()];
  for (const [name, { values }] of Object.entries(all.student)) {
    values.forEach((value, i) => assertAlmostEquals(parts.student[name].values[i], value, 1e-5));
  }
  const [mean, expected] = [only(said, "step"), only(whole.said, "step")];
  assertAlmostEquals(mean.taskLoss, expected.taskLoss, 1e-5);
  assertAlmostEquals(mean.accuracy!, expected.accuracy!, 1e-6);
});

Deno.test("a method sees the rows of one batch at a time, whatever the batches of an update", async () => {
  const data = tableData();
  const options = {
    method: "aft",
    beta: 1,
    lr: 0,
    regulariserLr: 0,
    steps: 1,
    logEvery: 1,
  } as const;
  const gapOf = async (batchSize: number, accumulate: number) => {
    const teachers = [teacherOf(data)];
    const { said } = await finished({ ...options, batchSize, accumulate, teachers }, data);
    return only(said, "step").regulariser!;
  };
  const [together, apart] = [await gapOf(96, 1), await gapOf(32, 3)];
  assert(Math.abs(together - apart) > 1e-4, "similarity within batches of 32 is another one");
});
