import { assertEquals } from "@std/assert";
import { readDataset, readInputs } from "../../../aft/data/dataset.ts";
import { wordsOf } from "../../../aft/data/words.ts";
import { assertBroken, i64, inTempFolder, labelledTensors, write } from "./make.ts";
import { DATA, WITHOUT_DATA } from "./shared.ts";

const TRAIN = 'id,text,label\n7,A good film,1\n8,"a bad, bad film",0\n9,good,1\n';
const TEST = "label,text\n0,an unseen film\n";

/** The same rows as lines of JSON. */
const TRAIN_LINES = [
  { id: 7, text: "A good film", label: 1 },
  { id: 8, text: "a bad, bad film", label: 0 },
  { label: 1, text: "good", id: 9 },
];

function lines(objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}

Deno.test("a column of sentences becomes token ids of words that training rows have twice", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "train.csv": TRAIN, "test.csv": TEST });
    const data = await readDataset(folder);
    assertEquals([data.format, data.layout, data.inputShape], ["csv", "tokens", [5]]);
    assertEquals([data.text, data.label, data.columns], ["text", "label", undefined]);
    assertEquals(data.vocabulary, { size: 6, words: ["a", "bad", "film", "good"] });
    const { train, test } = data.splits;
    assertEquals([...train.inputs], [
      ...[2, 5, 4, 0, 0],
      ...[2, 3, 1, 3, 4],
      ...[5, 0, 0, 0, 0],
    ]);
    assertEquals([...train.labels], [1, 0, 1]);
    assertEquals([...test.inputs], [1, 1, 4, 0, 0]);
    const short = await readDataset(folder, { tokens: 2 });
    assertEquals([short.inputShape, [...short.splits.test.inputs]], [[2], [1, 1]]);
  });
});

Deno.test("lines of JSON objects are read as the same table, names in any order", async () => {
  await inTempFolder(async (folder) => {
    await write(`${folder}/csv`, { "train.csv": TRAIN, "test.csv": TEST });
    const test = lines([{ text: "an unseen film", label: 0 }]);
    await write(`${folder}/lines`, { "train.jsonl": lines(TRAIN_LINES), "test.jsonl": test });
    const [table, found] = [
      await readDataset(`${folder}/csv`),
      await readDataset(`${folder}/lines`),
    ];
    const { path: _, format, files, ...rest } = found;
    const { path: _1, format: _2, files: _3, ...same } = table;
    assertEquals(rest, same);
    assertEquals([format, files.length], ["jsonl", 2]);
  });
});

Deno.test("lines of JSON objects may hold numbers, and words as labels", async () => {
  await inTempFolder(async (folder) => {
    const rows = [{ a: 1, b: -0.5, kind: "cat" }, { b: 2, a: 3, kind: "dog" }];
    await write(folder, { "mine.jsonl": lines([...rows, ...rows]) });
    const data = await readDataset(`${folder}/mine.jsonl`, { testSize: 2 });
    assertEquals([data.layout, data.columns, data.classes], ["table", ["a", "b"], ["cat", "dog"]]);
    assertEquals([...data.splits.test.inputs], [1, -0.5, 3, 2]);
  });
});

Deno.test("labels in JSON lines keep all digits of integers that float64 rounds", async () => {
  await inTempFolder(async (folder) => {
    const labels = ["9007199254740993", "9007199254740992", "7"];
    const rows = labels.map((label) => `{"a": 12345678901234567, "label": ${label}}\n`);
    await write(folder, { "a.jsonl": [...rows, ...rows].join("") });
    const { classes, splits } = await readDataset(`${folder}/a.jsonl`, { testSize: 3 });
    assertEquals(classes, labels.toReversed());
    assertEquals([...splits.train.labels].sort(), [0, 1, 2]);
    assertEquals(splits.train.inputs[0], Math.fround(12345678901234567));
  });
});

Deno.test("of one file that is cut, only the rows left for training have a say in the vocabulary", async () => {
  await inTempFolder(async (folder) => {
    const rows = Array.from({ length: 10 }, (_, i) => `word${i} word${i} both,${i % 2}`);
    await write(folder, { "all.csv": `text,label\n${rows.join("\n")}\n` });
    const { vocabulary, cut, splits } = await readDataset(`${folder}/all.csv`, { testSize: 4 });
    const known = Array.from(cut!.train, (row) => `word${row}`);
    assertEquals(vocabulary!.words, ["both", ...known.sort()]);
    for (let row = 0; row < 4; row++) {
      assertEquals([...splits.test.inputs.subarray(3 * row, 3 * row + 3)], [1, 1, 2]);
    }
  });
});

Deno.test("the column of sentences may have another name, the label then is the last other column", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "a.csv": "mood,review\ngood,so so\nbad,no no\ngood,so\n" });
    const data = await readDataset(`${folder}/a.csv`, { text: "review", testSize: 1 });
    assertEquals([data.text, data.label, data.classes], ["review", "mood", ["bad", "good"]]);
    await assertBroken(
      () => readDataset(`${folder}/a.csv`, { text: "body", testSize: 1 }),
      "it has no column body, its columns are mood, review",
    );
  });
});

Deno.test("new sentences go by the words of the model, and by its column or another", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "train.csv": TRAIN, "test.csv": TEST });
    const model = await readDataset(folder);
    await write(folder, {
      "new.csv": "text\ngood good words words\n",
      "new.jsonl": '{"body": "bad"}\n',
      "ids.safetensors": labelledTensors({
        "test.inputs": { dtype: "I32", shape: [1, 5], values: Int32Array.of(5, 1, 0, 0, 0) },
        "test.labels": i64([0]),
      }),
    });
    const fresh = await readInputs(`${folder}/new.csv`, model);
    assertEquals([fresh.split.labelled, [...fresh.split.inputs]], [false, [5, 5, 1, 1, 0]]);
    const named = await readInputs(`${folder}/new.jsonl`, model, { text: "body" });
    assertEquals([...named.split.inputs], [3, 0, 0, 0, 0]);
    const ids = await readInputs(`${folder}/ids.safetensors`, model);
    assertEquals([...ids.split.inputs], [5, 1, 0, 0, 0]);
    await assertBroken(() => readInputs(`${folder}/new.jsonl`, model), "it has no column text");
    const { text: _, vocabulary: _1, ...numbers } = model;
    await assertBroken(
      () => readInputs(`${folder}/new.csv`, { ...numbers, layout: "table" }),
      "its rows are sentences, the model takes numbers",
    );
    await assertBroken(
      () => readInputs(`${folder}/new.csv`, { ...model, vocabulary: { size: 9 } }),
      "its rows are sentences, the model takes token ids",
    );
  });
});

Deno.test("broken lines and empty sentences are refused with file and line", async () => {
  await inTempFolder(async (folder) => {
    const good = '{"text": "a", "label": 1}\n';
    for (
      const [content, message] of [
        [`${good}{"text": \n`, 'line 2 is no JSON ({"text":)'],
        [`${good}\n[1]\n`, "line 3 is no JSON object ([1])"],
        [`${good}{"text": "b"}\n`, "line 2 has no label"],
        [
          `${good}{"text": "b", "label": 1, "more": 2}\n`,
          "line 2 has more, the first object has none",
        ],
        [`${good}{"text": ["b"], "label": 1}\n`, 'line 2, text holds ["b"], not one value'],
        [`${good}{"text": null, "label": 1}\n`, "row 1 (line 2), column text is empty"],
        [`${good}{"text": "b", "label": ""}\n`, "row 1 (line 2), column label is empty"],
        ["\n", "it is empty, each line must be an object"],
      ] as const
    ) {
      const path = `${folder}/a.jsonl`;
      await write(folder, { "a.jsonl": content });
      await assertBroken(
        () => readDataset(path, { testSize: 1 }),
        `Cannot read ${path}: ${message}`,
      );
    }
    await write(folder, { "a.csv": "text,label\na,1\n  ,0\n" });
    await assertBroken(
      () => readDataset(`${folder}/a.csv`, { testSize: 1 }),
      "row 1 (line 3), column text is empty",
    );
  });
});

Deno.test({
  name: "the real sentences are the same as CSV and as lines of JSON",
  ignore: WITHOUT_DATA,
  fn: async () => {
    const csv = await readDataset(`${DATA}/sst2`, { format: "csv", tokens: 40 });
    const { train, val, test } = csv.splits;
    assertEquals([train.rows, val!.rows, test.rows], [6920, 872, 1821]);
    assertEquals([csv.inputShape, csv.vocabulary!.words!.slice(0, 3)], [[40], [".", "the", ","]]);
    const words = wordsOf("a stirring , funny and finally transporting re - imagining of beauty");
    const ids = words.map((word) => Math.max(1, csv.vocabulary!.words!.indexOf(word) + 2));
    assertEquals([...train.inputs.subarray(0, words.length)], ids);
    const lines = await readDataset(`${DATA}/sst2`, { format: "jsonl", tokens: 40 });
    assertEquals([lines.vocabulary, lines.splits], [csv.vocabulary, csv.splits]);
  },
});
