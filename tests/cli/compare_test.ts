import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "../../aft/files.ts";
import { deno, importMapFlag } from "../../tools/run_deno.ts";
import { fromRoot } from "../../tools/root.ts";
import { apart, command, events, here, inFolder, writeSmallData } from "./support.ts";

/** Arguments of a comparison that takes a moment, with other values of its flags. */
function smallCompare(
  folder: string,
  changes: Readonly<Record<string, string>> = {},
  ...more: readonly string[]
): string[] {
  const flags = {
    ...{ data: `${folder}/data`, features: `${folder}/teacher.safetensors` },
    ...{ student: "mlp:8", lr: "0.02", "batch-size": "16", steps: "10", out: `${folder}/out` },
    ...{ methods: "stl,aft", "train-sizes": "32", seeds: "2", betas: "1,3", "tune-seeds": "1" },
    ...changes,
  };
  return [
    "compare",
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    ...more,
  ];
}

Deno.test("compare prints its table and says where it is", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const { exit, stdout, stderr } = await here(smallCompare(folder));
    assertEquals([exit, stderr], [0, ""]);
    assertStringIncludes(stdout, "Compare   stl, aft; 1 setting, 2 seeds\n");
    assertStringIncludes(stdout, "Runs      2 to choose beta, 3 more for the table; 0 are there\n");
    assertMatch(stdout, /\nrun 1\/5 {2}tune aft, beta 1, seed 0: accuracy \S+ %, loss \S+; val /);
    assertMatch(stdout, /\nBeta {6}aft: [13] \(validation error 1: \S+ %, 3: \S+ %\)/);
    const head =
      "method  rows  beta  seeds    accuracy %  difference   95 % interval  better:worse";
    assertMatch(stdout, new RegExp(`\n${head.replaceAll(/ +/g, " +")} +norm. error +loss\n`));
    assertMatch(stdout, /\nstl +32 +- +2 +\S+ \+- \S+ +- +- +- +1.000 +\S+\n/);
    assertMatch(stdout, /\naft +32 +[13] +2 +\S+ \+- \S+ +[+-]\S+ +\S+ to \S+ +\d:\d +\S+ +\S+\n/);
    assertStringIncludes(stdout, `${folder}/out/table.csv, ${folder}/out/table.json`);
    for (const name of ["table.csv", "table.json", "report.html", "compare.json"]) {
      assert(await exists(`${folder}/out/${name}`), name);
    }
  });
});

Deno.test("on a terminal the run at work is one line that goes when it is done", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const args = smallCompare(folder, { "log-every": "5", methods: "stl", seeds: "1" });
    const { exit, stdout } = await here(args, { terminal: true });
    assertEquals(exit, 0);
    assertStringIncludes(stdout, "\rrun 0/1  stl, 32 rows, seed 0: step 5 of 10\x1b[K");
    assertStringIncludes(stdout, "step 10 of 10\x1b[K\r\x1b[Krun 1/1  stl, seed 0: accuracy ");
  });
});

Deno.test("compare prints JSON lines of which the last holds the table", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const { exit, stdout, stderr } = await apart(smallCompare(folder, {}, "--json"));
    assertEquals([exit, stderr], [0, ""]);
    const lines = events(stdout);
    assertEquals([lines[0].event, lines.at(-1).event], ["plan", "done"]);
    const table = JSON.parse(await Deno.readTextFile(`${folder}/out/table.json`));
    assertEquals(lines.at(-1).rows, table.rows);
    assertEquals(Object.keys(table.rows[1]).slice(0, 15), [
      ...["method", "trainSize", "noise", "teachers", "seeds", "beta", "accuracyMean"],
      ...["accuracySd", "diffMean", "diffLow", "diffHigh", "signs", "signsAgainst"],
      ...["normalisedError", "lossMean"],
    ]);
  });
});

Deno.test("Ctrl-C keeps finished runs and exits with 130, and the same command goes on", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const args = smallCompare(folder, { steps: "150", "log-every": "10" }, "--json");
    const child = command(args).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes('"event":"run"')) said += (await reader.read()).value ?? "";
    child.kill("SIGINT");
    for (let part = await reader.read(); !part.done; part = await reader.read()) said += part.value;
    const stderr = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, stderr.split("\n").length], [130, 2]);
    const stopped = events(said).at(-1);
    assertEquals(stopped.event, "interrupted");
    const kept = [...Deno.readDirSync(`${folder}/out/runs`)].length;
    assertEquals([kept, stopped.done], [kept, kept]);
    assert(kept >= 1 && kept < 5, `${kept} runs`);
    const again = await here(args);
    const runs = events(again.stdout).filter(({ event }) => event === "run");
    assertEquals([again.exit, runs.length], [0, 5 - kept]);
  });
});

Deno.test("what is refused exits with 2, says why, and makes no folder", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const refused: [Record<string, string>, string][] = [
      [{ methods: "stl,afd" }, "Cannot use method afd"],
      [{ methods: "stl,aft:rho=loose" }, "rho must be one of"],
      [{ betas: "1,x" }, "Cannot use --betas 1,x: it must be numbers from 0"],
      [{ "train-sizes": "32,1000" }, "the data have 64 training rows"],
      [{ shard: "3/2" }, "Cannot use --shard 3/2: it must be I/N"],
      [{ "teacher-sets": "some" }, "it must be among all, each, pairs"],
      [{ beta: "3" }, "aft compare has no such flag; did you mean --betas?"],
      [{ merge: folder }, "beside --merge"],
    ];
    for (const [changes, reason] of refused) {
      const { exit, stderr } = await here(smallCompare(folder, changes));
      assertEquals([exit, stderr.split("\n").length], [2, 2], stderr);
      assertStringIncludes(stderr, reason);
    }
    assertEquals(await exists(`${folder}/out`), false);
  });
});

Deno.test("shards and a merge print what waits, and the table of all", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    const out = (index: number) => ({ shard: `${index}/2`, out: `${folder}/part${index}` });
    const first = await here(smallCompare(folder, out(1)));
    assertEquals(first.exit, 0);
    assertStringIncludes(first.stdout, "more for the table, part 1 of 2; 0 are there\n");
    assertMatch(first.stdout, /\nMissing {3}\d runs of the table; once all parts have ended/);
    assertEquals((await here(smallCompare(folder, out(2)))).exit, 0);
    const merge = ["compare", `--merge=${folder}/part1,${folder}/part2`, `--out=${folder}/all`];
    const { exit, stdout } = await here(merge);
    assertEquals(exit, 1, "the table lacks runs"); // strengths were chosen after both parts
    assertStringIncludes(stdout, "norm. error");
    const rest = await here(smallCompare(folder, { out: `${folder}/all` }));
    assertEquals(rest.exit, 0);
    assertEquals((await here(merge)).exit, 0);
  });
});

Deno.test("two workers leave the same runs as one process, also from one bundled file", async () => {
  await inFolder(async (folder) => {
    await writeSmallData(folder);
    assertEquals((await here(smallCompare(folder))).exit, 0);
    const two = await apart(smallCompare(folder, { out: `${folder}/two`, jobs: "2" }));
    assertEquals([two.exit, two.stderr], [0, ""]);
    assertStringIncludes(two.stdout, "; 2 at a time\n");

    const bundle = `${folder}/aft.js`;
    const made = await deno([
      "bundle",
      ...importMapFlag(),
      `--output=${bundle}`,
      fromRoot("cli.ts"),
    ]);
    assert(made.success, made.output);
    const args = smallCompare(folder, { out: `${folder}/bundled`, jobs: "2" });
    const ran = await deno([
      ...["run", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--no-prompt"],
      ...[
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
        "--allow-env=AFT_TUNE_CACHE,NO_COLOR",
      ],
      ...[bundle, ...args],
    ]);
    assert(ran.success, ran.output);
    assertStringIncludes(ran.output, "; 2 at a time\n");

    const rows = async (name: string) => {
      const table = JSON.parse(await Deno.readTextFile(`${folder}/${name}/table.json`));
      return table.rows.map((row: Record<string, unknown>) => ({ ...row, seconds: 0 }));
    };
    assertEquals(await rows("two"), await rows("out"));
    assertEquals(await rows("bundled"), await rows("out"));

    await inFolder(async (elsewhere) => {
      await Deno.copyFile(bundle, `${elsewhere}/aft.js`); // a program that may not read itself
      const args = smallCompare(folder, { out: `${folder}/alone`, jobs: "2" });
      const ran = await deno([
        ...["run", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--no-prompt"],
        ...[`--allow-read=${folder}`, `--allow-write=${folder}`, "--deny-env"],
        ...[`${elsewhere}/aft.js`, ...args],
      ]);
      assert(ran.success, ran.output);
      assertStringIncludes(ran.output, "Workers cannot be started here, runs follow each other: ");
      assertEquals(await rows("alone"), await rows("out"));
    });
  });
});
