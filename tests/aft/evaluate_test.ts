import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { type ClassificationScore, evaluateModel, scoreOutputs } from "../../aft/evaluate.ts";
import { Model } from "../../aft/model.ts";
import { evaluateCheckpoint } from "../../aft/predict.ts";
import { FormatError, ShapeError } from "../../gpu/errors.ts";
import { openGpu } from "../../gpu/mod.ts";
import { inTempFolder } from "./data/make.ts";
import { follow, noise, only, tableData, valueData, writeTask } from "./small.ts";

const gpu = await openGpu();
const CLASSES = { task: "classification", classes: ["a", "b", "c"] } as const;

Deno.test("accuracy, cross-entropy and confusion are those of plain numbers", () => {
  const logits = [0, 0, 0, /**/ 1, 3, 2, /**/ -1, 0, 5, /**/ 10000, 9990, 0];
  const labels = [0, 2, 2, 1];
  const { rows, score, confusion } = scoreOutputs(logits, labels, CLASSES);
  const softmax = (row: number[], label: number) =>
    -Math.log(Math.exp(row[label]) / row.reduce((sum, x) => sum + Math.exp(x), 0));
  const loss = (softmax([0, 0, 0], 0) + softmax([1, 3, 2], 2) + softmax([-1, 0, 5], 2) +
    10 + Math.log1p(Math.exp(-10))) / 4;
  assertEquals(rows, 4);
  assertEquals((score as ClassificationScore).accuracy, 2 / 4); // the first of equals is the answer
  assertAlmostEquals(score.loss, loss, 1e-12);
  assertEquals(confusion, [[1, 0, 0], [1, 0, 0], [0, 1, 1]]);
});

Deno.test("scores of values are those of plain numbers", () => {
  const values = { task: "regression", classes: [] } as const;
  const { score, predictions } = scoreOutputs([1, 2, 4], [1, 3, 5], values);
  assertEquals(score, { loss: 2 / 3, mae: 2 / 3, r2: 1 - 2 / 8 });
  assertEquals(predictions!.map(({ predicted }) => predicted), [1, 2, 4]);
  assertEquals(scoreOutputs([2, 2], [2, 2], values).score, { loss: 0, mae: 0, r2: 1 });
  assertEquals(scoreOutputs([2, 4], [2, 2], values).score, { loss: 2, mae: 1, r2: 0 });
});

function model(): Model {
  return new Model({
    student: "mlp:8",
    data: { ...CLASSES, inputShape: [6], layout: "table" },
    scaling: { inputs: { mean: new Array(6).fill(0.5), deviation: new Array(6).fill(2) } },
    seed: 1,
  });
}

Deno.test("all rows are measured, also those that fill no chunk, each as if it were alone", async () => {
  const rows = 1100; // two chunks of 512 and a short one
  const inputs = Float32Array.from({ length: rows * 6 }, (_, i) => noise(1, i));
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 3);
  const student = model();
  const before = gpu.counters.readbacks;
  const outputs = await student.outputs(inputs);
  assertEquals(gpu.counters.readbacks - before, 1);
  assertEquals(outputs.length, rows * 3);
  for (const row of [0, 511, 512, 1023, 1024, 1099]) {
    const alone = await student.outputs(inputs.slice(row * 6, row * 6 + 6));
    alone.forEach((value, i) => assertAlmostEquals(value, outputs[row * 3 + i], 1e-6));
  }
  const picked = await student.outputs(inputs, [1099, 3]);
  assertAlmostEquals(picked[0], outputs[1099 * 3], 1e-6);
  assertAlmostEquals(picked[3], outputs[3 * 3], 1e-6);
  const split = { rows, inputs, labels, labelled: true };
  const all = await evaluateModel(student, split);
  assertEquals(all.rows, rows);
  assertEquals(all.confusion!.map((row) => row.reduce((a, b) => a + b)), [367, 367, 366]);
  assertEquals(all.score, scoreOutputs(outputs, labels, CLASSES).score);
  const some = await evaluateModel(student, split, [0, 3, 4]);
  assertEquals(some.confusion!.map((row) => row.reduce((a, b) => a + b)), [2, 1, 0]);
});

Deno.test("rows are normalised before the student sees them", async () => {
  const plain = new Model({
    student: "mlp:8",
    data: { ...CLASSES, inputShape: [6], layout: "table" },
    scaling: { inputs: { mean: new Array(6).fill(0), deviation: new Array(6).fill(1) } },
    seed: 1,
  });
  const inputs = Float32Array.of(1, 2, 3, 4, 5, 6);
  assertEquals(
    await model().outputs(inputs),
    await plain.outputs(inputs.map((x) => (x - 0.5) / 2)),
  );
});

Deno.test("a split without rows or labels is refused", async () => {
  const split = { rows: 0, inputs: new Float32Array(0), labels: new Int32Array(0), labelled: true };
  const error = await assertRejects(() => evaluateModel(model(), split), ShapeError);
  assertEquals(
    error.message,
    "Cannot evaluate on 0 rows: there must be at least one, with labels",
  );
});

Deno.test("a checkpoint alone gives the score that its run ended with", () =>
  inTempFolder(async (folder) => {
    for (const [name, data] of Object.entries({ classes: tableData(), values: valueData() })) {
      await Deno.mkdir(`${folder}/${name}`);
      const paths = await writeTask(`${folder}/${name}`, data);
      const config = { ...paths, method: "stl", student: "mlp:8", steps: 20 } as const;
      const done = only(await follow({ ...config, out: `${folder}/${name}/run` }), "done");
      const { step, split, rows, score, classes } = await evaluateCheckpoint(
        done.checkpoint!,
        paths.data,
      );
      assertEquals({ step, split, rows, score }, {
        step: 20,
        split: "test",
        rows: 40,
        score: done.test,
      });
      assertEquals(classes, data.classes);
      const train = await evaluateCheckpoint(done.checkpoint!, paths.data, { split: "train" });
      assertEquals([train.split, train.rows], ["train", 96]);
      assert(train.score.loss !== score.loss);
    }
  }));

/** A path from the folder that the tests run in. */
function relativePath(path: string): string {
  return Deno.cwd().split("/").slice(1).map(() => "..").join("/") + path;
}

Deno.test("of the one file that was cut in training, the test rows are measured again", () =>
  inTempFolder(async (folder) => {
    const { inputs, labels } = tableData().splits.train;
    const lines = Array.from(labels, (label, row) => {
      return `${inputs.slice(6 * row, 6 * row + 6).join(",")},${label}`;
    });
    const data = `${folder}/all.csv`;
    await Deno.writeTextFile(data, ["a,b,c,d,e,f,label", ...lines].join("\n"));
    const config = { data, testSize: 0.25, method: "stl", student: "mlp:8", steps: 20 } as const;
    const done = only(await follow({ ...config, out: `${folder}/run` }), "done");
    const { rows, score } = await evaluateCheckpoint(done.checkpoint!, data);
    assertEquals([rows, score], [24, done.test]);
    for (const spelling of [`${folder}/./run/../all.csv`, relativePath(data)]) {
      const again = await evaluateCheckpoint(done.checkpoint!, spelling);
      assertEquals([again.rows, again.split, again.score], [24, "test", done.test]);
    }
    await Deno.copyFile(data, `${folder}/other.csv`);
    const all = await evaluateCheckpoint(done.checkpoint!, `${folder}/other.csv`);
    assertEquals([all.rows, all.split], [96, "all"]);
    await Deno.writeTextFile(`${folder}/new.csv`, "a,b,c,d,e,f\n1,2,3,4,5,6\n");
    await assertRejects(
      () => evaluateCheckpoint(done.checkpoint!, `${folder}/new.csv`),
      FormatError,
      `Cannot evaluate on ${folder}/new.csv: its rows have no labels`,
    );
  }));

Deno.test("a model is asked for whole rows that are there", async () => {
  const student = model();
  const two = new Float32Array(12);
  for (const row of [2, -1, 0.5]) {
    const message = `Cannot apply a model to row ${row}: the 2 rows are numbered from 0 to 1`;
    await assertRejects(() => student.outputs(two, [0, row]), ShapeError, message);
  }
  const message = "Cannot apply a model to 13 numbers: each row has 6 of them";
  await assertRejects(() => student.features(new Float32Array(13)), ShapeError, message);
});

Deno.test("few buffers serve all numbers of rows", async () => {
  const student = model();
  const ask = (rows: number) => student.outputs(new Float32Array(6 * rows));
  await ask(16);
  const { compiles } = gpu.counters;
  for (const rows of [9, 10, 13, 15, 16]) assertEquals((await ask(rows)).length, 3 * rows);
  assertEquals(gpu.counters.compiles, compiles);
});
