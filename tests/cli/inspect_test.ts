import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeSafetensors } from "../../nn/safetensors.ts";
import { cifarBatch, f16, f32, idx, labelledTensors } from "../aft/data/make.ts";
import { command, events, here, inFolder, smallRun, writeSmallData } from "./support.ts";

/** What inspect says of one path, for machines. */
async function inspect(path: string, ...flags: string[]) {
  const { exit, stdout, stderr } = await here(["inspect", path, ...flags, "--json"]);
  assertEquals([exit, stderr], [0, ""]);
  return events(stdout)[0];
}

Deno.test("inspect counts rows and classes of data and says where inputs lie", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const found = await inspect(`${folder}/data`);
    assertEquals([found.event, found.kind, found.format, found.task], [
      "inspect",
      "data",
      "csv",
      "classification",
    ]);
    assertEquals([found.classes, found.columns, found.label], [
      ["high", "low"],
      ["size", "noise"],
      "label",
    ]);
    const { train, test } = found.splits;
    assertEquals([train.rows, train.classCounts, test.rows], [64, [32, 32], 16]);
    assertEquals([train.inputs.min, train.inputs.max], [0, 15]);
    assertEquals(train.constantColumns, []);
    const { stdout } = await here(["inspect", `${folder}/data`]);
    assertStringIncludes(stdout, "Data      CSV, 2 columns, 2 classes\n");
    assertStringIncludes(stdout, "train     64 rows; inputs (floats) 0 to 15, mean ");
    assertStringIncludes(stdout, "  class  train  test\n  high      32     8\n");
  });
});

Deno.test("inspect tells formats of data apart by content", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(
      `${folder}/images`,
      idx(8, [3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]),
    );
    await Deno.mkdir(`${folder}/cifar`);
    for (const name of ["data_batch_1", "test_batch"]) {
      await Deno.writeFile(`${folder}/cifar/${name}.bin`, cifarBatch([0, 3, 3]));
    }
    await Deno.writeFile(`${folder}/labelled`, labelledTensors({}, { classes: "cat,dog" }));
    const images = await inspect(`${folder}/images`);
    assertEquals([images.format, images.task, images.inputShape], ["idx", null, [1, 2, 2]]);
    assertEquals(images.splits.all.inputs.max, 255);
    const cifar = await inspect(`${folder}/cifar`);
    assertEquals([cifar.format, cifar.splits.train.classCounts], ["cifar10", [
      1,
      0,
      0,
      2,
      0,
      0,
      0,
      0,
      0,
      0,
    ]]);
    const labelled = await inspect(`${folder}/labelled`);
    assertEquals([labelled.format, labelled.classes], ["safetensors", ["cat", "dog"]]);
    assertEquals(labelled.splits.test.rows, 2);
  });
});

Deno.test("inspect names constant columns and the range of values to be predicted", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/values.csv`;
    await Deno.writeTextFile(path, "x,same,label\n1,5,0.5\n2,5,-1.5\n");
    const { splits, task } = await inspect(path);
    assertEquals([task, splits.all.constantColumns], ["regression", [1]]);
    assertEquals([splits.all.labels.min, splits.all.labels.max], [-1.5, 0.5]);
    const { stdout } = await here(["inspect", path]);
    assertStringIncludes(stdout, "labels -1.5 to 0.5, mean -0.5, deviation 1\n");
    assertStringIncludes(stdout, "1 constant column: same\n");
    const classes = await here(["inspect", path, "--label", "x", "--json"]);
    assertEquals(events(classes.stdout)[0].classes, ["1", "2"]);
  });
});

Deno.test("inspect describes a teacher's features: rows, type, mean square, constant columns, notes", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/features.safetensors`;
    const tensors = { train: f16([2, 3], [1, 2, 3, 1, -2, 3]), test: f16([1, 3], [0, 0, 1]) };
    await Deno.writeFile(path, encodeSafetensors(tensors, { model: "resnet20", note: "raw" }));
    const found = await inspect(path);
    assertEquals([found.kind, found.name, found.columns], ["features", "resnet20", 3]);
    const { train, test } = found.splits;
    assertEquals([train.rows, train.dtype, train.constantColumns], [2, "f16", [0, 2]]);
    assertEquals(train.values.meanSquare.toFixed(9), (28 / 6).toFixed(9));
    assertEquals([test.rows, found.metadata.note], [1, "raw"]);
    const { stdout } = await here(["inspect", path], { columns: 200 });
    assertStringIncludes(stdout, "Features  teacher resnet20, 3 columns\n");
    assertStringIncludes(stdout, "mean square 4.667; 2 constant columns\n");
    assertStringIncludes(stdout, "Note      note: raw\n");
  });
});

Deno.test("inspect goes through the files of a folder of features", async () => {
  await inFolder(async (folder) => {
    for (const name of ["a", "b"]) {
      const bytes = encodeSafetensors({ train: f32([2, 1], [1, 2]) });
      await Deno.writeFile(`${folder}/${name}.safetensors`, bytes);
    }
    const { exit, stdout } = await here(["inspect", folder, "--json"]);
    assertEquals(exit, 0);
    assertEquals(events(stdout).map(({ path, kind }) => [path, kind]), [
      [`${folder}/a.safetensors`, "features"],
      [`${folder}/b.safetensors`, "features"],
    ]);
  });
});

Deno.test("inspect lists the tensors of any other safetensors file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    await Deno.writeFile(
      path,
      encodeSafetensors({ "layers.0.weight": f32([2, 3], [1, 2, 3, 4, 5, 6]) }),
    );
    const found = await inspect(path);
    assertEquals([found.kind, found.numbers], ["tensors", 6]);
    assertEquals(found.tensors, [{ name: "layers.0.weight", dtype: "F32", shape: [2, 3] }]);
  });
});

Deno.test("inspect explains run, checkpoint, configuration and log of a run", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const run = `${folder}/run`;
    assertEquals((await here(smallRun(folder, { steps: "20", "log-every": "10" }))).exit, 0);
    const found = await inspect(run);
    assertEquals([found.kind, found.finished], ["run", true]);
    assertEquals(Object.keys(found.files), [
      "config.json",
      "metrics.jsonl",
      "checkpoint.safetensors",
      "report.html",
    ]);
    assertEquals(found.log.test, found.checkpoint.test);

    const checkpoint = await inspect(`${run}/checkpoint.safetensors`);
    assertEquals(checkpoint, {
      event: "inspect",
      path: `${run}/checkpoint.safetensors`,
      kind: "checkpoint",
      ...found.checkpoint,
    });
    assertEquals([checkpoint.student, checkpoint.parameters], ["mlp:8", 2 * 8 + 8 + 8 * 2 + 2]);
    assertEquals([checkpoint.method, checkpoint.methodParameters], ["aft", 3]);
    assertEquals([checkpoint.step, checkpoint.steps, checkpoint.finished], [20, 20, true]);
    assertEquals(checkpoint.teachers, [{ name: "ruler", columns: 3 }]);
    const [teacher] = checkpoint.scales.teachers;
    assertEquals([teacher.name, teacher.energyShare, teacher.columnsFor90], ["ruler", 1, 2]);

    assertEquals((await inspect(`${run}/config.json`)).config.steps, 20);
    const log = await inspect(`${run}/metrics.jsonl`);
    assertEquals([log.kind, log.lastStep, log.finished], ["log", 20, true]);
    const { stdout } = await here(["inspect", run]);
    assertStringIncludes(stdout, "Run       finished\n");
    assertStringIncludes(stdout, "Student   mlp:8, 42 parameters\n");
    assertStringIncludes(stdout, "Method    aft, beta 1, 3 numbers learned\n");
    assertStringIncludes(stdout, "  teacher  columns   energy  90 % in  participation  dimension");
  });
});

Deno.test("inspect refuses what it cannot read, with file and place", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/features.safetensors`;
    await Deno.writeFile(path, encodeSafetensors({ train: f32([2, 2], [1, 2, NaN, 4]) }));
    const broken = await here(["inspect", path]);
    assertEquals(broken.exit, 2);
    assertStringIncludes(broken.stderr, `error: Cannot read ${path}: train, row 1`);
    await Deno.writeTextFile(`${folder}/metrics.jsonl`, '{"event":"step","step":1}\n{"ev');
    const log = await here(["inspect", `${folder}/metrics.jsonl`]);
    assertStringIncludes(log.stderr, "line 2 is no JSON");
    assertEquals([log.exit, (await here(["inspect", `${folder}/none`])).exit], [2, 2]);
    assertEquals(await here(["inspect"]), {
      exit: 2,
      stdout: "",
      stderr: "error: Cannot run aft inspect without a path: name a file or folder\n",
    });
  });
});

Deno.test("a reader that goes away ends inspect quietly", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const paths = Array.from({ length: 200 }, () => `${folder}/data`);
    const child = command(["inspect", ...paths]).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assert(value!.length > 0);
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, stderr], [0, ""]);
  });
});
