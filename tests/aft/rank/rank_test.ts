import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { chooseRows } from "../../../aft/data/split.ts";
import { readDataset } from "../../../aft/data/dataset.ts";
import { readFeatures } from "../../../aft/data/features.ts";
import { type ClassificationScore, scoreOutputs } from "../../../aft/score.ts";
import { featureMatrix, pickLabels } from "../../../aft/rank/features.ts";
import { hscore } from "../../../aft/rank/hscore.ts";
import { knn } from "../../../aft/rank/knn.ts";
import { lfc } from "../../../aft/rank/lfc.ts";
import { logme } from "../../../aft/rank/logme.ts";
import { linearProbe, probeOutputs } from "../../../aft/rank/probe.ts";
import { type RankDone, type RankOptions, rankTeachers } from "../../../aft/rank/rank.ts";
import { type ScoreName, teacherScores } from "../../../aft/rank/scores.ts";
import { type SelectDone, selectTeachers } from "../../../aft/rank/select.ts";
import { transRate } from "../../../aft/rank/transrate.ts";
import { FeatureView } from "../../../aft/rank/view.ts";
import type { TeacherFeatures, TrainingData } from "../../../aft/training/prepare.ts";
import { ConfigError, ShapeError } from "../../../gpu/errors.ts";
import { noise, tableData, teacherOf, valueData } from "../small.ts";

const shared = new URL(
  `${Deno.env.get("AFT_SHARED") ?? "../shared"}/data/`,
  new URL("../../../", import.meta.url),
).pathname;

function isMissing(path: string): boolean {
  try {
    return !Deno.statSync(path).isDirectory;
  } catch {
    return true;
  }
}

/** A teacher whose every number comes from a function. */
function made(
  data: TrainingData,
  name: string,
  columns: number,
  value: (row: number, column: number) => number,
): TeacherFeatures {
  const { rows } = data.splits.train;
  const values = Float32Array.from({ length: rows * columns }, (_, i) => {
    return value(Math.floor(i / columns), i % columns);
  });
  return { name, columns, splits: { train: { rows, columns, values, dtype: "f32" } } };
}

const noisy = (data: TrainingData, columns = 6) =>
  made(data, "noise", columns, (row, column) => noise(99, row * columns + column));

async function ranking(
  data: TrainingData,
  teachers: readonly TeacherFeatures[],
  options: RankOptions = {},
): Promise<RankDone> {
  for await (const progress of rankTeachers(data, teachers, options)) {
    if (progress.event === "ranking") return progress;
  }
  throw new Error("There was no ranking");
}

async function selection(
  data: TrainingData,
  teachers: readonly TeacherFeatures[],
): Promise<SelectDone> {
  for await (const progress of selectTeachers(data, teachers)) {
    if (progress.event === "selected") return progress;
  }
  throw new Error("There was no selection");
}

Deno.test("every score puts a teacher that knows the classes before one of noise", async () => {
  const data = tableData(240);
  const teachers = [noisy(data), teacherOf(data, { columns: 6 })];
  for (const score of ["probe", "knn", "logme", "hscore", "transrate", "lfc"] as ScoreName[]) {
    const { ranking: found } = await ranking(data, teachers, { score });
    const alone = found.filter(({ teachers }) => teachers.length === 1);
    assertEquals(alone.map(({ name }) => name), ["teacher", "noise"], score);
    const values = found.map(({ scores }) => scores[score]!);
    assertEquals(values, values.toSorted((a, b) => b - a));
  }
});

Deno.test("the ranking holds what the functions say of the same rows", async () => {
  const data = tableData(120);
  const teachers = [teacherOf(data, { columns: 3 }), noisy(data, 5)];
  const { labels } = data.splits.train;
  const { train, val } = chooseRows(labels, {
    ...{ seed: 4, task: "classification", trainSize: 60, valSize: 40 },
  });
  const { ranking: found } = await ranking(data, teachers, { seed: 4, trainSize: 60, valSize: 40 });
  const together = found.find(({ name }) => name === "all together")!;
  assertEquals([together.teachers, together.columns], [["teacher", "noise"], 8]);
  const splits = teachers.map(({ splits }) => splits.train);
  const rows = { features: featureMatrix(splits, train), labels: pickLabels(labels, train) };
  const validation = { features: featureMatrix(splits, val), labels: pickLabels(labels, val) };
  const classes = rows.labels as Int32Array<ArrayBuffer>;
  const probe = linearProbe(rows, { validation });
  const close = (a: number, b: number) => Math.abs(a - b) < 1e-9;
  const expected: Record<ScoreName, number> = {
    probe: (probe.validation as ClassificationScore).accuracy,
    knn: knn(rows, validation),
    logme: logme(rows.features, classes, { form: "full" }).score,
    hscore: hscore(rows.features, classes),
    transrate: transRate(rows.features, classes),
    lfc: lfc(rows.features, classes),
  };
  for (const [name, value] of Object.entries(expected)) {
    const given = together.scores[name as ScoreName]!;
    assert(close(given, value), `${name} is ${given}, not ${value}`);
    assert(together.seconds[name as ScoreName]! >= 0);
  }
  assertEquals(together.probe.strength, probe.strength);
});

Deno.test("scores of classes 1 to 3 are those of classes 0 to 2", () => {
  const data = tableData(60);
  const features = featureMatrix([noisy(data).splits.train]);
  const viewOf = (first: number) => {
    const labels = Int32Array.from(data.splits.train.labels, (label) => label + first);
    return new FeatureView({ features, labels }, { features, labels });
  };
  const [from0, from1] = [viewOf(0), viewOf(1)];
  for (const { name, compute } of Object.values(teacherScores)) {
    assertAlmostEquals(compute(from1), compute(from0), 1e-9, name);
  }
});

Deno.test("values are ranked by R2, LogME and LFC; scores of classes say that they are not for them", async () => {
  const data = valueData(150);
  const { inputs } = data.splits.train;
  const knows = made(data, "knows", 2, (row, column) => inputs[2 * row + column] / 5);
  const { ranking: found } = await ranking(data, [noisy(data), knows]);
  assertEquals(Object.keys(found[0].scores), ["probe", "knn", "logme", "lfc"]);
  const of = (name: string) => found.find((teacher) => teacher.name === name)!.scores;
  for (const score of ["probe", "knn", "logme", "lfc"] as const) {
    assert(of("knows")[score]! > of("noise")[score]!, score);
  }
  assert(of("knows").probe! > 0.999 && of("noise").probe! < 0.2);
  await assertRejects(
    () => ranking(data, [knows], { score: "hscore" }),
    ConfigError,
    "Cannot rank by hscore: it is for classes, these labels are values",
  );
});

Deno.test("test rows decide nothing", async () => {
  const data = tableData(90);
  const teachers = [teacherOf(data)];
  const { test } = data.splits;
  const other = {
    ...data,
    splits: { ...data.splits, test: { ...test, labels: new Int32Array(test.rows) } },
  };
  const scores = async (data: TrainingData) => (await ranking(data, teachers)).ranking[0].scores;
  assertEquals(await scores(data), await scores(other));
});

Deno.test("validation rows are what is left, at most 1,000, or else a tenth", async () => {
  const data = tableData(100);
  const teachers = [noisy(data, 1)];
  const rowsOf = async (options: RankOptions) => {
    for await (const progress of rankTeachers(data, teachers, options)) {
      if (progress.event === "start") return [progress.rows.train, progress.rows.val];
    }
  };
  assertEquals(await rowsOf({}), [90, 10]);
  assertEquals(await rowsOf({ trainSize: 70 }), [70, 30]);
  assertEquals(await rowsOf({ perClass: 5, valSize: 20 }), [15, 20]);
});

Deno.test("the choice adds teachers that complete each other and leaves noise and copies out", async () => {
  const data = tableData(300);
  const { labels } = data.splits.train;
  const tells = (name: string, label: number, stream: number) =>
    made(data, name, 1, (row) => (labels[row] === label ? 1 : 0) + 0.3 * noise(stream, row));
  const teachers = [noisy(data, 3), tells("ant", 0, 21), tells("bee", 1, 22)];
  const { teachers: chosen, places } = await selection(data, teachers);
  assertEquals(chosen.toSorted(), ["ant", "bee"]);
  assertEquals(places.map((place) => teachers[place].name), [...chosen]);
  const copy = { ...teachers[1], name: "copy of ant" };
  assertEquals((await selection(data, [teachers[1], copy])).teachers, ["ant"]);
});

Deno.test("scores that ranking found save the first round, and lead to the same choice", async () => {
  const data = tableData(120);
  const teachers = [
    noisy(data, 3),
    teacherOf(data, { columns: 2 }),
    teacherOf(data, { stream: 9 }),
  ];
  const alone = Object.fromEntries(
    (await ranking(data, teachers.slice(0, 2))).ranking.map(({ name, probe }) => [
      name,
      probe.validation,
    ]),
  );
  const named = [teachers[0], teachers[1], { ...teachers[2], name: "other" }];
  const said = await Array.fromAsync(selectTeachers(data, named, { alone }));
  assertEquals(said, await Array.fromAsync(selectTeachers(data, named)));
  const wrong = { ...alone, noise: { accuracy: 1, loss: 0 } };
  const misled = await Array.fromAsync(selectTeachers(data, named, { alone: wrong }));
  assertEquals(misled.at(-1)!.event === "selected" && misled.at(-1)!, {
    ...{ event: "selected", teachers: ["noise"], places: [0] },
    validation: { accuracy: 1, loss: 0 },
  });
});

Deno.test("where no teacher beats the frequencies of the classes none is chosen", async () => {
  const data = tableData(60);
  const constant = made(data, "constant", 2, () => 3);
  assertEquals((await selection(data, [constant])).teachers, []);
});

Deno.test("ranking and choosing stop at a signal", async () => {
  const data = tableData(60);
  const teachers = [teacherOf(data), noisy(data)];
  const stop = new AbortController();
  const events: string[] = [];
  for await (const { event } of rankTeachers(data, teachers, { signal: stop.signal })) {
    events.push(event);
    if (event === "teacher") stop.abort();
  }
  assertEquals(events.slice(-3), ["teacher", "scoring", "interrupted"]);
  const said = await Array.fromAsync(selectTeachers(data, teachers, { signal: stop.signal }));
  assertEquals(said.map(({ event }) => event), ["trial", "interrupted"]);
});

Deno.test("no teacher, other rows and no validation rows are refused", async () => {
  const data = tableData(60);
  await assertRejects(() => ranking(data, []), ShapeError, "Cannot rank 0 teachers");
  await assertRejects(
    () => ranking(data, [noisy(tableData(50))]),
    ShapeError,
    "Cannot rank teacher noise: its features are [50, 6], the data have 60 training rows",
  );
  await assertRejects(
    () => ranking(data, [noisy(data)], { valSize: 0 }),
    ConfigError,
    "Cannot rank with val-size 0",
  );
  await assertRejects(
    () => ranking(data, [noisy(data)], { score: "best" as ScoreName }),
    ConfigError,
    "Cannot rank by best: the scores are probe, knn, logme, hscore, transrate, lfc",
  );
});

Deno.test({
  name: "on CIFAR-10 with 1,000 labels probes reach the accuracy that others reach, noise is last",
  ignore: isMissing(`${shared}cifar10`),
  fn: async () => {
    const data = await readDataset(`${shared}cifar10`);
    const files = ["shufflenet", "resnet20"].map((name) =>
      `${shared}features/cifar10_${name}.f16.safetensors`
    );
    const teachers = await readFeatures(files, data);
    const { train, test } = data.splits;
    const { train: rows, val } = chooseRows(train.labels, {
      ...{ seed: 0, task: "classification", trainSize: 1000, valSize: 500 },
    });
    const reached = teachers.map(({ splits }) => {
      const of = (rows: Uint32Array) => ({
        features: featureMatrix([splits.train], rows),
        labels: pickLabels(train.labels, rows),
      });
      const probe = linearProbe(of(rows), { validation: of(val), strengths: [0.1, 0.0316] });
      const { values } = probeOutputs(probe, featureMatrix([splits.test!]));
      return scoreOutputs(values, test.labels, data).score as ClassificationScore;
    });
    [0.600, 0.845].forEach((expected, i) => {
      assert(Math.abs(reached[i].accuracy - expected) < 0.02, `${reached[i].accuracy}`);
    });
    const all = [noisy(data, 64), ...teachers];
    const options = { trainSize: 300, valSize: 300 };
    const { ranking: found } = await ranking(data, all, options);
    const alone = found.filter(({ teachers }) => teachers.length === 1);
    const names = alone.map(({ name }) => name);
    assertEquals(names, ["cifar10_resnet20", "cifar10_shufflenet", "noise"]);
    for (const score of ["knn", "logme", "hscore", "lfc"] as const) {
      const values = alone.map(({ scores }) => scores[score]!);
      assertEquals(values, values.toSorted((a, b) => b - a), score);
    }
  },
});
