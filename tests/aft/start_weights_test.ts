import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readCheckpoint } from "../../aft/checkpoint.ts";
import { exportWeights } from "../../aft/export.ts";
import { writeAtomic } from "../../aft/files.ts";
import { matchWeights, readNameMap, startFrom } from "../../aft/start_weights.ts";
import { parseStudent } from "../../aft/student.ts";
import { ConfigError, FormatError } from "../../gpu/errors.ts";
import { openGpu } from "../../gpu/mod.ts";
import { encodeSafetensors, type SafeTensorInput } from "../../nn/mod.ts";
import { inTempFolder } from "./data/make.ts";
import { follow, only, tableData, writeTask } from "./small.ts";
import { DATA, WITHOUT_DATA } from "./data/shared.ts";

await openGpu();

const SOLO = { method: "stl", student: "mlp:8", batchSize: 16, lr: 0.01 } as const;
const SHAPE = { inputShape: [3], outputs: 2, seed: 1 };

function ramp(shape: number[], from = 1): SafeTensorInput {
  const size = shape.reduce((a, b) => a * b, 1);
  return { dtype: "F32", shape, values: Float32Array.from({ length: size }, (_, i) => from + i) };
}

async function fileOf(folder: string, tensors: Record<string, SafeTensorInput>): Promise<string> {
  const path = `${folder}/weights.safetensors`;
  await writeAtomic(path, encodeSafetensors(tensors));
  return path;
}

Deno.test("weights of a file are matched by name and shape, the rest keeps its own start", () =>
  inTempFolder(async (folder) => {
    const student = parseStudent("mlp:4").make(SHAPE);
    const before = await student.state();
    const path = await fileOf(folder, {
      "body.weight": ramp([4, 3]),
      "body.bias": ramp([5]),
      "head.weight": ramp([2, 4], 100),
      other: ramp([1]),
    });
    const result = await startFrom(student, path, [["body", "layers.0"]]);
    assertEquals(result, {
      matched: [
        { name: "layers.0.weight", shape: [4, 3], from: "body.weight" },
        { name: "head.weight", shape: [2, 4], from: "head.weight" },
      ],
      differing: [{ name: "layers.0.bias", shape: [4], from: "body.bias", found: [5] }],
      missing: [{ name: "head.bias", shape: [2] }],
      unused: [{ name: "other", shape: [1] }],
    });
    const after = await student.state();
    assertEquals(after["layers.0.weight"].values, ramp([4, 3]).values);
    assertEquals(after["head.weight"].values, ramp([2, 4], 100).values);
    assertEquals(after["layers.0.bias"], before["layers.0.bias"]);
    assertEquals(after["head.bias"], before["head.bias"]);
  }));

Deno.test("a pair changes a whole name or its beginning up to a dot, and the first that fits wins", () => {
  const own = { "a.x": { shape: [1] }, "b.x": { shape: [1] } };
  const names = (map: [string, string][]) =>
    matchWeights(own, { "ab.x": { shape: [1] } }, map).matched.map(({ name }) => name);
  assertEquals(names([["a", "b"]]), []);
  assertEquals(names([["ab", "b"], ["ab", "a"]]), ["b.x"]);
  assertEquals(names([["ab.x", "a.x"]]), ["a.x"]);
});

Deno.test("a map of names is read from text or from a JSON file, anything else is refused", () =>
  inTempFolder(async (folder) => {
    assertEquals(await readNameMap("a=b, c.d = e"), [["a", "b"], ["c.d", "e"]]);
    assertEquals(await readNameMap(""), []);
    const path = `${folder}/map.json`;
    await writeAtomic(path, '{ "a": "b" }');
    assertEquals(await readNameMap(path), [["a", "b"]]);
    await writeAtomic(path, '["a"]');
    await assertRejects(() => readNameMap(path), FormatError, "a map is a JSON object");
    await writeAtomic(path, "{");
    await assertRejects(() => readNameMap(path), FormatError, "it is no JSON");
    await assertRejects(() => readNameMap("a=b,c"), ConfigError, '"c" is not FROM=TO');
  }));

Deno.test("a file of which no weight fits is refused with the names and shapes of both", () =>
  inTempFolder(async (folder) => {
    const student = parseStudent("mlp:4").make(SHAPE);
    const path = await fileOf(folder, { "fc.weight": ramp([4, 3]) });
    const { message } = await assertRejects(() => startFrom(student, path), ConfigError);
    assertStringIncludes(
      message,
      "the file has fc.weight [4, 3], the student layers.0.weight [4, 3]",
    );
    const broken = await fileOf(folder, { "head.bias": ramp([2], NaN) });
    await assertRejects(
      () => startFrom(student, broken),
      FormatError,
      "value 0 of tensor head.bias is NaN",
    );
  }));

Deno.test("a run with --init says what it starts from, and another run's checkpoint is such a file", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData(), []);
    const config = { ...paths, ...SOLO };
    await follow({ ...config, steps: 30, out: `${folder}/first` });
    const init = `${folder}/first/checkpoint.safetensors`;
    const said = await follow({ ...config, steps: 1, lr: 1e-9, init, out: `${folder}/second` });
    assertEquals(only(said, "init").matched.length, 4);
    assertEquals(only(said, "init").unused, []);
    const [first, second] = [`${folder}/first`, `${folder}/second`].map(async (out) => {
      const lines = (await Deno.readTextFile(`${out}/metrics.jsonl`)).trim().split("\n");
      return JSON.parse(lines.at(-1)!).test.accuracy;
    });
    assertEquals(await second, await first);
    const again = await follow({ ...config, steps: 1, init, out: `${folder}/second` }, {
      resume: true,
    })
      .catch((error) => error);
    assertStringIncludes(String(again), "lr");
  }));

Deno.test("a checkpoint and its export start a student from the same weights", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData(), []);
    for (const [name, given] of Object.entries({ average: { ema: 0.9 }, lora: { lora: 2 } })) {
      const run = `${folder}/${name}`;
      await follow({ ...paths, ...SOLO, ...given, steps: 9, out: run });
      const files = [`${run}/checkpoint.safetensors`, `${run}/weights.safetensors`];
      await exportWeights(files[0], files[1]);
      const [fromCheckpoint, fromExport] = await Promise.all(files.map(async (file) => {
        const student = parseStudent(SOLO.student).make({ inputShape: [6], outputs: 3, seed: 1 });
        await startFrom(student, file);
        return await student.state();
      }));
      assertEquals(fromCheckpoint, fromExport);
    }
  }));

Deno.test("a method that holds the student near its start means the start that --init gives", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, tableData(), []);
    await follow({ ...paths, ...SOLO, steps: 5, out: `${folder}/first` });
    const init = `${folder}/first/checkpoint.safetensors`;
    const out = `${folder}/held`;
    await follow({ ...paths, ...SOLO, method: "l2sp", beta: 30, steps: 8, init, out });
    const [first, held] = await Promise.all(
      [init, `${out}/checkpoint.safetensors`].map(readCheckpoint),
    );
    for (const name of ["layers.0.weight", "layers.0.bias"]) {
      assertEquals(held.constants[`start.${name}`], first.student[name]);
      assertNotEquals(held.student[name], first.student[name]);
    }
  }));

const BODY = `${DATA}/students/cnn_init.safetensors`;

Deno.test({
  name: "the body of a CNN that was trained elsewhere starts a student, all but its head",
  ignore: WITHOUT_DATA,
  async fn() {
    const plan = parseStudent("cnn:16,32,64:128");
    const student = plan.make({ inputShape: [3, 32, 32], outputs: 10, seed: 0 });
    const places = ["convolutions.0", "convolutions.1", "convolutions.2", "hidden"];
    const map = [0, 2, 4, 7].map((i, place) => [`body.${i}`, places[place]] as const);
    const { matched, differing, missing, unused } = await startFrom(student, BODY, map);
    assertEquals([matched.length, differing, unused], [8, [], []]);
    assertEquals(missing.map(({ name }) => name), ["head.weight", "head.bias"]);
  },
});
