import { assertEquals, assertRejects } from "@std/assert";
import type { RunRecord } from "../../../aft/compare/types.ts";
import { addFinished, readFinished } from "../../../bench/claims/finished.ts";
import { FormatError } from "../../../gpu/errors.ts";
import { inFolder } from "../../aft/compare/small.ts";

const result = { test: { accuracy: 0.5, loss: 1 }, seconds: 2, device: "one" };
const record = (key: string, config: RunRecord["config"]): RunRecord => ({ key, config, result });
const poolOf = (...runs: RunRecord[]) => ({
  records: new Map(runs.map((run) => [run.key, run])),
  probes: new Map([["p", { key: "p", test: { accuracy: 0.7, loss: 0.9 } }]]),
});
const runs = poolOf(record("b", { seed: 1, method: "kd" }), record("a", { seed: 0, degree: 2 }));

Deno.test("finished runs and probes are read as they were added; none are in a file that is missing", () =>
  inFolder(async (folder) => {
    const path = `${folder}/finished.jsonl`;
    assertEquals(await readFinished(path), { records: new Map(), probes: new Map() });
    await addFinished(path, runs);
    assertEquals(await readFinished(path), runs);
  }));

Deno.test("lines that are there stay, and a run that is done anew counts in place of the old one", () =>
  inFolder(async (folder) => {
    const path = `${folder}/finished.jsonl`;
    await addFinished(path, runs);
    const before = await Deno.readTextFile(path);
    await addFinished(path, runs);
    assertEquals(await Deno.readTextFile(path), before);
    const anew = { ...record("a", { seed: 0 }), result: { ...result, seconds: 9 } };
    await addFinished(path, poolOf(anew, record("c", { seed: 2 })));
    const after = await Deno.readTextFile(path);
    assertEquals(after.slice(0, before.length), before);
    assertEquals(after.slice(before.length).split("\n").length, 3); // two lines, and what ends them
    const { records } = await readFinished(path);
    assertEquals([...records.keys()].toSorted(), ["a", "b", "c"]);
    assertEquals(records.get("a"), anew);
  }));

Deno.test("a line that was cut off does not count, and goes when more is added; an empty file is none", () =>
  inFolder(async (folder) => {
    const path = `${folder}/finished.jsonl`;
    await Deno.writeTextFile(path, "");
    assertEquals((await readFinished(path)).records.size, 0);
    await addFinished(path, runs);
    await Deno.writeTextFile(path, '{"key":"z","con', { append: true });
    assertEquals(await readFinished(path), runs);
    const more = record("d", { seed: 3 });
    await addFinished(path, poolOf(more));
    assertEquals((await readFinished(path)).records.get("d"), more);
    assertEquals((await Deno.readTextFile(path)).includes('"z"'), false);
  }));

Deno.test("a line that is no run or probe is named", () =>
  inFolder(async (folder) => {
    const path = `${folder}/finished.jsonl`;
    for (const line of ['{"key', "{}", "5", "null", '{"key":"a","config":{}}', ""]) {
      await Deno.writeTextFile(path, `{"key":"p","test":{}}\n${line}\n{"key":"q","test":{}}\n`);
      const error = await assertRejects(
        () => readFinished(path),
        FormatError,
        `Cannot read ${path}, line 2: it is no run or probe`,
      );
      assertEquals([error.file, error.place], [path, "line 2"]);
    }
  }));
