import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "../../aft/files.ts";
import { apart, command, events, here, inFolder, smallRun, writeSmallData } from "./support.ts";

Deno.test("train prints JSON lines of which the last says step, test, seconds and checkpoint", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const { exit, stdout, stderr } = await apart(smallRun(folder, { steps: "30" }, "--json"));
    assertEquals([exit, stderr], [0, ""]);
    const lines = events(stdout);
    assertEquals(lines[0].event, "start");
    const last = lines.at(-1);
    assertEquals(Object.keys(last), ["event", "step", "test", "seconds", "checkpoint"]);
    assertEquals(Object.keys(last.test), ["accuracy", "loss"]);
    assertEquals([last.event, last.step], ["done", 30]);
    assertEquals(last.checkpoint, `${folder}/run/checkpoint.safetensors`);
    assert(last.test.accuracy > 0.8 && last.test.loss < 0.6 && last.seconds > 0);
    for (const name of ["config.json", "metrics.jsonl", "checkpoint.safetensors", "report.html"]) {
      assert(await exists(`${folder}/run/${name}`), name);
    }
  });
});

Deno.test("train prints a plain line for each line of the log where no person looks", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const args = smallRun(folder, { steps: "20", "log-every": "10", "eval-every": "10" });
    const { exit, stdout, stderr } = await here(args);
    assertEquals([exit, stderr], [0, ""]);
    assertStringIncludes(stdout, "Rows      64 train, 0 val, 16 test\n");
    assertStringIncludes(stdout, "Teacher   ruler, 3 columns\n");
    assertMatch(stdout, /\nstep 10\/20 {2}task \S+ {2}aft \S+ {2}accuracy \S+ % {2}lr 0\.0116\n/);
    assertMatch(stdout, /\nstep 10\/20 {2}test: accuracy \S+ %, loss \S+\n/);
    assertMatch(stdout, /\nstep 20\/20 {2}task .* steps\/s\n/);
    assertStringIncludes(stdout, "Energy    ruler 100.0 %; 90 % of it in 2 of 3 columns\n");
    assertStringIncludes(stdout, `Saved     ${folder}/run/checkpoint.safetensors\n`);
    assertStringIncludes(stdout, `Report    ${folder}/run/report.html\n`);
    assert(!stdout.includes("\r") && !stdout.includes("\x1b"), "No terminal codes");
  });
});

Deno.test("on a terminal the log is one line with rate and remaining time, rewritten", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const args = smallRun(folder, { steps: "30", "log-every": "10" });
    const { exit, stdout } = await here(args, { terminal: true });
    assertEquals(exit, 0);
    const [line, next] = stdout.split("\rstep 20/30  task ")[1].split("\x1b[K");
    assertMatch(line, / steps\/s {2}[\d.]+ s left$/);
    assert(next.startsWith("\rstep 30/30  task "), next);
    assert(!stdout.includes("\nstep"), "No line of the log stays");
  });
});

Deno.test("flags win over --config, which takes a run's own config.json", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    assertEquals((await here(smallRun(folder, { steps: "4" }))).exit, 0);
    const again = await here([
      ...["train", "--config", `${folder}/run/config.json`],
      ...["--steps", "6", "--out", `${folder}/second`, "--json"],
    ]);
    assertEquals([again.exit, again.stderr], [0, ""]);
    const [start] = events(again.stdout);
    assertEquals([start.steps, start.student], [6, "mlp:8"]);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/second/config.json`));
    assertEquals([config.steps, config.lr, config["batch-size"]], [6, 0.02, 32]);
  });
});

Deno.test("unknown keys of --config are refused with the nearest name, the file and the key", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/run.json`;
    await Deno.writeTextFile(path, '{ "bach-size": 3 }');
    const { exit, stderr } = await here(["train", "--config", path]);
    assertEquals(exit, 2);
    assertStringIncludes(stderr, "bach-size");
    assertStringIncludes(stderr, path);
    assertStringIncludes(stderr, "did you mean batch-size?");
    await Deno.writeTextFile(path, "{ ");
    const broken = await here(["train", "--config", path]);
    assertEquals(broken.exit, 2);
    assertStringIncludes(broken.stderr, `error: Cannot read ${path}: it is no JSON`);
  });
});

Deno.test("what is refused exits with 2, names flag, value and range, and leaves no run folder", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const refused: [Record<string, string>, string][] = [
      [{ beta: "-1" }, "--beta -1: it must be a number from 0"],
      [{ "batch-size": "0" }, "--batch-size 0: it must be an integer from 1 to 65536"],
      [{ method: "afd" }, "--method afd: it must be one of stl, aft, aft-auto, kd, "],
      [{ optimiser: "adma" }, "did you mean adam?"],
      [{ schedule: "cosin" }, "schedule"],
      [{ "val-size": "64" }, "val-size"],
      [{ student: "mpl:8" }, "Cannot make the student mpl:8: did you mean mlp?"],
      [{ features: `${folder}/new.csv` }, `Cannot read ${folder}/new.csv`],
      [{ resum: "" }, "did you mean --resume?"],
    ];
    for (const [changes, message] of refused) {
      const { exit, stdout, stderr } = await here(smallRun(folder, changes));
      assertEquals([exit, stdout], [2, ""], stderr);
      assertStringIncludes(stderr, message);
      assertEquals(stderr.split("\n").length, 2, "One line");
    }
    const missing = await here(["train", "--data", `${folder}/no`, "--method", "stl"]);
    assertEquals(missing, { exit: 2, stdout: "", stderr: `error: Cannot find ${folder}/no\n` });
    assertEquals(await exists(`${folder}/run`), false);
  });
});

Deno.test("a loss that is not finite exits with 1 and names step and learning rate", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const wild = { steps: "40", "log-every": "20", optimiser: "sgd", lr: "1000" };
    const { exit, stdout, stderr } = await here(smallRun(folder, wild, "--json"));
    assertEquals(exit, 1, stdout);
    assertMatch(stderr, /^error: Cannot train on after step 20: .* (NaN|Infinity) .*learning rate/);
    const last = events(stdout).at(-1);
    assertEquals([last.event, last.exit], ["error", 1]);
    assertEquals(await exists(`${folder}/run/checkpoint.safetensors`), false);
  });
});

/** Reads JSON lines as they come until one of this kind, and gives the reader back. */
async function waitFor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, event: string) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(`"event":"${event}"`)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The program ended before ${event}: ${text}`);
    text += value;
  }
  return { reader, text };
}

Deno.test("Ctrl-C leaves a checkpoint and exits with 130, and --resume ends with the same bits", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const long = { steps: "400", "log-every": "4" };
    const child = command(smallRun(folder, long, "--json")).spawn();
    const { reader, text } = await waitFor(child.stdout, "step");
    child.kill("SIGINT");
    let output = text;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      output += part.value;
    }
    const stderr = await new Response(child.stderr).text();
    assertEquals((await child.status).code, 130);
    assertEquals(stderr, "Stopping after this step; once more stops at once\n");
    const last = events(output).at(-1);
    assertEquals(last.event, "interrupted");
    assert(last.step >= 4 && last.step < 400, `stopped at ${last.step}`);
    assertEquals(last.checkpoint, `${folder}/run/checkpoint.safetensors`);

    const refused = await here(smallRun(folder, long));
    assertEquals(refused.exit, 2);
    assertStringIncludes(refused.stderr, "it holds a checkpoint");
    const resumed = await here(smallRun(folder, long, "--resume", "--json"));
    assertEquals([resumed.exit, resumed.stderr], [0, ""]);
    assertEquals(events(resumed.stdout)[0].step, last.step);
    const whole = await here(smallRun(folder, { ...long, out: `${folder}/whole` }));
    assertEquals(whole.exit, 0);
    const [one, two] = await Promise.all(
      ["run", "whole"].map((name) => Deno.readFile(`${folder}/${name}/checkpoint.safetensors`)),
    );
    assertEquals(one, two);
  });
});

Deno.test("SIGTERM stops like Ctrl-C", { ignore: Deno.build.os === "windows" }, async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const endless = { steps: "100000", "log-every": "4" };
    const child = command(smallRun(folder, endless, "--json")).spawn();
    const { reader } = await waitFor(child.stdout, "step");
    child.kill("SIGTERM");
    while (!(await reader.read()).done);
    await child.stderr.cancel();
    assertEquals((await child.status).code, 130);
    assert(await exists(`${folder}/run/checkpoint.safetensors`));
  });
});

Deno.test("a reader that goes away stops training like Ctrl-C", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const endless = { steps: "100000", "log-every": "4" };
    const child = command(smallRun(folder, endless, "--json")).spawn();
    const { reader } = await waitFor(child.stdout, "step");
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, stderr], [130, ""]);
    assert(await exists(`${folder}/run/checkpoint.safetensors`));
  });
});

Deno.test("a finished run that is resumed says done again, and refuses other values", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const first = await here(smallRun(folder, { steps: "6" }, "--json"));
    const again = await here(["train", "--out", `${folder}/run`, "--resume", "--json"]);
    assertEquals([again.exit, again.stderr], [0, ""]);
    assertEquals(events(again.stdout), [events(first.stdout).at(-1)]);
    const changed = await here(["train", "--out", `${folder}/run`, "--resume", "--steps", "7"]);
    assertEquals(changed.exit, 2);
    assertStringIncludes(changed.stderr, "with steps 7: it began with steps 6");
  });
});

Deno.test("regression ends with loss, mean absolute error and R2", async () => {
  await inFolder(async (folder) => {
    const rows = (count: number) => Array.from({ length: count }, (_, i) => `${i % 9},${i % 9}.5`);
    for (const [name, count] of [["train", 54], ["test", 18]] as const) {
      const text = ["x,label", ...rows(count)].join("\n");
      await Deno.writeTextFile(`${folder}/${name}.csv`, text);
    }
    const args = ["--data", folder, "--method", "stl", "--student", "mlp:8", "--lr", "0.03"];
    const out = ["--out", `${folder}/run`, "--batch-size", "54"];
    const { exit, stdout } = await here(["train", ...args, ...out, "--steps", "60", "--json"]);
    assertEquals(exit, 0);
    const { test } = events(stdout).at(-1);
    assertEquals(Object.keys(test), ["loss", "mae", "r2"]);
    assert(test.r2 > 0.9, `R2 is ${test.r2}`);
    const plain = await here([
      "eval",
      "--data",
      folder,
      "--checkpoint",
      `${folder}/run/checkpoint.safetensors`,
    ]);
    assertEquals(plain.stderr, "");
    assertMatch(plain.stdout, /Score {5}loss \S+, mean absolute error \S+, R2 0\.9\d+\n/);
  });
});

Deno.test("train --profile prints kernels by time and leaves a trace, and the log stays as it is", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const { exit, stdout, stderr } = await here(smallRun(folder, { steps: "4" }, "--profile"));
    assertEquals([exit, stderr], [0, ""]);
    assertMatch(stdout, /\n +ms +share +runs +ms\/run +operations\/s +B\/s +of ceiling +kernel\n/);
    assertStringIncludes(stdout, `\nTrace     ${folder}/run/trace.json\n`);
    const { traceEvents } = JSON.parse(await Deno.readTextFile(`${folder}/run/trace.json`));
    assert(traceEvents.filter(({ cat }: { cat?: string }) => cat === "submit").length >= 4);
    const again = await here([
      ...smallRun(folder, { steps: "4", out: `${folder}/second` }, "--profile"),
      "--json",
    ]);
    assertEquals(events(again.stdout).at(-1).event, "done");
  });
});
