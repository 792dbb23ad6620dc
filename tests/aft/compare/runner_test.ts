import { assert, assertEquals } from "@std/assert";
import { Runner } from "../../../aft/compare/runner.ts";
import { resolveSettings } from "../../../aft/config.ts";
import { openGpu } from "../../../gpu/mod.ts";
import { tableData, teacherOf, writeTask } from "../small.ts";
import { inFolder } from "./small.ts";

const gpu = await openGpu();

Deno.test("a run gives the memory of its rows back, so that many runs need no more than one", () =>
  inFolder(async (folder) => {
    const data = tableData(4000, 40);
    const { data: path, features } = await writeTask(folder, data, [teacherOf(data)]);
    const runner = await Runner.open({ data: path, features, reading: {} });
    const live: number[] = [];
    for (const seed of [0, 1, 2, 3]) {
      const settings = resolveSettings({ method: "aft", student: "mlp:4", steps: 2, seed });
      const result = await runner.run({ key: "", settings, teachers: [0], noise: 0 });
      assert(result && "test" in result);
      live.push(gpu.counters.liveBytes);
    }
    const rows = 4000 * (6 * 4 + 4 + 4 * 2); // inputs, labels, features in halves
    assert(live[3] - live[0] < rows, `${live.map((bytes) => bytes - live[0])} bytes more`);
  }));

Deno.test("what a run says is its last evaluation, on validation rows too where there are any", () =>
  inFolder(async (folder) => {
    const data = tableData(60, 30);
    const { data: path, features } = await writeTask(folder, data, [teacherOf(data)]);
    const runner = await Runner.open({ data: path, features, reading: {} });
    const settings = resolveSettings({ method: "aft", student: "mlp:4", steps: 4, trainSize: 30 });
    const spec = { key: "", settings, teachers: [0], noise: 0 };
    const plain = await runner.run(spec);
    const both = await runner.run({ ...spec, settings: { ...settings, valSize: 20 } });
    assert(plain && "test" in plain && both && "test" in both);
    assertEquals([plain.val, both.test], [undefined, plain.test]);
    assertEquals(Object.keys(both.val!), ["accuracy", "loss"]);
    assertEquals(both.scales!.teachers.map(({ name }) => name), ["teacher"]);
    const stopped = new AbortController();
    stopped.abort();
    assertEquals(await runner.run(spec, { signal: stopped.signal }), undefined);
  }));
