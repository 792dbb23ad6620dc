import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { encodeSafetensors } from "../../nn/safetensors.ts";
import { events, here, inFolder, writeSmallData } from "./support.ts";

/** The small data with a second teacher that knows nothing. */
async function writeTeachers(folder: string): Promise<string[]> {
  await writeSmallData(folder);
  const values = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i * i));
  const train = { dtype: "F32", shape: [64, 2], values } as const;
  await Deno.writeFile(
    `${folder}/noise.safetensors`,
    encodeSafetensors({ train }, { model: "noise" }),
  );
  const features = `${folder}/noise.safetensors,${folder}/teacher.safetensors`;
  return ["rank", "--data", `${folder}/data`, "--features", features];
}

Deno.test("rank prints a table, the best teacher first, with the time of each score", async () => {
  await inFolder(async (folder) => {
    const { exit, stdout, stderr } = await here(await writeTeachers(folder));
    assertEquals([exit, stderr], [0, ""]);
    assertStringIncludes(stdout, "Rows      58 to fit, 6 to validate\n");
    assertStringIncludes(stdout, "Teacher   noise, 2 columns\nTeacher   ruler, 3 columns\n");
    assertMatch(stdout, /\nscored ruler in \S+ s\n/);
    const head = "\nteacher +columns +probe\\* +knn +logme +hscore +transrate +lfc\n";
    assertMatch(stdout, new RegExp(head));
    assertMatch(stdout, /\nruler +3 +100\.0 % +100\.0 %( +-?\S+){4}\n/);
    assertMatch(stdout, /\ntime( +\d+\.\d s){6}\n/);
    const at = (name: string) => stdout.search(new RegExp(`^${name} .* %`, "m"));
    assert(at("ruler") >= 0 && at("ruler") < at("noise"), stdout);
  });
});

Deno.test("rank orders by another score and draws the rows that train would", async () => {
  await inFolder(async (folder) => {
    const args = await writeTeachers(folder);
    const { stdout } = await here([
      ...args,
      ...["--score", "lfc", "--per-class", "10", "--val-size", "20", "--seed", "3"],
    ]);
    assertStringIncludes(stdout, "Rows      20 to fit, 20 to validate\n");
    assertMatch(stdout, / transrate +lfc\*\n/);
  });
});

Deno.test("rank --select says each round and ends with the command to train with", async () => {
  await inFolder(async (folder) => {
    const args = [...await writeTeachers(folder), "--select", "--train-size", "40", "--seed", "1"];
    const { exit, stdout } = await here(args);
    assertEquals(exit, 0);
    assertMatch(stdout, /\nround 0 {2}no teacher: accuracy \S+ %, loss \S+\n/);
    assertMatch(stdout, /\nround 1 {2}noise: accuracy .*\nround 1 {2}ruler: accuracy 100\.0 %/);
    assertStringIncludes(stdout, "\nround 1  added ruler\n");
    assertStringIncludes(stdout, "\nround 2  no teacher lowers the loss by 1 %\n");
    const command = `aft train --data ${folder}/data --train-size 40 --seed 1 --features ` +
      `${folder}/teacher.safetensors`;
    assertStringIncludes(stdout, `\nTrain with it:\n  ${command}\n`);
    const [name, ...rest] = command.split(" ").slice(1);
    const run = await here([name, ...rest, "--student=mlp:4", "--steps=2", `--out=${folder}/run`]);
    assertEquals([run.exit, run.stderr], [0, ""]);
  });
});

Deno.test("rank --json says everything in lines, and --out keeps it", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/ranking.json`;
    const { stdout } = await here([
      ...await writeTeachers(folder),
      ...["--select", "--json", "--out", out],
    ]);
    const said = events(stdout);
    const kinds = [...new Set(said.map(({ event }) => event))];
    assertEquals(kinds, [
      ...["start", "scoring", "teacher", "ranking", "trial", "round", "selected", "command"],
    ]);
    const { ranking, score } = said.find(({ event }) => event === "ranking");
    assertEquals(score, "probe");
    assertEquals(ranking.length, 3);
    const ruler = ranking.find(({ name }: { name: string }) => name === "ruler");
    assertEquals([ruler.scores.probe, ruler.columns, ruler.teachers], [1, 3, ["ruler"]]);
    assertEquals(Object.keys(ruler.seconds), Object.keys(ruler.scores));
    const kept = JSON.parse(await Deno.readTextFile(out));
    assertEquals([kept.data, kept.score, kept.ranking], [`${folder}/data`, score, ranking]);
    assertEquals(kept.selection.teachers, ["ruler"]);
    assertEquals(kept.command, said.at(-1).command);
  });
});

Deno.test("rank of values leaves out what is for classes and says so", async () => {
  await inFolder(async (folder) => {
    await writeTeachers(folder);
    const lines = ["x,label", ...Array.from({ length: 64 }, (_, i) => `${i},${i / 7 + 0.25}`)];
    for (const name of ["train", "test"]) {
      await Deno.writeTextFile(`${folder}/data/${name}.csv`, lines.join("\n"));
    }
    const args = ["rank", "--data", `${folder}/data`, "--features", `${folder}/noise.safetensors`];
    const { exit, stdout } = await here(args);
    assertEquals(exit, 0);
    assertStringIncludes(stdout, "Scores    without hscore and transrate, which are for classes;");
    assertMatch(stdout, /\nteacher +columns +probe\* +knn +logme +lfc\n/);
    const refused = await here([...args, "--score", "transrate"]);
    assertEquals([refused.exit, refused.stderr], [
      2,
      "error: Cannot rank by transrate: it is for classes, these labels are values\n",
    ]);
  });
});

Deno.test("rank refuses what cannot be ranked with one sentence", async () => {
  await inFolder(async (folder) => {
    const args = await writeTeachers(folder);
    const data = ["rank", "--data", `${folder}/data`];
    const refusals: [string[], string][] = [
      [data, "Cannot rank without features: name one or more files by --features"],
      [["rank", "--features", "a"], "Cannot run aft rank without --data PATH"],
      [[...args, "--score", "prob"], "did you mean probe?"],
      [[...args, "--train-size", "65"], "train-size must be an integer from 1 to 64"],
      [[...args, "--train-size", "9", "--per-class", "2"], "cannot be given beside train-size 9"],
      [[...args, "--val-size", "0"], "Cannot rank with val-size 0"],
      [[...data, "--features", `${folder}/none.safetensors`], "Cannot find"],
      [[...args, "--out", `${folder}/none/a.json`], `Cannot find ${folder}/none/`],
    ];
    for (const [given, sentence] of refusals) {
      const { exit, stdout, stderr } = await here(given);
      assertEquals([exit, stdout], [2, ""], stderr);
      assertStringIncludes(stderr, sentence);
      assertEquals(stderr.trimEnd().split("\n").length, 1);
    }
  });
});
