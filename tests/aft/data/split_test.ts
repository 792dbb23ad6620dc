import { assert, assertEquals, assertThrows } from "@std/assert";
import { chooseRows, type ChooseRowsOptions, cutRows } from "../../../aft/data/split.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { readDataset } from "../../../aft/data/dataset.ts";
import { DATA, WITHOUT_DATA } from "./shared.ts";

/** 100 labels: 60 of class 0, 30 of class 1, 10 of class 2, mixed. */
const labels = Int32Array.from({ length: 100 }, (_, i) => i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2);

function choose(options: Partial<ChooseRowsOptions> = {}, of: Int32Array | Float32Array = labels) {
  return chooseRows(of, { seed: 1, task: "classification", ...options });
}

function counts(rows: Uint32Array, of: Int32Array = labels): number[] {
  const found = [0, 0, 0];
  for (const row of rows) found[of[row]]++;
  return found;
}

/** Asserts that no row is chosen twice and every row exists. */
function assertRows(rows: number[], total = 100): void {
  assertEquals(new Set(rows).size, rows.length, "a row twice");
  assert(rows.every((row) => Number.isInteger(row) && row >= 0 && row < total));
}

function refused(options: Partial<ChooseRowsOptions>, field: string, message: string): ConfigError {
  const error = assertThrows(() => choose(options), ConfigError, message);
  assertEquals(error.field, field);
  return error;
}

Deno.test("without a size every row is chosen once, and none to validate", () => {
  const { train, val } = choose();
  assertEquals([...train].sort((a, b) => a - b), labels.keys().toArray());
  assertEquals(val.length, 0);
});

Deno.test("each class gets its share, what is left over goes to the largest remainders", () => {
  assertEquals(counts(choose({ trainSize: 10 }).train), [6, 3, 1]);
  // Shares 4.2, 2.1, 0.7: the last class has the largest remainder.
  assertEquals(counts(choose({ trainSize: 7 }).train), [4, 2, 1]);
  // Shares 3, 1.5, 0.5: a tie goes to the class with the lower number.
  assertEquals(counts(choose({ trainSize: 5 }).train), [3, 2, 0]);
  assertEquals(counts(choose({ trainSize: 1 }).train), [1, 0, 0]);
  assertEquals(counts(choose({ trainSize: 100 }).train), [60, 30, 10]);
  for (let trainSize = 1; trainSize <= 100; trainSize++) {
    const { train } = choose({ trainSize });
    assertEquals(train.length, trainSize);
    counts(train).forEach((count, group) => {
      assert(Math.abs(count - [0.6, 0.3, 0.1][group] * trainSize) < 1, `${trainSize}`);
    });
  }
});

Deno.test("perClass takes as many rows of every class", () => {
  const { train } = choose({ perClass: 4 });
  assertEquals(counts(train), [4, 4, 4]);
  assertRows([...train]);
  assertEquals(counts(choose({ perClass: 10 }).train), [10, 10, 10]);
});

Deno.test("perClass leaves out classes that have no rows at all", () => {
  const gap = Int32Array.of(0, 0, 2, 2);
  assertEquals(counts(choose({ perClass: 1 }, gap).train, gap), [1, 0, 1]);
});

Deno.test("the same seed draws the same rows, another seed others", () => {
  const options = { trainSize: 20, valSize: 10 };
  assertEquals(choose(options), choose(options));
  const other = choose({ ...options, seed: 2 });
  assert(other.train.join() !== choose(options).train.join());
  assert(other.val.join() !== choose(options).val.join());
  const large = choose({ ...options, seed: 2 ** 53 - 1 });
  assertEquals(large.train.length, 20);
});

Deno.test("the rows that a seed draws are pinned down", () => {
  // Written down from a first run: a change here changes every published result.
  const { train, val } = choose({ trainSize: 5, valSize: 3, seed: 7 });
  assertEquals([[...train], [...val]], [[48, 92, 5, 84, 36], [62, 94, 96]]);
});

Deno.test("draws are spread evenly over the rows", () => {
  const hits = new Array(100).fill(0);
  for (let seed = 0; seed < 400; seed++) {
    for (const row of choose({ seed, trainSize: 10 }).train) hits[row]++;
  }
  // Binomial(400, 0.1): mean 40, deviation 6; 5 deviations over 100 rows.
  assert(hits.every((count) => count > 10 && count < 70), hits.join());
});

Deno.test("validation rows come from the rows left over, by class, and leave training rows alone", () => {
  const without = choose({ trainSize: 50 });
  const { train, val } = choose({ trainSize: 50, valSize: 20 });
  assertEquals(train, without.train);
  assertEquals(counts(val), [12, 6, 2]);
  assertRows([...train, ...val]);
});

Deno.test("a fraction of validation rows is one of the training rows", () => {
  assertEquals(choose({ trainSize: 50, valSize: 0.1 }).val.length, 5);
  assertEquals(choose({ valSize: 0.25 }).val.length, 25);
  assertEquals(choose({ trainSize: 2, valSize: 0.1 }).val.length, 1, "at least one row");
});

Deno.test("where too few rows are left over, the rest is taken out of the training rows", () => {
  const { train, val } = choose({ trainSize: 95, valSize: 20 });
  assertEquals([train.length, val.length], [80, 20]);
  assertRows([...train, ...val]);
  const before = choose({ trainSize: 95 }).train;
  assertEquals([...train], [...before].filter((row) => train.includes(row)), "the order stays");
  const all = choose({ valSize: 10 });
  assertEquals([counts(all.train), counts(all.val)], [[54, 27, 9], [6, 3, 1]]);
  assertEquals(choose({ valSize: 99 }).train.length, 1);
});

Deno.test("regression draws plainly", () => {
  const values = Float32Array.from({ length: 50 }, (_, i) => i / 7);
  const { train, val } = choose({ task: "regression", trainSize: 20, valSize: 0.5 }, values);
  assertEquals([train.length, val.length], [20, 10]);
  assertRows([...train, ...val], 50);
});

Deno.test("sizes out of range are refused with field, value and range", () => {
  for (const trainSize of [0, -1, 101, 1.5, NaN, Infinity]) {
    const error = refused(
      { trainSize },
      "train-size",
      `Cannot draw ${trainSize} rows: train-size must be an integer from 1 to 100`,
    );
    assertEquals(error.value, trainSize);
  }
  for (const valSize of [-1, 100, 1.5, NaN]) {
    refused({ valSize }, "val-size", `val-size must be an integer from 0 to 99, or a fraction`);
  }
  for (const perClass of [0, 11, 2.5]) {
    const why = "per-class must be an integer from 1 to 10, the rows of class 2";
    refused({ perClass }, "per-class", `Cannot draw ${perClass} rows of each class: ${why}`);
  }
  refused(
    { perClass: 1, trainSize: 9 },
    "per-class",
    "train-size is given too (9), it must be one",
  );
  refused({ perClass: 1, task: "regression" }, "per-class", "labels of regression have no classes");
  for (const seed of [-1, 0.5, 2 ** 53]) {
    refused({ seed }, "seed", `with seed ${seed}: seed must be`);
  }
});

Deno.test("cutRows() gives both parts in the file's order, each class by its share", () => {
  const { train, test } = cutRows(labels, 0.2, { seed: 0, task: "classification" });
  assertEquals([counts(train), counts(test)], [[48, 24, 8], [12, 6, 2]]);
  assertRows([...train, ...test]);
  assertEquals([...train], [...train].sort((a, b) => a - b));
  assertEquals([...test], [...test].sort((a, b) => a - b));
  for (const size of [0, 100, 1.5, 0.999]) {
    const error = assertThrows(
      () => cutRows(labels, size, { seed: 0, task: "classification" }),
      ConfigError,
      "test-size must be an integer from 1 to 99",
    );
    assertEquals([error.field, error.value], ["test-size", size]);
  }
});

Deno.test({
  name: "1,000 of the real CIFAR-10 rows are 100 of each class",
  ignore: WITHOUT_DATA,
  fn: async () => {
    const { splits: { train } } = await readDataset(`${DATA}/cifar10`);
    const options = { seed: 0, task: "classification" as const };
    for (const size of [{ trainSize: 1000 }, { perClass: 100 }]) {
      const rows = chooseRows(train.labels, { ...options, ...size }).train;
      const perClass = new Array(10).fill(0);
      for (const row of rows) perClass[train.labels[row]]++;
      assertEquals(perClass, new Array(10).fill(100));
    }
  },
});
