import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { loadModel } from "../../aft/checkpoint.ts";
import { type ClassPrediction, predict, type ValuePrediction } from "../../aft/predict.ts";
import { FormatError } from "../../gpu/errors.ts";
import { inTempFolder } from "./data/make.ts";
import { follow, noise, only, tableData, valueData, writeTask } from "./small.ts";

const SMALL = { method: "stl", student: "mlp:16", batchSize: 16, lr: 0.02, steps: 80 } as const;

Deno.test("every row gets a class and its probability", () =>
  inTempFolder(async (folder) => {
    const data = tableData();
    const paths = await writeTask(folder, data);
    const { checkpoint } = only(await follow({ ...SMALL, ...paths, out: `${folder}/r` }), "done");
    const answers = await Array.fromAsync(predict(checkpoint!, paths.data)) as ClassPrediction[];
    assertEquals(answers.map(({ row }) => row), [...Array(40).keys()]);
    const { labels } = data.splits.test;
    assertEquals(
      answers.map(({ label }) => label),
      [...labels].map((label) => data.classes[label]),
    );
    const right = answers.filter((answer) => answer.class === answer.label).length;
    assert(right > 34, `${right} of 40`);
    for (const answer of answers) {
      assertAlmostEquals(answer.probabilities.reduce((a, b) => a + b), 1, 1e-12);
      assertEquals(answer.probability, Math.max(...answer.probabilities));
      assertEquals(answer.probability, answer.probabilities[data.classes.indexOf(answer.class)]);
    }
    const model = await loadModel(checkpoint!);
    const [a, b, c] = await model.outputs(data.splits.test.inputs);
    const top = Math.exp(a) / (Math.exp(a) + Math.exp(b) + Math.exp(c));
    assertAlmostEquals(answers[0].probabilities[0], top, 1e-6);
  }));

Deno.test("columns of new rows are found by name, and rows without labels have none", () =>
  inTempFolder(async (folder) => {
    const rows = Array.from({ length: 60 }, (_, i) => [i % 2, noise(1, i)]);
    const table = (head: string, line: (row: number[]) => string) =>
      [head, ...rows.map(line)].join("\n");
    const text = table(
      "side,noise,label",
      ([side, x]) => `${side},${x},${side ? "right" : "left"}`,
    );
    for (const name of ["train", "test"]) await Deno.writeTextFile(`${folder}/${name}.csv`, text);
    const config = { ...SMALL, data: folder, out: `${folder}/r` };
    const { checkpoint } = only(await follow(config), "done");
    const path = `${folder}/new.csv`;
    await Deno.writeTextFile(path, "noise,other,side\n0.5,9,1\n-0.5,9,0\n");
    const answers = await Array.fromAsync(predict(checkpoint!, path)) as ClassPrediction[];
    assertEquals(answers.map((answer) => answer.class), ["right", "left"]);
    assertEquals(answers.map((answer) => "label" in answer), [false, false]);
    await Deno.writeTextFile(path, "noise,other\n0.5,9\n");
    await assertRejects(() => Array.fromAsync(predict(checkpoint!, path)), FormatError, "side");
  }));

Deno.test("values come in the unit of the labels, for more rows than a chunk holds", () =>
  inTempFolder(async (folder) => {
    const data = valueData(96, 513);
    const paths = await writeTask(folder, data);
    const config = { ...SMALL, ...paths, steps: 200, out: `${folder}/r` };
    const { checkpoint } = only(await follow(config), "done");
    const answers = await Array.fromAsync(predict(checkpoint!, paths.data)) as ValuePrediction[];
    assertEquals(answers.length, 513);
    const errors = answers.map(({ value, label }) => Math.abs(value - label!));
    const mean = errors.reduce((a, b) => a + b) / errors.length;
    assert(mean < 30, `the mean error is ${mean}`); // labels deviate by about 100
    assertEquals(answers[512].label, data.splits.test.labels[512]);
  }));

Deno.test("rows of another shape are refused", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData());
    const config = { ...SMALL, ...paths, steps: 1, out: `${folder}/r` };
    const { checkpoint } = only(await follow(config), "done");
    const other = await writeTask(folder, valueData());
    await assertRejects(
      () => Array.fromAsync(predict(checkpoint!, other.data)),
      FormatError,
      "its rows have shape [2], the model takes [6]",
    );
    await assertRejects(
      () => Array.fromAsync(predict(`${folder}/none`, other.data)),
      Deno.errors.NotFound,
      `Cannot find ${folder}/none`,
    );
    await assertRejects(
      () => Array.fromAsync(predict(paths.data, other.data)),
      FormatError,
      "it is no checkpoint",
    );
  }));
