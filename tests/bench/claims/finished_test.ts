import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { RunRecord } from "../../../aft/compare/types.ts";
import { addFinished, decodeFinished, encodeFinished } from "../../../bench/claims/finished.ts";
import { readFinished } from "../../../bench/claims/finished.ts";
import { FormatError } from "../../../gpu/errors.ts";
import { inFolder } from "../../aft/compare/small.ts";

const result = { test: { accuracy: 0.5, loss: 1 }, seconds: 2, device: "one" };
const record = (key: string, config: RunRecord["config"]): RunRecord => ({ key, config, result });
const poolOf = (...runs: RunRecord[]) => ({
  records: new Map(runs.map((run) => [run.key, run])),
  probes: new Map([["p", { key: "p", test: { accuracy: 0.7, loss: 0.9 } }]]),
});

const runs = poolOf(
  record("b", { seed: 1, method: "kd", steps: 5 }),
  record("a", { seed: 0, method: "aft", steps: 5, degree: 2 }),
  record("c", { seed: 1, method: "aft", steps: 5 }),
);

Deno.test("finished runs are read as they were written, whatever their order", () => {
  const text = encodeFinished(runs);
  const { records, probes } = decodeFinished(text, "file");
  assertEquals(records.get("a"), runs.records.get("a"));
  assertEquals([...records.keys()], ["a", "b", "c"]);
  assertEquals(new Map([...records].toReversed()).size, 3);
  for (const [key, { config }] of runs.records) assertEquals(records.get(key)!.config, config);
  assertEquals(probes, runs.probes);
  assertEquals(encodeFinished({ records, probes }), text);
});

Deno.test("what most runs have in common is said once", () => {
  const [head, first] = encodeFinished(runs).split("\n");
  assertEquals(JSON.parse(head), { version: 1, config: { seed: 1, method: "aft", steps: 5 } });
  assertEquals(JSON.parse(first), { key: "a", config: { seed: 0, degree: 2 }, result });
});

Deno.test("runs are added to those that are there, and one that is done anew counts", () =>
  inFolder(async (folder) => {
    const path = `${folder}/finished.jsonl`;
    assertEquals((await readFinished(path)).records.size, 0);
    await addFinished(path, runs);
    const anew = { ...record("a", { seed: 0 }), result: { ...result, seconds: 9 } };
    await addFinished(path, poolOf(anew, record("d", { seed: 2 })));
    const { records } = await readFinished(path);
    assertEquals([...records.keys()], ["a", "b", "c", "d"]);
    assertEquals(records.get("a"), anew);
  }));

Deno.test("a line that is no JSON is named", () => {
  const error = assertThrows(
    () => decodeFinished(`${encodeFinished(runs)}{"key`, "some.jsonl"),
    FormatError,
    "Cannot read some.jsonl, line 6: it is no JSON",
  );
  assertEquals(error.file, "some.jsonl");
  assert(error.cause instanceof SyntaxError);
  assertStringIncludes(String(error.place), "line 6");
});
