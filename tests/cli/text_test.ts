import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readCheckpoint } from "../../aft/checkpoint.ts";
import { encodeSafetensors } from "../../nn/safetensors.ts";
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
