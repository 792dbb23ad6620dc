import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { agrees, hashData, hashFile, hashFiles, runKey } from "../../../aft/compare/identity.ts";
import { resolveOptions } from "../../../aft/compare/options.ts";
import { makePlan, type Plan } from "../../../aft/compare/plan.ts";
import { Runner } from "../../../aft/compare/runner.ts";
import { shareOf } from "../../../aft/compare/shares.ts";
import type { CompareOptions } from "../../../aft/compare/types.ts";
import { configToJson, resolveSettings } from "../../../aft/config.ts";
import { chooseRows } from "../../../aft/data/split.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { inFolder, smallOptions } from "./small.ts";

async function planOf(options: CompareOptions): Promise<Plan> {
  const resolved = resolveOptions(options);
  const { data, features } = resolved.base;
  const { dataset, teachers } = await Runner.open({ data, features, reading: {} });
  const [dataHash, ...featureHashes] = await Promise.all([data, ...features].map(hashFile));
  return await makePlan(resolved, { dataset, teachers, dataHashes: [dataHash], featureHashes });
}

Deno.test("every method runs with every size, noise and set of teachers", () =>
  inFolder(async (folder) => {
    const changes = { trainSizes: [12, 24], noise: [0, 5], teacherSets: ["all", "each"] } as const;
    const { comparison: { cells } } = await planOf(await smallOptions(folder, changes));
    const settings = cells.map(({ method, setting: { trainSize, noise, teachers } }) =>
      `${method} ${trainSize} ${noise} ${teachers.join("+")}`
    );
    assertEquals(settings.length, 2 * 2 * 3 * 2);
    assertEquals(new Set(settings).size, settings.length);
    assertEquals(settings.slice(0, 4), [
      "stl 12 0 teacher+other",
      "aft 12 0 teacher+other",
      "stl 12 5 teacher+other",
      "aft 12 5 teacher+other",
    ]);
    assert(settings.includes("aft 24 5 other"));
    const pairs = await planOf(await smallOptions(folder, { teacherSets: ["pairs", "all"] }));
    assertEquals(pairs.comparison.cells.length, 2, "two teachers are one pair, and all");
  }));

Deno.test("a method without teachers has the same runs beside any teachers and noise", () =>
  inFolder(async (folder) => {
    const methods = ["stl", "aft", "l2sp"];
    const changes = { methods, noise: [0, 5], teacherSets: ["each"] } as const;
    const plan = await planOf(await smallOptions(folder, changes));
    const keys = (method: string) =>
      new Set(
        plan.comparison.cells.filter((cell) => cell.method === method)
          .flatMap(({ final }) => final.map(({ key }) => key)),
      ).size;
    assertEquals([keys("stl"), keys("l2sp")], [2, 2 * 2]); // seeds; betas
    assertEquals(keys("aft"), 2 * 2 * 2 * 2); // seeds, betas, noise, sets
  }));

Deno.test("a strength is chosen with the seeds asked for, unless there is none to choose", () =>
  inFolder(async (folder) => {
    const methods = ["stl", "aft", "aft:beta=7"];
    const options = await smallOptions(folder, { methods, tuneSeeds: 2, betas: [1, 3, 10] });
    const { comparison: { cells } } = await planOf(options);
    assertEquals(cells.map(({ tune }) => tune.length), [0, 6, 0]);
    assertEquals(cells.map(({ hasStrength }) => hasStrength), [false, true, true]);
    assertEquals(cells[2].final.map(({ beta, seed }) => [beta, seed]), [[7, 0], [7, 1]]);
    const [single] = (await planOf({ ...options, betas: [3], methods: ["aft"] })).comparison.cells;
    assertEquals([single.tune.length, single.final.length], [0, 2]);
  }));

Deno.test("steps and student are those of all methods, not what one of them has of its own", () =>
  inFolder(async (folder) => {
    const methods = ["stl:steps=50:student=mlp:64", "aft"];
    const { base, ...options } = await smallOptions(folder, { methods });
    const { comparison } = await planOf({ ...options, base });
    assertEquals([comparison.steps, comparison.student], [6, "mlp:6"]);
    const { steps: _, student: _1, ...unset } = base;
    const plain = await planOf({ ...options, base: unset });
    assertEquals([plain.comparison.steps, plain.comparison.student], [500, "mlp:128,128"]);
  }));

Deno.test("validation rows lie outside the subset where rows remain, else a tenth is lent", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { trainSizes: [24, 0] });
    const { comparison, specs } = await planOf(options);
    assertEquals(comparison.validation, [{ trainSize: 24, rows: 36 }, { trainSize: 60, rows: 6 }]);
    const [, some, , whole] = comparison.cells;
    const valSize = (key: string) => specs.get(key)!.settings.valSize;
    assertEquals([valSize(some.tune[0].key), valSize(some.final[0].key)], [36, 36]);
    assertEquals([valSize(whole.tune[0].key), valSize(whole.final[0].key)], [6, 0]);
    // Beside validation rows from outside, training rows are those of a run without.
    const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);
    const draw = (valSize: number) =>
      chooseRows(labels, { seed: 1, task: "classification", trainSize: 24, valSize }).train;
    assertEquals(draw(36), draw(0));
    // So a run that chose the strength is a run of the table too.
    assert(some.final.some(({ key }) => key === some.tune[0].key));
    assert(!whole.final.some(({ key }) => key === whole.tune[0].key));
  }));

Deno.test("an identity follows settings and bytes of files, not paths nor how defaults are given", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { methods: ["aft"] });
    const keyOf = async (changed: Partial<CompareOptions>) =>
      (await planOf({ ...options, ...changed })).comparison.cells[0].final[0].key;
    const key = await keyOf({});
    const { base } = options;
    assertEquals(await keyOf({ base: { ...base, weightDecay: 0, rho: undefined } }), key);
    assertEquals(await keyOf({ methods: ["aft:weight-decay=0"] }), key);
    assert(await keyOf({ methods: ["aft:rho=fixed"] }) !== key);
    assert(await keyOf({ base: { ...base, lr: 0.01 } }) !== key);
    assert(await keyOf({ base: { ...base, seed: 1 } }) !== key);

    const moved = `${folder}/moved.safetensors`;
    await Deno.copyFile(base.data!, moved);
    assertEquals(await keyOf({ base: { ...base, data: moved } }), key);
    for (const path of [base.data!, base.features![1]]) {
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 2] ^= 1; // another number, still finite
      await Deno.writeFile(path, bytes);
      assert(await keyOf({}) !== key, path);
      bytes[bytes.length - 2] ^= 1;
      await Deno.writeFile(path, bytes);
    }
    assertEquals(await keyOf({}), key);
  }));

Deno.test("images are told apart by where they lie, which is their label, whatever their folder is called", () =>
  inFolder(async (folder) => {
    for (const [name, text] of [["a/x/1.png", "one"], ["a/y/2.png", "two"]]) {
      await Deno.mkdir(`${folder}/${name.slice(0, 3)}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const keyOf = (format: "images" | "csv", path: string, ...files: string[]) =>
      hashData({ path: `${folder}/${path}`, format, files: files.map((f) => `${folder}/${f}`) });
    const key = await keyOf("images", "a", "a/x/1.png", "a/y/2.png");
    assertEquals(key.length, 1);
    await Deno.rename(`${folder}/a/y/2.png`, `${folder}/a/x/2.png`);
    assertNotEquals(await keyOf("images", "a", "a/x/1.png", "a/x/2.png"), key);
    await Deno.rename(`${folder}/a/x/2.png`, `${folder}/a/y/2.png`);
    await Deno.rename(`${folder}/a`, `${folder}/b`);
    assertEquals(await keyOf("images", "b/", "b/x/1.png", "b/y/2.png"), key);
    const files = ["b/x/1.png", "b/y/2.png"];
    assertEquals(
      await keyOf("csv", "b", ...files),
      await hashFiles(files.map((file) => `${folder}/${file}`)),
    );
  }));

Deno.test("hashes are SHA-256, and a key is one of settings, reading, files and noise", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/abc`, "abc");
    assertEquals(
      await hashFile(`${folder}/abc`), // FIPS 180-2, appendix B.1
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    const settings = resolveSettings({ method: "kd" });
    const inputs = { data: ["a"], reading: {}, features: ["b"], noise: 0 };
    const keys = await Promise.all([
      runKey(settings, inputs),
      runKey(settings, { ...inputs, data: ["b"] }),
      runKey(settings, { ...inputs, features: ["a"] }),
      runKey(settings, { ...inputs, noise: 1 }),
      runKey(settings, { ...inputs, reading: { label: "x" } }),
      runKey({ ...settings, beta: 3 }, inputs),
    ]);
    assertEquals(new Set(keys).size, keys.length);
    assertEquals(await runKey(settings, { ...inputs, reading: { format: "auto" } }), keys[0]);
  }));

Deno.test("a record of other values is told apart, one without a field that was added is not", () => {
  const settings = resolveSettings({ method: "kd" });
  const { lr: _, ...older } = configToJson(settings);
  assertEquals(agrees(older, settings), true);
  assertEquals(agrees({ ...older, "batch-size": 64 }, settings), false);
});

Deno.test("each run is one shard's, equal runs included, and shards are about as large", () =>
  inFolder(async (folder) => {
    const changes = { noise: [0, 5, 6], seeds: 4, tuneSeeds: 2, methods: ["stl", "kd", "aft"] };
    const { comparison } = await planOf(await smallOptions(folder, changes));
    const shares = [1, 2, 3].map((index) => shareOf(comparison, { index, count: 3 }));
    for (const purpose of ["tune", "final"] as const) {
      const keys = new Set(comparison.cells.flatMap((cell) => cell[purpose].map(({ key }) => key)));
      const counts = shares.map((share) => [...keys].filter(share[purpose]).length);
      assertEquals(counts.reduce((a, b) => a + b), keys.size);
      for (const key of keys) {
        assertEquals(shares.filter((share) => share[purpose](key)).length, 1, purpose);
      }
      assert(Math.max(...counts) <= 2 * Math.min(...counts), `${counts}`);
    }
    // Whatever strength will be chosen, the run of a seed is the same shard's.
    const [, kd] = comparison.cells;
    for (const seed of [0, 1, 2, 3]) {
      const keys = kd.final.filter((run) => run.seed === seed).map(({ key }) => key);
      const owners = keys.map((key) => shares.findIndex((share) => share.final(key)));
      assertEquals(new Set(owners).size, 1);
    }
  }));

Deno.test("options out of range are refused with their value", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder);
    const refused: [Partial<CompareOptions>, string][] = [
      [{ seeds: 0 }, "Cannot compare with seeds 0: it must be an integer from 1"],
      [{ tuneSeeds: 1.5 }, "Cannot compare with tune-seeds 1.5"],
      [{ jobs: 0 }, "Cannot compare with jobs 0"],
      [{ shard: { index: 3, count: 2 } }, "Cannot compare with shard 3"],
      [{ methods: [] }, "Cannot compare with no methods: it must name at least one"],
      [{ methods: ["kd", "kd"] }, "Cannot compare with methods kd: it is given twice"],
      [{ betas: [1, 1] }, "Cannot compare with betas 1: it is given twice"],
      [{ betas: [-1] }, "beta must be a number from 0"],
      [{ trainSizes: [-3] }, "Cannot compare with train-sizes -3"],
      [{ noise: [0.5] }, "Cannot compare with noise 0.5"],
      [{ noise: [4], methods: ["stl"] }, "Cannot compare with noise 4: it stands beside teachers"],
      [{ base: {} }, "Cannot compare with no data: it must be given"],
      [{ base: { data: "x" } }, "Cannot compare with no features: it must be given for method aft"],
      [{ base: { ...options.base, beta: 3 } }, "Cannot compare with beta 3: it is decided by"],
      [{ base: { ...options.base, student: "mpl:3" } }, "did you mean mlp?"],
    ];
    for (const [changes, message] of refused) {
      assertThrows(() => resolveOptions({ ...options, ...changes }), ConfigError, message);
    }
    const ofSizes: [number[], string][] = [
      [[61], "train-sizes 61: the data have 60 training rows"],
      [[0, 60], "train-sizes 60: it is given twice, 0 means all 60 training rows"],
    ];
    for (const [trainSizes, message] of ofSizes) {
      const error = await assertRejects(() => planOf({ ...options, trainSizes }), ConfigError);
      assertEquals(error.message, `Cannot compare with ${message}`);
    }
  }));
