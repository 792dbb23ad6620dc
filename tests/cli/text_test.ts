import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readCheckpoint } from "../../aft/checkpoint.ts";
import { decodeSafetensors, encodeSafetensors } from "../../nn/safetensors.ts";
import { follow, only, teacherOf, tokenData, writeTask } from "../aft/small.ts";
import { events, here, inFolder } from "./support.ts";

/** Arguments of a run on token ids that takes a moment. */
function textRun(folder: string, out: string, ...more: string[]): string[] {
  const files = ["--data", `${folder}/data.safetensors`, "--out", `${folder}/${out}`];
  const sizes = ["--student", "text:8,1,2", "--lr", "0.01", "--batch-size", "32", "--steps", "60"];
  return ["train", ...files, ...sizes, ...more];
}

Deno.test("a text student is trained on token ids, resumed to the same bits, asked and inspected", async () => {
  await inFolder(async (folder) => {
    const data = tokenData();
    const { features: [teacher] } = await writeTask(folder, data, [teacherOf(data)]);
    const aft = ["--features", teacher, "--beta", "1", "--checkpoint-every", "20"];
    const whole = await here(textRun(folder, "whole", ...aft, "--json"));
    assertEquals([whole.exit, whole.stderr], [0, ""]);
    const { test } = events(whole.stdout).at(-1);
    assert(test.accuracy > 0.9, `accuracy is ${test.accuracy}`);

    const at = (out: string) => `${folder}/${out}/checkpoint.safetensors`;
    const given = {
      method: "aft",
      beta: 1,
      student: "text:8,1,2",
      lr: 0.01,
      batchSize: 32,
    } as const;
    const paths = { data: `${folder}/data.safetensors`, features: [teacher] };
    const config = { ...given, ...paths, steps: 60, checkpointEvery: 20, out: `${folder}/parts` };
    const said = await follow(config, { until: ({ event }) => event === "checkpoint" });
    assertEquals(only(said, "interrupted").step, 20);
    const rest = await here(["train", "--resume", "--config", `${folder}/parts/config.json`]);
    assertEquals(rest.exit, 0, rest.stderr);
    assertEquals(await weightsOf(at("parts")), await weightsOf(at("whole")));

    const ids = Int32Array.of(7, 3, 9, 0, 0, 0, 8, 8, 5, 10, 0, 0);
    const inputs = { dtype: "I32", shape: [2, 6], values: ids } as const;
    await Deno.writeFile(`${folder}/new.safetensors`, encodeSafetensors({ inputs }));
    const asked = await here([
      ...["predict", "--checkpoint", at("whole"), "--data", `${folder}/new.safetensors`],
      "--json",
    ]);
    assertEquals(events(asked.stdout).map((answer) => answer.class), ["bad", "good"]);
    const shown = await here(["inspect", at("whole")]);
    assertStringIncludes(shown.stdout, "Input     6 tokens of 12 ids; 2 classes (bad, good)");

    const start = await here(textRun(folder, "next", "--method=stl", "--init", at("whole")));
    assertEquals(start.exit, 0, start.stderr);
    assertStringIncludes(start.stdout, "embedding.weight");
  });
});

/** All tensors of a checkpoint. */
async function weightsOf(path: string) {
  const { student, regulariser, optimiser } = await readCheckpoint(path);
  return { student, regulariser, optimiser };
}

const GOOD = ["a good film", "good , really good", "what a film , so good", "good acting"];
const BAD = ["a bad film", "bad , really bad", "what a film , so bad", "bad acting"];

Deno.test("a text student learns from sentences, as CSV or lines of JSON, and its checkpoint knows the words", async () => {
  await inFolder(async (folder) => {
    const rows = Array.from({ length: 48 }, (_, i) => (i % 2 ? GOOD : BAD)[(i >> 1) % 4]);
    const table = rows.map((text, i) => `${i},"${text}",${i % 2 ? "good" : "bad"}`);
    const lines = rows.map((text, i) => JSON.stringify({ text, label: i % 2 ? "good" : "bad" }));
    await Deno.mkdir(`${folder}/csv`);
    await Deno.mkdir(`${folder}/lines`);
    for (const split of ["train", "test"]) {
      const csv = ["id,text,label", ...table].join("\n");
      await Deno.writeTextFile(`${folder}/csv/${split}.csv`, csv);
      await Deno.writeTextFile(`${folder}/lines/${split}.jsonl`, lines.join("\n"));
    }
    const run = (data: string) => {
      const how = ["--student=text:8,1,2", "--method=stl", "--lr=0.01", "--steps=40", "--tokens=6"];
      return here(["train", `--data=${folder}/${data}`, `--out=${folder}/${data}-run`, ...how]);
    };
    const trained = await run("csv");
    assertEquals([trained.exit, trained.stderr], [0, ""]);
    assertStringIncludes(trained.stdout, "Test      accuracy 100.0 %");
    await run("lines");
    const at = (data: string) => `${folder}/${data}-run/checkpoint.safetensors`;
    assertEquals(await weightsOf(at("lines")), await weightsOf(at("csv")));

    await Deno.writeTextFile(`${folder}/new.jsonl`, '{"text": "Unseen but bad"}\n');
    const asked = ["predict", "--checkpoint", at("csv"), "--data", `${folder}/new.jsonl`, "--json"];
    const { stdout } = await here(asked);
    assertEquals(events(stdout).map((answer) => answer.class), ["bad"]);
    const weights = `${folder}/weights.safetensors`;
    await here(["export", "--checkpoint", at("csv"), "--out", weights]);
    const { metadata, tensors } = decodeSafetensors(await Deno.readFile(weights));
    const { size, words } = JSON.parse(metadata.vocabulary);
    assertEquals([size, words.slice(0, 2)], [11, ["bad", "good"]]);
    assertEquals(tensors.get("embedding.weight")!.shape, [11, 8]);
    const measured = await here(["eval", "--checkpoint", at("csv"), "--data", `${folder}/lines`]);
    assertStringIncludes(measured.stdout, "accuracy 100.0 %");
  });
});

Deno.test("inspect shows the tokens of sentences, in tables and checkpoints", async () => {
  await inFolder(async (folder) => {
    const rows = [...GOOD, ...BAD].map((text, i) => JSON.stringify({ text, label: i < 4 ? 1 : 0 }));
    await Deno.writeTextFile(`${folder}/films.jsonl`, rows.join("\n"));
    const { stdout } = await here(["inspect", `${folder}/films.jsonl`]);
    assertStringIncludes(stdout, "Data      JSON lines, 6 tokens of 11 ids, 2 classes\n");
    assertStringIncludes(stdout, "all       8 rows; ids 0 to 10\n");
    assertStringIncludes(stdout, "Words     most often bad good , a film acting really so what\n");
    const found = events((await here(["inspect", `${folder}/films.jsonl`, "--json"])).stdout)[0];
    assertEquals([found.text, found.vocabulary, found.inputShape], ["text", { size: 11 }, [6]]);
  });
});

Deno.test("students of numbers refuse sentences with one sentence that names one that reads them", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.csv`, "text,label\na a,1\nb b,0\na b,1\nb a,0\n");
    const run = ["train", "--data", `${folder}/a.csv`, "--test-size=2", "--method=stl"];
    const { exit, stderr } = await here([...run, "--out", `${folder}/run`]);
    assertEquals([exit, stderr], [
      2,
      "error: Cannot make the student mlp:128,128 for token ids: they name words and are no amounts, " +
      "a student that reads them is text:WIDTH,DEPTH,HEADS\n",
    ]);
  });
});
