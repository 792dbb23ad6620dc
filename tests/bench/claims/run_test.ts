import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Claim } from "../../../bench/claims/claim.ts";
import { errorBars } from "../../../bench/claims/charts.ts";
import type { Kept } from "../../../bench/claims/kept.ts";
import { type ClaimRun, runClaim } from "../../../bench/claims/run.ts";
import { finishedFile, writePage } from "../../../bench/claims/store.ts";
import { helps } from "../../../bench/claims/verdicts.ts";
import { all, inFolder } from "../../aft/compare/small.ts";
import type { CompareProgress } from "../../../aft/compare/progress.ts";
import { tableData, teacherOf, writeTask } from "../../aft/small.ts";

const FLAGS = "--data $DATA/data.safetensors --student mlp:6 --batch-size 16 --steps 6 " +
  "--train-sizes 24 --betas 1,10 --seeds 2 --tune-seeds 1 --features $MADE/teacher.safetensors";

/** A claim of two comparisons that share runs; its features are made first. */
const claim: Claim = {
  ...{ name: "small", title: "A small claim", question: "Does it run?" },
  comparisons: [
    { name: "two", flags: `${FLAGS} --methods stl,aft` },
    { name: "three", flags: `${FLAGS} --methods stl,aft,kd:beta=1` },
  ],
  async prepare(data, made) {
    await Deno.mkdir(made, { recursive: true });
    await Deno.copyFile(`${data}/teacher.safetensors`, `${made}/teacher.safetensors`);
  },
  verdict: ({ tables }) => helps(tables.two, () => "on generated rows"),
  charts: errorBars,
};

async function setUp(folder: string): Promise<ClaimRun> {
  const data = tableData(60, 30);
  await writeTask(folder, data, [teacherOf(data)]); // data.safetensors and teacher.safetensors
  await Deno.writeTextFile(`${folder}/claims.md`, "# Page\n\n<!-- claims -->\n<!-- /claims -->\n");
  const shelf = { folder: `${folder}/claims`, page: `${folder}/claims.md` };
  return { place: { data: folder, out: `${folder}/runs` }, shelf };
}

async function keptIn(run: ClaimRun, name: string): Promise<Kept> {
  return JSON.parse(await Deno.readTextFile(`${run.shelf.folder}/small/${name}.json`));
}

Deno.test("a claim makes its files, shares runs among its comparisons, and is kept and shown", () =>
  inFolder(async (folder) => {
    const run = await setUp(folder);
    const said: CompareProgress[] = [];
    assertEquals(await runClaim(claim, { ...run, told: (progress) => said.push(progress) }), 0);
    // stl 2, aft two strengths of seed 0 and one of seed 1; then kd alone.
    const methods = all(said, "run").map(({ method }) => method);
    assertEquals(methods.toSorted(), ["aft", "aft", "aft", "kd:beta=1", "kd:beta=1", "stl", "stl"]);

    const two = await keptIn(run, "two");
    assertEquals(two.rows.map(({ method, seeds }) => [method, seeds]), [["stl", 2], ["aft", 2]]);
    assertEquals([two.runs, two.notRun, two.seedsWanted, two.tuneSeeds], [5, [], 2, 1]);
    assert(two.machineSeconds > 0);
    const [stl, aft] = two.rows;
    const mean = (stl.bySeed[0] + stl.bySeed[1]) / 2;
    assertEquals(stl.accuracyMean, mean);
    assertEquals((await keptIn(run, "three")).rows.slice(0, 2), [stl, aft]);

    await writePage(run.shelf, [claim]);
    const page = await Deno.readTextFile(run.shelf.page);
    assertStringIncludes(page, "aft beside stl: on generated rows");
    assertStringIncludes(page, "](claims/small/three.svg)");
    assertStringIncludes(await Deno.readTextFile(`${run.shelf.folder}/small/two.svg`), "<svg");

    const again: CompareProgress[] = [];
    await runClaim(claim, { ...run, told: (progress) => again.push(progress) });
    assertEquals(all(again, "run"), []);
  }));

Deno.test("runs are collected wherever they lie, without training, and what lacks them is named", () =>
  inFolder(async (folder) => {
    const run = await setUp(folder);
    const [two] = claim.comparisons;
    const place = { ...run.place, seeds: 1 };
    await runClaim({ ...claim, comparisons: [two] }, { ...run, place });
    await Deno.rename(`${run.place.out}/small/two`, `${run.place.out}/elsewhere`);
    await Deno.remove(`${run.place.out}/small`, { recursive: true });

    await runClaim(claim, { ...run, collect: true });
    const three = await keptIn(run, "three");
    assertEquals(three.rows.map(({ method, seeds }) => [method, seeds]), [["stl", 1], ["aft", 1]]);
    assertEquals([three.notRun, three.seedsWanted], [["kd:beta=1"], 2]);
    assertEquals(
      await Array.fromAsync(Deno.readDir(run.place.out), ({ name }) => name).then((names) =>
        names.toSorted()
      ),
      ["elsewhere", "made"],
    );
  }));

Deno.test("another machine takes the runs from the shelf, and no table gives way to one of fewer seeds", () =>
  inFolder(async (folder) => {
    const run = await setUp(folder);
    await runClaim(claim, run);
    const before = await Promise.all(["two", "three"].map((name) => keptIn(run, name)));

    await Deno.remove(run.place.out, { recursive: true });
    const said: CompareProgress[] = [];
    assertEquals(await runClaim(claim, { ...run, told: (progress) => said.push(progress) }), 0);
    assertEquals(all(said, "run"), []);
    assertEquals(await Promise.all(["two", "three"].map((name) => keptIn(run, name))), before);

    await Deno.remove(run.place.out, { recursive: true });
    await Deno.remove(finishedFile(run.shelf));
    const staying: string[] = [];
    const stays = (name: string) => staying.push(name);
    await runClaim(claim, { ...run, collect: true, stays });
    assertEquals(staying, ["two", "three"]);
    assertEquals(await Promise.all(["two", "three"].map((name) => keptIn(run, name))), before);

    const other = { ...claim, comparisons: [{ name: "two", flags: `${FLAGS} --methods stl,kd` }] };
    await runClaim(other, { ...run, collect: true });
    assertEquals((await keptIn(run, "two")).notRun, ["stl", "kd"], "something else is compared");
  }));

Deno.test("a claim that is stopped keeps what is finished and says so", () =>
  inFolder(async (folder) => {
    const run = await setUp(folder);
    const stop = new AbortController();
    const told = (progress: CompareProgress) => {
      if (progress.event === "run") stop.abort();
    };
    assertEquals(await runClaim(claim, { ...run, told, signal: stop.signal }), undefined);
    const kept = await keptIn(run, "two");
    assert(kept.runs >= 1 && kept.runs < 5, `${kept.runs} runs`);
  }));
