import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { compare } from "../../../aft/compare/compare.ts";
import { mergeComparisons } from "../../../aft/compare/conclude.ts";
import { fitProbe } from "../../../aft/compare/probes.ts";
import {
  chooseRows,
  featureMatrix,
  linearProbe,
  probeOutputs,
  readDataset,
  readFeatures,
  scoreOutputs,
  Trainer,
} from "../../../aft/mod.ts";
import { pickLabels } from "../../../aft/rank/features.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../nn/safetensors.ts";
import { ConfigError, FormatError } from "../../../gpu/errors.ts";
import { noise, teacherOf, valueData, writeTask } from "../small.ts";
import { all, done, follow, inFolder, recordsOf, smallOptions } from "./small.ts";

async function jsonOf(path: string) {
  return JSON.parse(await Deno.readTextFile(path));
}

Deno.test("a comparison chooses strengths, runs all seeds, and its table says what training says", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder);
    const said = await follow(options);
    const [plan] = all(said, "plan");
    assertEquals([plan.tune, plan.final, plan.finished, plan.jobs], [2, 3, 0, 1]);
    const runs = all(said, "run").map(({ purpose, method, beta, seed }) =>
      `${purpose} ${method} ${beta} ${seed}`
    );
    const [chosen] = all(said, "chosen");
    // The run of seed 0 that chose the strength is the one of the table.
    assertEquals(runs, [
      ...["tune aft 1 0", "tune aft 10 0", "final stl 0 0", "final stl 0 1"],
      `final aft ${chosen.beta} 1`,
    ]);
    const best = chosen.trials.reduce((a, b) => b.error! < a.error! ? b : a);
    assertEquals(best.error, chosen.trials.find(({ beta }) => beta === chosen.beta)!.error);

    const { rows, files, missing } = done(said);
    assertEquals(missing, 0);
    assertEquals(files.map((file) => file.slice(options.out.length + 1)), [
      ...["table.csv", "table.json", "report.html"],
    ]);
    const table = await jsonOf(files[1]);
    assertEquals(table.rows, rows);
    assertEquals((await Deno.readTextFile(files[0])).split("\n").length, 4);

    const { data, features, ...base } = options.base;
    const dataset = await readDataset(data!);
    const teachers = await readFeatures(features!, dataset);
    const accuracies: number[] = [];
    for (const seed of [0, 1]) {
      const settings = { ...base, method: "aft", trainSize: 24, beta: chosen.beta, seed } as const;
      const trainer = new Trainer(dataset, { ...settings, teachers });
      for await (const _ of trainer.run());
      const { score } = trainer.test!;
      if ("accuracy" in score) accuracies.push(score.accuracy);
    }
    const [, aft] = rows;
    assertEquals(aft.accuracyMean, (accuracies[0] + accuracies[1]) / 2);
    assertEquals(aft.energy!.map(({ name }) => name), ["teacher", "other"]);
  }));

Deno.test("finished runs are not run again: more seeds or methods run what is new", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { betas: [1] });
    const first = done(await follow(options));
    const again = await follow(options);
    assertEquals([all(again, "run").length, all(again, "plan")[0].finished], [0, 4]);
    assertEquals(done(again).rows, first.rows);

    const more = await follow({ ...options, seeds: 3, methods: ["stl", "aft", "kd"] });
    assertEquals(all(more, "run").map(({ method, seed }) => `${method} ${seed}`), [
      ...["kd 0", "kd 1", "stl 2", "aft 2", "kd 2"],
    ]);
    assertEquals(done(more).rows.map(({ method, seeds }) => [method, seeds]), [
      ["stl", 3],
      ["aft", 3],
      ["kd", 3],
    ]);
  }));

Deno.test("a changed data file means other runs, a changed feature file those with teachers", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { betas: [1], seeds: 1 });
    await follow(options);
    const change = async (path: string) => {
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 2] ^= 1;
      await Deno.writeFile(path, bytes);
    };
    const rerun = async () => all(await follow(options), "run").map(({ method }) => method);
    await change(options.base.features![0]);
    assertEquals(await rerun(), ["aft"]);
    await change(options.base.data!);
    assertEquals(await rerun(), ["stl", "aft"]);
    assertEquals(await rerun(), []);
  }));

Deno.test("what is stopped keeps its finished runs, and a second call ends with the same table", () =>
  inFolder(async (folder) => {
    const { base } = await smallOptions(folder);
    const options = await smallOptions(folder, { base: { ...base, steps: 60 } });
    const whole = done(await follow(options));
    const out = `${folder}/stopped`;
    const stopped = await follow(
      { ...options, out },
      (progress) => progress.event === "run" && progress.done === 3,
    );
    const [last] = all(stopped, "interrupted");
    assertEquals(stopped.at(-1), last);
    assert(last.done >= 3 && last.done < 5, `${last.done} runs`); // one may end meanwhile
    assertEquals((await recordsOf(out)).length, last.done);
    const resumed = await follow({ ...options, out });
    assertEquals(all(resumed, "run").length, 5 - last.done);
    const plain = (rows: typeof whole.rows) => rows.map((row) => ({ ...row, seconds: 0 }));
    assertEquals(plain(done(resumed).rows), plain(whole.rows));
  }));

Deno.test("shards do their own runs, wait for each other's choice, and a merge makes the table", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { methods: ["stl", "kd", "aft"], tuneSeeds: 2 });
    const whole = done(await follow(options));
    const part = (index: number) =>
      follow({ ...options, out: `${folder}/shared`, shard: { index, count: 2 } });
    const first = await part(1);
    assertEquals(done(first).rows, []);
    assert(done(first).missing > 0, "strengths wait for the other shard");
    const passes = [first, await part(2), await part(1), await part(2)];
    assertEquals(done(passes[3]).missing, 0);
    const runs = passes.flatMap((said) => all(said, "run")).map(({ method, beta, seed }) =>
      `${method} ${beta} ${seed}`
    );
    assertEquals(new Set(runs).size, runs.length, "no run twice");
    const last = await follow({ ...options, out: `${folder}/shared` });
    assertEquals(all(last, "run"), []);
    assertEquals(await recordsOf(`${folder}/shared`), await recordsOf(options.out));
    const plain = (rows: typeof whole.rows) => rows.map((row) => ({ ...row, seconds: 0 }));
    assertEquals(plain(done(last).rows), plain(whole.rows));

    // Without a shared disk: each half of the runs in a folder of its own, brought together.
    const records = await recordsOf(options.out);
    for (const half of [0, 1]) {
      await Deno.mkdir(`${folder}/half${half}/runs`, { recursive: true });
      await Deno.copyFile(`${options.out}/compare.json`, `${folder}/half${half}/compare.json`);
      for (const { key } of records.filter((_, i) => i % 2 === half)) {
        const name = `runs/${key}.json`;
        await Deno.copyFile(`${options.out}/${name}`, `${folder}/half${half}/${name}`);
      }
    }
    const merged = await mergeComparisons([`${folder}/half0`, `${folder}/half1`], `${folder}/both`);
    assertEquals([merged.missing, plain(merged.rows)], [0, plain(whole.rows)]);
    const half = await mergeComparisons([`${folder}/half0`], `${folder}/half0`);
    assert(half.missing > 0);
  }));

Deno.test("folders of other comparisons, and folders of none, are not merged", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { methods: ["stl"], seeds: 1 });
    await follow(options);
    await follow({ ...options, base: { ...options.base, steps: 5 }, out: `${folder}/other` });
    const merge = (...folders: string[]) => mergeComparisons(folders, `${folder}/merged`);
    const error = await assertRejects(() => merge(options.out, `${folder}/other`), ConfigError);
    assertStringIncludes(error.message, `Cannot merge ${folder}/other with ${options.out}: they`);
    await assertRejects(() => merge(folder), Deno.errors.NotFound, `${folder}/compare.json`);
    await assertRejects(() => merge(), ConfigError, "Cannot merge nothing");
    const comparison = await jsonOf(`${options.out}/compare.json`);
    await Deno.mkdir(`${folder}/damaged`);
    for (const damaged of [{}, { ...comparison, cells: 3 }, { ...comparison, cells: [{}] }]) {
      await Deno.writeTextFile(`${folder}/damaged/compare.json`, JSON.stringify(damaged));
      await assertRejects(() => merge(`${folder}/damaged`), FormatError, "damaged/compare.json");
    }
    await assertRejects(() => Deno.stat(`${folder}/merged`), Deno.errors.NotFound);
  }));

Deno.test("a record that was changed by hand is refused with its name, by a merge too", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { methods: ["aft"], betas: [1], seeds: 1 });
    await follow(options);
    const [record] = await recordsOf(options.out);
    const { result, ...rest } = record;
    const path = `${options.out}/runs/${record.key}.json`;
    for (
      const damaged of [
        rest,
        { ...record, config: 3 },
        { ...record, result: { ...result, test: 0.5 } },
        { ...record, result: { ...result, seconds: 1, scales: { teachers: [null] } } },
      ]
    ) {
      await Deno.writeTextFile(path, JSON.stringify(damaged));
      const error = await assertRejects(() => follow(options), FormatError);
      assertEquals(
        error.message,
        `Cannot read ${path}: it is not as a comparison wrote it; mend or remove it`,
      );
      await assertRejects(() => mergeComparisons([options.out], `${folder}/all`), FormatError);
    }
    await Deno.remove(path);
    assertEquals(all(await follow(options), "run").length, 1);
  }));

Deno.test("a strength at which training diverges is not chosen, and the failure is kept", () =>
  inFolder(async (folder) => {
    const base = (await smallOptions(folder)).base;
    const options = await smallOptions(folder, {
      ...{ methods: ["stl", "kd"], betas: [1, 1e9], seeds: 1 },
      base: { ...base, optimiser: "sgd", lr: 1, steps: 40 },
    });
    const said = await follow(options);
    const [failed, ...others] = all(said, "failed");
    assertEquals(others.filter(({ purpose }) => purpose === "final"), []);
    assertEquals([failed.method, failed.kept], ["kd", true]);
    assertStringIncludes(failed.message, "Cannot train on after step");
    assertEquals(all(await follow(options), "failed"), [], "it is not tried again");
  }));

Deno.test("noise stands beside the teachers and takes its share of the energy", () =>
  inFolder(async (folder) => {
    const changes = { methods: ["stl", "aft"], noise: [0, 7], betas: [1], seeds: 1 };
    const said = await follow(await smallOptions(folder, changes));
    assertEquals(all(said, "run").map(({ method, noise }) => `${method} ${noise}`), [
      ...["stl 0", "aft 0", "aft 7"],
    ]);
    const rows = done(said).rows;
    assertEquals(rows.map(({ method, noise }) => `${method} ${noise}`), [
      ...["stl 0", "aft 0", "stl 7", "aft 7"],
    ]);
    assertEquals(rows[2].accuracyMean, rows[0].accuracyMean);
    const energy = rows[3].energy!;
    assertEquals(energy.map(({ name, columnShare }) => [name, columnShare]), [
      ["teacher", 4 / 14],
      ["other", 3 / 14],
      ["noise", 7 / 14],
    ]);
    assert(energy[2].share > 0.2 && energy[2].share < 0.8, `${energy[2].share}`);
  }));

Deno.test("values are compared by their coefficient of determination", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder, { betas: [0.1], methods: ["stl", "kd"] });
    const data = valueData(60, 30);
    const files = await writeTask(folder, data, [teacherOf(data)]);
    const base = { ...files, student: "mlp:6", batchSize: 16, lr: 0.02, steps: 30 };
    const { rows: [stl, kd], task } = done(await follow({ ...options, base }));
    assertEquals(task, "regression");
    assert(stl.accuracyMean! > 0.1 && stl.accuracyMean! < 1, `R2 ${stl.accuracyMean}`);
    const ratio = kd.lossMean! / stl.lossMean!; // every seed has the same test rows
    assertAlmostEquals(kd.normalisedError!, ratio, 1e-9);
  }));

/** Adds the features of the test rows to a file of features: the class, and noise. */
async function addTestRows(path: string, data: string): Promise<void> {
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(path), path);
  const { splits: { test } } = await readDataset(data);
  const { dtype, shape: [, columns], bytes } = tensors.get("train")!;
  const values = Float16Array.from({ length: test.rows * columns }, (_, i) => {
    const label = test.labels[Math.floor(i / columns)];
    return (label % columns === i % columns ? 1 : 0) + 0.3 * noise(20, i);
  });
  const train = new Uint16Array(bytes.slice().buffer);
  const halves = new Uint16Array(values.buffer);
  const rows = train.length / columns;
  await Deno.writeFile(
    path,
    encodeSafetensors({
      train: { dtype: dtype as "F16", shape: [rows, columns], values: train },
      test: { dtype: "F16", shape: [test.rows, columns], values: halves },
    }, metadata),
  );
}

Deno.test("teachers whose test rows are cached are probed, once, and the table says how good they are", () =>
  inFolder(async (folder) => {
    const changes = { betas: [1], seeds: 1, teacherSets: ["each"] as const };
    const options = await smallOptions(folder, changes);
    const [first] = options.base.features!;
    await addTestRows(first, options.base.data!);
    const said = await follow(options);
    const probes = all(said, "probe");
    assertEquals(probes.map(({ teachers, seed }) => [teachers, seed]), [[["teacher"], 0]]);
    const { test } = probes[0];
    assert("accuracy" in test && test.accuracy > 0.8, JSON.stringify(test));
    const ofRows = done(said).rows.map(({ teachers, probe }) => [teachers[0], probe]);
    assertEquals(ofRows, [
      ["teacher", test.accuracy],
      ["teacher", test.accuracy],
      ["other", null],
      ["other", null],
    ]);
    assertEquals(all(await follow(options), "probe"), []);
    const merged = await mergeComparisons([options.out], `${folder}/merged`);
    assertEquals(merged.rows[0].probe, test.accuracy);
    const without = await follow({ ...options, probe: false, out: `${folder}/without` });
    assertEquals([all(without, "probe"), done(without).rows[0].probe], [[], null]);

    const dataset = await readDataset(options.base.data!);
    const teachers = await readFeatures([first], dataset);
    const spec = { key: "", trainSize: 24, valSize: 36, seed: 0, teachers: [0] };
    assertEquals(fitProbe(spec, dataset, teachers), test);
    const { train } = chooseRows(dataset.splits.train.labels, {
      ...{ seed: 0, task: "classification", trainSize: 24 },
    });
    const labels = pickLabels(dataset.splits.train.labels, train);
    const plain = linearProbe({
      features: featureMatrix([teachers[0].splits.train], train),
      labels,
    });
    const own = fitProbe({ ...spec, valSize: 0 }, dataset, teachers);
    const outputs = probeOutputs(plain, featureMatrix([teachers[0].splits.test!]));
    assertEquals(own, scoreOutputs(outputs.values, dataset.splits.test.labels, dataset).score);
  }));

Deno.test("what is refused makes no folder", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder);
    const refused = [
      { methods: ["aft:rho=loose"] },
      { trainSizes: [1000] },
      { base: { ...options.base, features: [`${folder}/none.safetensors`] } },
      { base: { ...options.base, data: `${folder}/none` } },
      { base: { ...options.base, steps: 0 } },
    ];
    for (const changes of refused) {
      await assertRejects(() => Array.fromAsync(compare({ ...options, ...changes })));
      await assertRejects(() => Deno.stat(options.out), Deno.errors.NotFound);
    }
    await Deno.writeTextFile(options.out, "");
    await assertRejects(() => follow(options), ConfigError, "it is a file");
  }));

Deno.test("students start from weights whose bytes are part of a run's identity", () =>
  inFolder(async (folder) => {
    const options = await smallOptions(folder);
    const init = `${folder}/weights.safetensors`;
    const weightsOf = async (value: number) => {
      const values = new Float32Array(3).fill(value);
      const tensors = { bias: { dtype: "F32" as const, shape: [3], values } };
      await Deno.writeFile(init, encodeSafetensors(tensors));
    };
    const base = { ...options.base, init, initMap: "bias=head.bias" };
    const lossOf = async (start: typeof base | typeof options.base) => {
      const said = await follow({ ...options, base: start, methods: ["stl"] });
      return { runs: all(said, "run").length, loss: done(said).rows[0].lossMean };
    };
    const plain = await lossOf(options.base);
    await weightsOf(5);
    const started = await lossOf(base);
    assert(started.runs > 0 && started.loss !== plain.loss);
    assertEquals(await lossOf(base), { runs: 0, loss: started.loss });
    await weightsOf(-3);
    const changed = await lossOf(base);
    assertEquals(changed.runs, started.runs);
    assert(changed.loss !== started.loss);
  }));
