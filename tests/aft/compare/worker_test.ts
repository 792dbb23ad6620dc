import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { Runner } from "../../../aft/compare/runner.ts";
import { isRunWorker, RunWorker } from "../../../aft/compare/worker.ts";
import type { RunSpec } from "../../../aft/compare/types.ts";
import { resolveSettings } from "../../../aft/config.ts";
import { ConfigError, FormatError } from "../../../gpu/errors.ts";
import { adapterName, currentGpu, loadTuning } from "../../../gpu/mod.ts";
import { inFolder, smallOptions } from "./small.ts";

Deno.test("a worker gives what a run here gives, tells its steps, and survives a run that throws", () =>
  inFolder(async (folder) => {
    assertEquals(isRunWorker(), false);
    const { base: { data, features, ...rest } } = await smallOptions(folder);
    const source = { data: data!, features: features!, reading: {} };
    const settings = resolveSettings({ ...rest, method: "aft", beta: 1, logEvery: 3 });
    const spec: RunSpec = { key: "k", settings, teachers: [0, 1], noise: 2 };
    const worker = new RunWorker(source);
    try {
      const steps: number[] = [];
      const result = await worker.run(spec, { told: (step) => steps.push(step) });
      const here = await (await Runner.open(source)).run(spec);
      assert(result && here && "test" in result && "test" in here);
      assertEquals({ ...result, seconds: 0 }, { ...here, seconds: 0 });
      assertEquals(steps, [3, 6]);

      const wrong = { ...spec, settings: { ...settings, trainSize: 1000 } };
      await assertRejects(() => worker.run(wrong), ConfigError, "Cannot draw 1000 rows");
      const again = await worker.run(spec);
      assert(again && "test" in again);
      assertEquals(again.test, result.test);

      const stop = new AbortController();
      const long = { ...spec, settings: { ...settings, steps: 100_000, logEvery: 2 } };
      const told = () => stop.abort();
      assertEquals(await worker.run(long, { signal: stop.signal, told }), undefined);
    } finally {
      worker.close();
    }
  }));

Deno.test("what a worker cannot read is refused with the kind of error it has here", () =>
  inFolder(async (folder) => {
    const { base: { data } } = await smallOptions(folder);
    await Deno.writeTextFile(`${folder}/broken.safetensors`, "no tensors");
    const source = { data: data!, features: [`${folder}/broken.safetensors`], reading: {} };
    const settings = resolveSettings({ method: "stl" });
    const worker = new RunWorker(source);
    try {
      const run = () => worker.run({ key: "k", settings, teachers: [], noise: 0 });
      await assertRejects(run, FormatError, "broken.safetensors");
    } finally {
      worker.close();
    }
  }));

/** A table that takes one kernel for all products with sizes up to 31. */
function tableOf(variant: string) {
  const sizes = [1, 4, 16];
  const triples = sizes.flatMap((a) => sizes.flatMap((b) => sizes.map((c) => `1x${a}x${b}x${c}`)));
  const shapes = ["nn", "nt", "tn", "tt"].flatMap((sides) => triples.map((x) => `${sides} ${x}`));
  return {
    [adapterName(currentGpu().info)]: Object.fromEntries(shapes.map((key) => [key, variant])),
  };
}

Deno.test("a worker takes the kernels that were measured here, which decide a run's last digits", () =>
  inFolder(async (folder) => {
    const { base: { data, features, ...rest } } = await smallOptions(folder);
    const source = { data: data!, features: features!, reading: {} };
    const settings = resolveSettings({ ...rest, method: "stl" });
    const spec: RunSpec = { key: "k", settings, teachers: [], noise: 0 };
    const here = await Runner.open(source);
    const worker = new RunWorker(source);
    const scoresOf = async (hand: Runner | RunWorker) => {
      const result = await hand.run(spec);
      assert(result && "test" in result);
      return result.test;
    };
    try {
      loadTuning(tableOf("tile4x4"));
      const plain = await scoresOf(here);
      loadTuning(tableOf("split8x8"));
      const split = await scoresOf(here);
      assertNotEquals(split, plain);
      assertEquals(await scoresOf(worker), split);
    } finally {
      worker.close();
    }
  }));
