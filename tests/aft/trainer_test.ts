import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeCheckpoint } from "../../aft/checkpoint.ts";
import { scoreOutputs } from "../../aft/evaluate.ts";
import type { Progress, StepProgress } from "../../aft/progress.ts";
import { Trainer, type TrainerOptions } from "../../aft/trainer.ts";
import { TrainingError } from "../../aft/training/error.ts";
import { BatchOrder } from "../../aft/training/order.ts";
import type { TeacherFeatures, TrainingData } from "../../aft/training/prepare.ts";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { openGpu } from "../../gpu/mod.ts";
import { imageData, only, tableData, teacherOf, valueData } from "./small.ts";

const gpu = await openGpu();
const SMALL = { student: "mlp:16", batchSize: 16, lr: 0.01 } as const;

async function run(trainer: Trainer, signal?: AbortSignal): Promise<Progress[]> {
  return await Array.fromAsync(trainer.run({ signal }));
}

function linesOf(said: readonly Progress[]): StepProgress[] {
  return said.filter((progress): progress is StepProgress => progress.event === "step");
}

/** The bits of everything that a run has become. */
async function bitsOf(data: TrainingData, options: TrainerOptions): Promise<Uint8Array> {
  const trainer = new Trainer(data, options);
  await run(trainer);
  return encodeCheckpoint(await trainer.checkpoint());
}

Deno.test("rows are shuffled anew in every epoch, each once, without the last short batch", () => {
  const order = new BatchOrder(10, 4, 1);
  assertEquals([order.size, order.perEpoch], [4, 2]);
  const epochs = [0, 1, 2].map((epoch) => [...order.at(2 * epoch), ...order.at(2 * epoch + 1)]);
  for (const rows of epochs) assertEquals(new Set(rows).size, 8);
  assert(JSON.stringify(epochs[0]) !== JSON.stringify(epochs[1]));
  const left = epochs.map((rows) => [...Array(10).keys()].filter((row) => !rows.includes(row)));
  assert(new Set(left.map(String)).size > 1, "another two rows are left out in another epoch");
  assertEquals(new BatchOrder(10, 4, 1).at(5), order.at(5)); // a function of seed and step
  assert(String(new BatchOrder(10, 4, 2).at(5)) !== String(order.at(5)));
});

Deno.test("where there are fewer rows than a batch holds, all of them are the batch", async () => {
  const order = new BatchOrder(5, 128, 1);
  assertEquals([...order.at(3)].sort(), [0, 1, 2, 3, 4]);
  const trainer = new Trainer(tableData(), { ...SMALL, method: "stl", trainSize: 9, steps: 2 });
  assertEquals(only(await run(trainer), "start").batch, 9);
});

Deno.test("a run takes exactly its steps, says what it does, and becomes good", async () => {
  const data = tableData();
  const trainer = new Trainer(data, {
    ...{ ...SMALL, method: "aft", beta: 1, steps: 41, logEvery: 20, trainSize: 60, valSize: 12 },
    teachers: [teacherOf(data), teacherOf(data, { name: "other", columns: 3, dtype: "f32" })],
  });
  const said = await run(trainer);
  const { event: _, device, ...start } = only(said, "start");
  assertEquals(start, {
    ...{ step: 0, steps: 41, method: "aft", student: "mlp:16", batch: 16 },
    parameters: 6 * 16 + 16 + 16 * 3 + 3 + 7,
    rows: { train: 60, val: 12, test: 40 },
    teachers: [{ name: "teacher", columns: 4 }, { name: "other", columns: 3 }],
    onDevice: ["inputs", "labels", "features"],
  });
  assert(device.length > 0);
  assertEquals(said.map(({ event, step }) => `${event} ${step}`), [
    "start 0",
    ...["step 20", "step 40", "step 41", "evaluation 41", "evaluation 41", "done 41"],
  ]);
  const { test, checkpoint } = only(said, "done");
  assert("accuracy" in test && test.accuracy > 0.9, JSON.stringify(test));
  assertEquals(checkpoint, undefined);
  assertEquals(trainer.step, 41);
  assertEquals(trainer.optimiser.steps, 41);
});

Deno.test("a line of the log holds means over the steps since the line before", async () => {
  const data = tableData();
  const options = { ...SMALL, method: "kd", steps: 12, teachers: [teacherOf(data)] } as const;
  const each = linesOf(await run(new Trainer(data, { ...options, logEvery: 1 })));
  const some = linesOf(await run(new Trainer(data, { ...options, logEvery: 5 })));
  assertEquals(some.map(({ step }) => step), [5, 10, 12]);
  for (const [i, [from, to]] of [[0, 5], [5, 10], [10, 12]].entries()) {
    const part = each.slice(from, to);
    for (const name of ["taskLoss", "regulariser", "accuracy"] as const) {
      const mean = part.reduce((sum, line) => sum + line[name]!, 0) / part.length;
      assertAlmostEquals(some[i][name]!, mean, 1e-6);
    }
    assertEquals(some[i].learningRate, part.at(-1)!.learningRate);
  }
});

Deno.test("the rate follows the schedule step by step", async () => {
  const options = { ...SMALL, method: "stl", steps: 4, logEvery: 1, schedule: "cosine" } as const;
  const lines = linesOf(await run(new Trainer(tableData(), options)));
  const expected = [0, 1, 2, 3].map((step) => 0.01 * 0.5 * (1 + Math.cos(Math.PI * step / 4)));
  lines.forEach(({ learningRate }, i) => assertAlmostEquals(learningRate, expected[i], 1e-12));
});

Deno.test("inputs are normalised per channel with statistics of the training rows in use", () => {
  const data = imageData();
  const trainer = new Trainer(data, { ...SMALL, method: "stl", perClass: 4, steps: 1, lr: 0 });
  const { mean, deviation } = trainer.model.scaling.inputs;
  const pixels = (channel: number) =>
    [...trainer.chosen.train].flatMap((row) => [
      ...data.splits.train.inputs.subarray(row * 24 + channel * 12, row * 24 + channel * 12 + 12),
    ]);
  for (const channel of [0, 1]) {
    const values = pixels(channel);
    assertEquals(values.length, 8 * 12);
    const average = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / values.length;
    assertAlmostEquals(mean[channel], average, 1e-9);
    assertAlmostEquals(deviation[channel], Math.sqrt(variance), 1e-9);
  }
  assertEquals(trainer.chosen.train.length, 8);
});

Deno.test("the loss of a step is that of its batch, as plain numbers have it", async () => {
  const data = tableData();
  const options = { ...SMALL, method: "stl", steps: 1, lr: 0, seed: 5, trainSize: 40 } as const;
  const trainer = new Trainer(data, options);
  const [line] = linesOf(await run(trainer));
  const positions = new BatchOrder(40, 16, 5).at(0);
  const rows = [...positions].map((position) => trainer.chosen.train[position]);
  const logits = forward(await trainer.model.student.state(), trainer, rows);
  const labels = rows.map((row) => data.splits.train.labels[row]);
  const { score } = scoreOutputs(logits.flat(), labels, data);
  assertAlmostEquals(line.taskLoss, score.loss, 1e-5);
  assert("accuracy" in score);
  assertAlmostEquals(line.accuracy!, score.accuracy, 1e-6);
});

/** The student in plain numbers: one hidden layer. */
function forward(
  state: Awaited<ReturnType<Trainer["model"]["student"]["state"]>>,
  trainer: Trainer,
  rows: readonly number[],
): number[][] {
  const { mean, deviation } = trainer.model.scaling.inputs;
  const { inputs } = tableData().splits.train;
  const layer = (name: string, x: number[]) => {
    const { values } = state[`${name}.weight`];
    return [...state[`${name}.bias`].values].map((bias, o) =>
      x.reduce((sum, value, i) => sum + value * values[o * x.length + i], bias)
    );
  };
  return rows.map((row) => {
    const x = mean.map((m, i) => (inputs[row * 6 + i] - m) / deviation[i]);
    return layer("head", layer("layers.0", x).map((value) => Math.max(0, value)));
  });
}

const TASKS = {
  "images in bytes with teachers in halves": () => imageData(),
  "a table with teachers of both precisions": () => tableData(),
  "values": () => valueData(),
};

for (const [name, make] of Object.entries(TASKS)) {
  Deno.test(`rows on the device and rows that stream give the same bits: ${name}`, async () => {
    const data = make();
    const mixed = data.layout === "table" ? "f32" : "f16";
    const options: TrainerOptions = {
      ...{ ...SMALL, method: "aft", beta: 2, steps: 9, standardise: true, trainSize: 37 },
      teachers: [teacherOf(data), teacherOf(data, { name: "b", columns: 5, dtype: mixed })],
    };
    const device = await bitsOf(data, { ...options, placement: "device" });
    assertEquals(await bitsOf(data, { ...options, placement: "stream" }), device);
    assertEquals(await bitsOf(data, { ...options, placement: "auto" }), device);
    const other = await bitsOf(data, { ...options, seed: 1 });
    assert(other.some((byte, i) => byte !== device[i]), "another seed gives another student");
  });
}

for (const placement of ["device", "stream"] as const) {
  Deno.test(`a step is one submit without waiting, compiling or new buffers: ${placement}`, async () => {
    const data = imageData();
    const teachers = [teacherOf(data)];
    const options = { ...SMALL, method: "aft", steps: 40, logEvery: 30, placement } as const;
    const trainer = new Trainer(data, { ...options, teachers });
    const countersAt = async (step: number): Promise<typeof gpu.counters> => {
      for await (const progress of trainer.run()) {
        if (progress.event === "step" && progress.step === step) break; // leaves the run there
      }
      return { ...gpu.counters };
    };
    const [first, later] = [await countersAt(30), await countersAt(40)];
    assertEquals(later.readbacks - first.readbacks, 1); // the line of the log
    assertEquals(later.submits - first.submits, 10 + 1); // every step, and the line
    assertEquals(later.compiles - first.compiles, 0);
    assertEquals(later.buffersMade - first.buffersMade, 0);
    assertEquals(later.liveBytes, first.liveBytes);
  });
}

Deno.test("teachers' columns are standardised where that is asked for", async () => {
  const data = tableData();
  const teacher = teacherOf(data, { dtype: "f32" });
  const values = (teacher.splits.train.values as Float32Array).map((x, i) => x * 10 ** (i % 4) + 7);
  const scaled = { ...teacher, splits: { train: { ...teacher.splits.train, values } } };
  const options = { ...SMALL, method: "kd", steps: 1, lr: 0, logEvery: 1 } as const;
  const loss = async (teachers: TeacherFeatures[], standardise: boolean) => {
    const said = await run(new Trainer(data, { ...options, teachers, standardise }));
    return linesOf(said)[0].regulariser!;
  };
  const [raw, plain] = [await loss([scaled], true), await loss([teacher], true)];
  assertAlmostEquals(raw, plain, 1e-3 * plain); // scale and offset are gone
  assert(await loss([scaled], false) > 100 * plain, "and were there");
});

Deno.test("values are learned whatever their unit, and reported in units of the labels", async () => {
  const data = valueData();
  const options = { ...SMALL, method: "stl", steps: 200, lr: 0.02 } as const;
  const trainer = new Trainer(data, options);
  const said = await run(trainer);
  const { test } = only(said, "done");
  assert("r2" in test && test.r2 > 0.95, JSON.stringify(test));
  const { predictions } = trainer.test!;
  const squares = predictions!.map(({ true: label, predicted }) => (label - predicted) ** 2);
  assertAlmostEquals(test.loss, squares.reduce((a, b) => a + b) / squares.length, 1e-6);
  assertEquals(predictions!.map((row) => row.true), [...data.splits.test.labels]);
  const [first] = linesOf(said);
  const { deviation } = trainer.model.scaling.labels!;
  assert(first.taskLoss > 0.02 * deviation[0] ** 2 && first.taskLoss < 2 * deviation[0] ** 2);
  assertEquals(first.accuracy, undefined);
});

Deno.test("weight decay reaches the student alone", async () => {
  const data = tableData();
  const teachers = [teacherOf(data)];
  const after = async (weightDecay: number) => {
    const options = { ...SMALL, method: "aft", rho: "learned", steps: 3 } as const;
    const trainer = new Trainer(data, { ...options, teachers, beta: 0, weightDecay });
    await run(trainer);
    const { student, regulariser } = await trainer.checkpoint();
    return { weight: student["head.weight"].values, s: [...regulariser.s.values] };
  };
  const [kept, decayed] = [await after(0), await after(10)];
  assert(kept.weight.some((value, i) => value !== decayed.weight[i]));
  assertEquals(decayed.s, [0, 0, 0, 0]);
});

Deno.test("s learns at its own rate, and not at all where rho is fixed", async () => {
  const data = tableData();
  const checkpoint = async (given: Partial<TrainerOptions>) => {
    const options = { ...SMALL, method: "aft", steps: 1, teachers: [teacherOf(data)] } as const;
    const trainer = new Trainer(data, { ...options, ...given });
    await run(trainer);
    return await trainer.checkpoint();
  };
  const { regulariser } = await checkpoint({ regulariserLr: 0.05 });
  // Adam's first step is the rate itself, in the direction of the slope.
  for (const s of regulariser.s.values) assertAlmostEquals(Math.abs(s), 0.05, 1e-4);
  const fixed = await checkpoint({ rho: "fixed" });
  assertEquals(Object.keys(fixed.regulariser), []);
  assertEquals(fixed.constants.s.values, new Float32Array(4));
});

Deno.test("every optimiser and clipping train", async () => {
  const data = tableData();
  for (const optimiser of ["adam", "adamw", "sgd"] as const) {
    const momentum = optimiser === "sgd" ? 0.9 : 0;
    const options = {
      ...SMALL,
      method: "stl",
      steps: 60,
      clipNorm: 1,
      optimiser,
      momentum,
    } as const;
    const { test } = only(await run(new Trainer(data, { ...options, lr: 0.02 })), "done");
    assert("accuracy" in test && test.accuracy > 0.8, `${optimiser} ${JSON.stringify(test)}`);
  }
});

Deno.test("a loss that is not finite stops the run with step and rate", async () => {
  const options = { ...SMALL, method: "stl", steps: 60, optimiser: "sgd", lr: 1000 } as const;
  const trainer = new Trainer(tableData(), { ...options, logEvery: 20, schedule: "constant" });
  const error = await assertRejects(() => run(trainer), TrainingError);
  assertEquals(
    error.message.replace(/is (NaN|Infinity) at/, "is X at"),
    "Cannot train on after step 20: the task loss is X at learning rate 1000; take a smaller lr " +
      "or beta, or limit gradients by clip-norm",
  );
  assertEquals([error.step, Number.isFinite(error.loss)], [20, false]);
  await assertRejects(() => trainer.checkpoint(), TrainingError, "a number of ");
});

Deno.test("a stop signal ends the run before its next step", async () => {
  const stop = new AbortController();
  const options = { ...SMALL, method: "stl", steps: 100, logEvery: 7 } as const;
  const trainer = new Trainer(tableData(), options);
  const said: Progress[] = [];
  for await (const progress of trainer.run({ signal: stop.signal })) {
    said.push(progress);
    if (progress.event === "step") stop.abort();
  }
  assertEquals(said.at(-1), { event: "interrupted", step: 7, checkpoint: undefined });
});

Deno.test("evaluations come on validation rows where there are any, else on test rows", async () => {
  const evaluations = async (valSize: number) => {
    const options = { ...SMALL, method: "stl", steps: 5, evalEvery: 2 } as const;
    const said = await run(new Trainer(tableData(), { ...options, valSize }));
    return said.flatMap((p) => p.event === "evaluation" ? [`${p.split} ${p.step}`] : []);
  };
  assertEquals(await evaluations(0), ["test 2", "test 4", "test 5"]);
  assertEquals(await evaluations(0.25), ["val 2", "val 4", "val 5", "test 5"]);
  const own = { ...tableData(), splits: { ...tableData().splits, val: tableData().splits.test } };
  const trainer = new Trainer(own, { ...SMALL, method: "stl", steps: 1 });
  assertEquals(trainer.rows, { train: 96, val: 40, test: 40 });
});

Deno.test("evaluation changes nothing in training", async () => {
  const data = tableData();
  const options = { ...SMALL, method: "stl", steps: 12 } as const;
  const weights = async (evalEvery: number) => {
    const trainer = new Trainer(data, { ...options, evalEvery });
    await run(trainer);
    return (await trainer.checkpoint()).student;
  };
  assertEquals(await weights(1), await weights(0));
});

Deno.test("what does not go together is refused before training", () => {
  const data = tableData();
  const few = teacherOf(tableData(10));
  const error = assertThrows(() => new Trainer(data, { teachers: [few] }), ShapeError);
  assertEquals(
    error.message,
    "Cannot train with teacher teacher: its features are [10, 4], the data ask for [96, 4]",
  );
  assertThrows(
    () => new Trainer(data, { method: "aft" }),
    ConfigError,
    "Cannot train with method aft: it needs a teacher",
  );
  assertThrows(
    () => new Trainer(valueData(), { method: "stl", labelSmoothing: 0.1 }),
    ConfigError,
    "Cannot train with label-smoothing 0.1: it is for classes, these labels are values",
  );
  assertThrows(
    () => new Trainer(data, { method: "stl", trainSize: 97 }),
    ConfigError,
    "Cannot draw 97 rows: train-size must be an integer from 1 to 96",
  );
});

Deno.test("a label that is no number of a class is refused in every split", () => {
  for (const [name, label] of [["train", 3], ["test", -1], ["val", 7], ["test", 0.5]] as const) {
    const data = tableData();
    const labels = Float32Array.from(data.splits.test.labels);
    labels[4] = label;
    const split = { ...data.splits.test, labels };
    const error = assertThrows(
      () => new Trainer({ ...data, splits: { ...data.splits, [name]: split } }, { method: "stl" }),
      ConfigError,
    );
    assertEquals(
      error.message,
      `Cannot train on these data: row 4 of ${name} has label ${label}, the 3 classes have numbers ` +
        "from 0 to 2",
    );
    assertEquals([error.field, error.value], ["data", label]);
  }
});

Deno.test("a method without teachers ignores those it is given", async () => {
  const data = tableData();
  const options = { ...SMALL, method: "stl", steps: 3 } as const;
  const without = await bitsOf(data, options);
  assertEquals(await bitsOf(data, { ...options, teachers: [teacherOf(data)] }), without);
});
