import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "../../aft/files.ts";
import { apart, command, events, here, inFolder, smallRun, writeSmallData } from "./support.ts";

/** Runs `action` with a folder that holds the small data and a model trained on it. */
async function withModel(action: (folder: string, model: string[]) => Promise<void>) {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const { exit, stderr } = await here(smallRun(folder, { steps: "60" }));
    assertEquals([exit, stderr], [0, ""]);
    await action(folder, ["--checkpoint", `${folder}/run/checkpoint.safetensors`]);
  });
}

Deno.test("predict writes CSV with row, class and probability for rows without labels", async () => {
  await withModel(async (folder, model) => {
    const { exit, stdout, stderr } = await here([
      "predict",
      ...model,
      "--data",
      `${folder}/new.csv`,
    ]);
    assertEquals([exit, stderr], [0, ""]);
    const [head, low, high, end] = stdout.split("\n");
    assertEquals([head, end], ["row,class,probability", ""]);
    assertMatch(low, /^0,low,0\.\d+$/);
    assertMatch(high, /^1,high,0\.\d+$/);
    const probability = Number(high.split(",")[2]);
    assert(probability > 0.5 && probability <= 1);
  });
});

Deno.test("predict writes JSON lines with --json, --as jsonl, or into a file that ends so", async () => {
  await withModel(async (folder, model) => {
    const args = ["predict", ...model, "--data", `${folder}/data`];
    const { stdout } = await here([...args, "--json"]);
    const lines = events(stdout);
    assertEquals(lines.length, 16);
    assertEquals(Object.keys(lines[0]), ["row", "class", "probability"]);
    assertEquals((await here([...args, "--as", "jsonl"])).stdout, stdout);
    const out = `${folder}/answers.jsonl`;
    const written = await here([...args, "--out", out]);
    assertEquals([written.exit, written.stdout], [0, `Wrote 16 answers to ${out}\n`]);
    assertEquals(await Deno.readTextFile(out), stdout);
    const told = await here([...args, "--out", out, "--as", "csv", "--json"]);
    assertEquals(events(told.stdout), [{ event: "done", rows: 16, out }]);
    assertStringIncludes(await Deno.readTextFile(out), "row,class,probability\n0,");
  });
});

Deno.test("predict takes the split that was asked for", async () => {
  await withModel(async (folder, model) => {
    const args = ["predict", ...model, "--data", `${folder}/data`, "--json"];
    assertEquals(events((await here([...args, "--split", "train"])).stdout).length, 64);
  });
});

Deno.test("predict refuses what it cannot do, and leaves no file", async () => {
  await withModel(async (folder, model) => {
    const data = ["--data", `${folder}/data`];
    const [, checkpoint] = model;
    const refused: [string[], string][] = [
      [[...model], "Cannot run aft predict without --data PATH"],
      [[...data], "Cannot run aft predict without --checkpoint FILE"],
      [[...model, ...data, "--as", "csv", "--json"], "Cannot print csv with --json"],
      [[...model, ...data, "--as", "cvs"], "did you mean csv?"],
      [[...model, "--data", `${folder}/no`], `Cannot find ${folder}/no`],
      [["--checkpoint", `${folder}/teacher.safetensors`, ...data], "it is no checkpoint"],
      [[...model, "--data", checkpoint], "Cannot read"],
      [[...model, ...data, "--out", `${folder}/no/a.csv`], `Cannot find ${folder}/no/a.csv`],
    ];
    for (const [args, message] of refused) {
      const { exit, stderr } = await here(["predict", ...args]);
      assertStringIncludes(stderr, `error: `);
      assertStringIncludes(stderr, message);
      assertEquals(exit, 2, stderr);
    }
    assertEquals(await exists(`${folder}/no`), false);
  });
});

Deno.test("classes with commas and quotes are quoted in CSV", async () => {
  await inFolder(async (folder) => {
    const rows = Array.from(
      { length: 32 },
      (_, i) => `${i % 4},"${i % 4 < 2 ? 'a ""b""' : "c,d"}"`,
    );
    for (const name of ["train", "test"]) {
      await Deno.writeTextFile(`${folder}/${name}.csv`, ["x,label", ...rows].join("\n"));
    }
    const flags = ["--method", "stl", "--student", "mlp:8", "--lr", "0.05", "--steps", "40"];
    const trained = await here(["train", "--data", folder, ...flags, "--out", `${folder}/run`]);
    assertEquals(trained.stderr, "");
    const model = ["--checkpoint", `${folder}/run/checkpoint.safetensors`];
    const { stdout } = await here(["predict", ...model, "--data", folder]);
    const lines = stdout.split("\n");
    assertMatch(lines[1], /^0,"a ""b""",0\.\d+$/);
    assertMatch(lines[3], /^2,"c,d",0\.\d+$/);
  });
});

Deno.test("a reader that goes away ends predict quietly", async () => {
  await withModel(async (folder, model) => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i % 9},${i % 16}`);
    await Deno.writeTextFile(`${folder}/many.csv`, ["noise,size", ...rows].join("\n"));
    const child = command(["predict", ...model, "--data", `${folder}/many.csv`]).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, stderr], [0, ""]);
  });
});

Deno.test("eval measures what train said at the end, to the digit", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const trained = await here(smallRun(folder, { steps: "20" }, "--json"));
    const { test, checkpoint } = events(trained.stdout).at(-1);
    const args = ["eval", "--checkpoint", checkpoint, "--data", `${folder}/data`];
    const { exit, stdout } = await here([...args, "--json"]);
    assertEquals(exit, 0);
    const [evaluation] = events(stdout);
    assertEquals([evaluation.event, evaluation.split, evaluation.rows], ["evaluation", "test", 16]);
    assertEquals({ accuracy: evaluation.accuracy, loss: evaluation.loss }, test);
    const hits = evaluation.confusion[0][0] + evaluation.confusion[1][1];
    assertEquals([hits / 16, evaluation.classes], [test.accuracy, ["high", "low"]]);
    const plain = await here(args);
    assertStringIncludes(plain.stdout, `Data      ${folder}/data, test, 16 rows\n`);
    assertMatch(plain.stdout, /Score {5}accuracy \d+\.\d %, loss 0\.\d+\n/);
    assertMatch(plain.stdout, /\n {2}class {2}rows +recall {2}precision\n/);
    const train = await here([...args, "--split", "train", "--json"]);
    assertEquals(events(train.stdout)[0].rows, 64);
  });
});

Deno.test("eval of the one file that training cut takes its test rows again", async () => {
  await inFolder(async (folder) => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 6},${i % 6 < 3 ? "a" : "b"}`);
    const data = `${folder}/all.csv`;
    await Deno.writeTextFile(data, ["x,label", ...rows].join("\n"));
    const flags = ["--method", "stl", "--student", "mlp:4", "--steps", "5", "--test-size", "0.2"];
    const trained = await here(["train", "--data", data, ...flags, "--out", `${folder}/run`]);
    assertEquals([trained.exit, trained.stderr], [0, ""]);
    const args = ["eval", "--checkpoint", `${folder}/run/checkpoint.safetensors`, "--data", data];
    assertEquals(events((await here([...args, "--json"])).stdout)[0].rows, 12);
    const other = await here([...args, "--test-size", "30", "--json"]);
    assertEquals(events(other.stdout)[0].rows, 30);
    const whole = events((await here([...args, "--test-size", "0", "--json"])).stdout)[0];
    assertEquals([whole.split, whole.rows], ["all", 60]);
  });
});

Deno.test("eval refuses rows without labels and points to predict's help", async () => {
  await withModel(async (folder, model) => {
    const { exit, stderr } = await here(["eval", ...model, "--data", `${folder}/new.csv`]);
    assertEquals(exit, 2);
    assertStringIncludes(stderr, "its rows have no labels");
  });
});

Deno.test("eval and predict work as programs with the permissions of the task", async () => {
  await withModel(async (folder, model) => {
    const evaluated = await apart(["eval", ...model, "--data", `${folder}/data`, "--json"]);
    assertEquals([evaluated.exit, evaluated.stderr], [0, ""]);
    const predicted = await apart(["predict", ...model, "--data", `${folder}/new.csv`]);
    assertEquals([predicted.exit, predicted.stderr], [0, ""]);
    assertEquals(predicted.stdout.split("\n").length, 4);
  });
});
