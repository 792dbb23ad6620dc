import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "../../aft/files.ts";
import { events, here, inFolder, smallRun, writeSmallData } from "./support.ts";

Deno.test("export writes the weights of a student that was trained by changes of low rank", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const trained = await here(smallRun(folder, { lora: "2", steps: "60" }));
    assertEquals([trained.exit, trained.stderr], [0, ""]);
    assertMatch(trained.stdout, /\nStudent {3}mlp:\S+, LoRA of rank 2, \d+ parameters\n/);
    const model = ["--checkpoint", `${folder}/run/checkpoint.safetensors`];
    const seen = await here(["inspect", model[1]]);
    assertStringIncludes(seen.stdout, "LoRA of rank 2");

    const out = `${folder}/weights.safetensors`;
    const { exit, stdout, stderr } = await here(["export", ...model, "--out", out]);
    assertEquals([exit, stderr], [0, ""]);
    assertStringIncludes(stdout, `Wrote     ${out}, 4 weights\n`);
    assertMatch(stdout, /layers\.0\.weight \[\d+, \d+\]\n/);
    const data = ["--data", `${folder}/data`];
    const [score] = events((await here(["eval", ...model, ...data, "--json"])).stdout);
    const again = { init: out, lr: "0", steps: "1", out: `${folder}/again` };
    const said = events((await here(smallRun(folder, again, "--json"))).stdout);
    const { accuracy, loss } = said.at(-1).test;
    assertEquals([accuracy, loss], [score.accuracy, score.loss]);
  });
});

Deno.test("export says in JSON what it wrote, and refuses what it cannot do without a file", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    await here(smallRun(folder, { steps: "2" }));
    const model = ["--checkpoint", `${folder}/run/checkpoint.safetensors`];
    const out = `${folder}/weights.safetensors`;
    const missing = await here(["export", ...model]);
    assertEquals(missing.exit, 2);
    assertStringIncludes(missing.stderr, "Cannot run aft export without --out FILE");
    const none = await here(["export", "--checkpoint", `${folder}/new.csv`, "--out", out]);
    assertEquals([none.exit, await exists(out)], [2, false]);
    const [said] = events((await here(["export", ...model, "--out", out, "--json"])).stdout);
    assertEquals([said.event, said.step, said.out, said.weights.length], ["done", 2, out, 4]);
  });
});
