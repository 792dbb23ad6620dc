import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decodeCheckpoint, encodeCheckpoint } from "../../../aft/checkpoint.ts";
import { Trainer } from "../../../aft/trainer.ts";
import type { TeacherFeatures, TrainingData } from "../../../aft/training/prepare.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { openGpu } from "../../../gpu/mod.ts";
import { tableData } from "../small.ts";

await openGpu();

type SplitName = "train" | "test";

/** Data with one number of one row changed, as far as that leaves its statistics alone. */
function changed(part: "labels" | "inputs", name: SplitName, row: number): TrainingData {
  const data = tableData();
  const split = data.splits[name];
  const values = split[part].slice();
  values[row * values.length / split.rows] += part === "inputs" || values[row] === 0 ? 1 : -1;
  return { ...data, splits: { ...data.splits, [name]: { ...split, [part]: values } } };
}

/** A column of as many 1 as -1, so that mean and deviation are the same in any order. */
function signs(first: number): TeacherFeatures {
  const values = Float32Array.from({ length: 96 }, (_, row) => (row % 2 ? 1 : -1) * first);
  const train = { rows: 96, columns: 1, values, dtype: "f32" as const };
  return { name: "signs", columns: 1, splits: { train } };
}

function trainerOf(
  data: TrainingData,
  { teacher = signs(1), trainSize = 96, valSize = 0 } = {},
): Trainer {
  const settings = { method: "kd", student: "mlp:4", batchSize: 16, steps: 4 } as const;
  return new Trainer(data, { ...settings, trainSize, valSize, teachers: [teacher] });
}

const PART = { trainSize: 48, valSize: 24 };

Deno.test("one changed number is seen, although all statistics are the same", async () => {
  const checkpoint = await trainerOf(tableData(), PART).checkpoint();
  const [row] = trainerOf(tableData(), PART).chosen.val;
  const refused = (what: string, data: TrainingData) =>
    assertThrows(
      () => trainerOf(data, PART).restore(checkpoint),
      ConfigError,
      `Cannot resume at step 0: an input or a label of a ${what} changed since the run was left`,
    );
  refused("test row", changed("labels", "test", 3));
  refused("test row", changed("inputs", "test", 3));
  refused("validation row", changed("inputs", "train", row));
});

Deno.test("a changed label or feature of a training row is seen", async () => {
  const checkpoint = await trainerOf(tableData()).checkpoint();
  const refused = (trainer: Trainer) =>
    assertThrows(() => trainer.restore(checkpoint), ConfigError);
  const label = refused(trainerOf(changed("labels", "train", 5)));
  assertStringIncludes(label.message, "an input or a label of a training row changed");
  const feature = refused(trainerOf(tableData(), { teacher: signs(-1) }));
  assertStringIncludes(feature.message, "a teacher's feature of a training row changed");
  assertEquals([label.field, feature.field], ["data", "features"]);
});

Deno.test("rows that a run does not use may change", async () => {
  const checkpoint = await trainerOf(tableData(), { trainSize: 48 }).checkpoint();
  const { train } = trainerOf(tableData(), { trainSize: 48 }).chosen;
  const unused = [...Array(96).keys()].find((row) => !train.includes(row))!;
  trainerOf(changed("inputs", "train", unused), { trainSize: 48 }).restore(checkpoint);
});

Deno.test("a checkpoint without fingerprints resumes as before", async () => {
  const { fingerprints: _, ...old } = await trainerOf(tableData()).checkpoint();
  const kept = decodeCheckpoint(encodeCheckpoint(old), "old");
  assertEquals(kept.fingerprints, undefined);
  trainerOf(changed("labels", "test", 3)).restore(kept);
});
