import { assert, assertEquals, assertRejects } from "@std/assert";
import { csvRows } from "../../../aft/data/csv_rows.ts";
import { readDataset } from "../../../aft/data/dataset.ts";
import { ConfigError, FormatError } from "../../../gpu/errors.ts";
import { assertBroken, inTempFolder, write } from "./make.ts";

async function rowsOf(parts: string[]): Promise<[string[], number][]> {
  const rows = await Array.fromAsync(csvRows(parts, "f.csv"));
  return rows.map(({ cells, line }) => [cells, line]);
}

/** Reads a folder with this train.csv and, unless given, a test.csv that fits most of them. */
async function readFolder(train: string, test = "a,b,label\n1,2,0\n", options = {}) {
  let data: Awaited<ReturnType<typeof readDataset>>;
  await inTempFolder(async (folder) => {
    await write(folder, { "train.csv": train, "test.csv": test });
    data = await readDataset(folder, options);
  });
  return data!;
}

Deno.test("CSV text is taken apart the same way wherever its pieces are cut", async () => {
  const text = 'a,b\r\n"x, y","say ""hi"""\n\n"two\r\nlines",\r,"",\n"last"';
  const expected = [
    [["a", "b"], 1],
    [["x, y", 'say "hi"'], 2],
    [["two\r\nlines", ""], 4],
    [["", "", ""], 6],
    [["last"], 7],
  ] as [string[], number][];
  assertEquals(await rowsOf([text]), expected);
  assertEquals(await rowsOf([...text]), expected, "one character at a time");
  for (let cut = 0; cut <= text.length; cut++) {
    assertEquals(await rowsOf([text.slice(0, cut), text.slice(cut)]), expected, `cut at ${cut}`);
  }
});

Deno.test("CSV text may end with or without a line end, or with an empty cell", async () => {
  for (const text of ["a,b", "a,b\n", "a,b\r\n", "a,b\r", "a,b\n\n\n"]) {
    assertEquals(await rowsOf([text]), [[["a", "b"], 1]], JSON.stringify(text));
  }
  assertEquals(await rowsOf(["a,"]), [[["a", ""], 1]]);
  assertEquals(await rowsOf(['""']), [[[""], 1]], "a quoted empty cell is no empty line");
  assertEquals(await rowsOf([""]), []);
});

Deno.test("an open quote and text behind a closing quote are refused with their line", async () => {
  const open = await assertRejects(() => rowsOf(['a\n"b\n']), FormatError);
  assertEquals(open.message, "Cannot read f.csv: the quote at line 2 is not closed");
  await assertRejects(
    () => rowsOf(['a\n"b"c\n']),
    FormatError,
    "text follows the closing quote at line 2",
  );
  const endless = ['a\n"', ...new Array(20).fill("x".repeat(1_000_000))];
  await assertRejects(() => rowsOf(endless), FormatError, "line 2 does not end: is a quote left");
});

Deno.test("a folder of tables gives splits, columns and classes in sorted order", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, {
      "train.csv": '\ufeffwidth,label, height \r\n1,dog,2\r\n-3.5e1,cat,.5\r\n"7", dog ,+8.\r\n',
      "test.csv": "height,width,label\n10,9,cat\n",
      "val.csv": "label,width,height\ndog,11,12\n",
    });
    const data = await readDataset(folder);
    assertEquals([data.format, data.task, data.layout], ["csv", "classification", "table"]);
    assertEquals([data.inputShape, data.columns, data.label], [[2], ["width", "height"], "label"]);
    assertEquals(data.classes, ["cat", "dog"]);
    assertEquals(data.splits.train.inputs, Float32Array.of(1, 2, -35, 0.5, 7, 8));
    assertEquals(data.splits.train.labels, Int32Array.of(1, 0, 1));
    assertEquals(data.splits.test.inputs, Float32Array.of(9, 10), "columns go by name");
    assertEquals([...data.splits.val!.inputs, ...data.splits.val!.labels], [11, 12, 1]);
    assertEquals(data.files, ["train", "test", "val"].map((name) => `${folder}/${name}.csv`));
  });
});

Deno.test("the label is the column of that name, or the last, or the one asked for", async () => {
  const test = "a,b,c\n1,2,0\n";
  const last = await readFolder("a,b,c\n5,6,0\n7,8,1\n", test);
  assertEquals([last.columns, last.label], [["a", "b"], "c"]);
  const asked = await readFolder("a,b,c\n0,6,1\n1,8,2\n", test, { label: "a" });
  assertEquals([asked.columns, asked.label, [...asked.splits.test.labels]], [["b", "c"], "a", [1]]);
  await assertBroken(
    () => readFolder("a,b,c\n0,6,1\n1,8,2\n", test, { label: "d" }),
    "it has no column d, its columns are a, b, c",
  );
});

Deno.test("integers are classes by value, words by letter, fractions are regression", async () => {
  const read = async (labels: string[], task?: string) => {
    const rows = labels.map((label) => `1,2,${label}`).join("\n");
    const data = await readFolder(`a,b,label\n${rows}\n`, `a,b,label\n1,2,${labels[0]}\n`, {
      task,
    });
    return [data.task, data.classes, [...data.splits.train.labels]];
  };
  assertEquals(await read(["10", "9", "2"]), ["classification", ["2", "9", "10"], [2, 1, 0]]);
  assertEquals(await read(["1", "-1", "1.0", "01"]), ["classification", ["-1", "1"], [1, 0, 1, 1]]);
  assertEquals(
    await read(["9007199254740993", "7", "9007199254740992", "07"]),
    ["classification", ["7", "9007199254740992", "9007199254740993"], [2, 0, 1, 0]],
  );
  assertEquals(await read(["10", "b", "9"]), ["classification", ["10", "9", "b"], [0, 2, 1]]);
  assertEquals(await read(["1", "2.5", "-3"]), ["regression", [], [1, 2.5, -3]]);
  assertEquals(await read(["1", "2"], "regression"), ["regression", [], [1, 2]]);
  assertEquals(
    await read(["1", "0.5", "1.0"], "classification"),
    ["classification", ["0.5", "1"], [1, 0, 1]],
  );
});

Deno.test("one word among values is refused, unless the task is said", async () => {
  const train = "a,b,label\n1,2,0.5\n1,2,1\n3,4,n/a\n";
  const error = await assertBroken(
    () => readFolder(train, "a,b,label\n1,2,0.5\n"),
    "row 2 (line 4), column label holds n/a where row 0 (line 2), column label holds 0.5",
  );
  assertEquals(error.place, "row 2 (line 4), column label");
  await assertBroken(
    () => readFolder(train, "a,b,label\n1,2,0.5\n", { task: "regression" }),
    "row 2 (line 4), column label holds n/a, not a finite number",
  );
  const data = await readFolder(train, "a,b,label\n1,2,0.5\n", { task: "classification" });
  assertEquals(data.classes, ["0.5", "1", "n/a"]);
});

Deno.test("a class that only the test rows have is refused", async () => {
  await assertBroken(
    () => readFolder("a,b,label\n1,2,cat\n3,4,dog\n", "a,b,label\n1,2,cat\n3,4,fish\n"),
    "row 1 (line 3), column label has label fish, classes are cat, dog",
  );
});

Deno.test("cells that hold no finite number are refused with file, row, line and column", async () => {
  const cases: [string, string][] = [
    ["1,,0", "row 1 (line 3), column b is empty"],
    ["1,  ,0", "row 1 (line 3), column b is empty"],
    ["1,2,", "row 1 (line 3), column label is empty"],
    ["1,two,0", "row 1 (line 3), column b holds two, not a finite number"],
    ["nan,2,0", "row 1 (line 3), column a holds nan, not a finite number"],
    ["1,-Infinity,0", "row 1 (line 3), column b holds -Infinity, not a finite number"],
    ["1,1e39,0", "row 1 (line 3), column b holds 1e39, which float32 cannot hold"],
    ["0x10,2,0", "row 1 (line 3), column a holds 0x10, not a finite number"],
    ["0b1,2,0", "row 1 (line 3), column a holds 0b1, not a finite number"],
    ["1_0,2,0", "row 1 (line 3), column a holds 1_0, not a finite number"],
    ["1,2,NaN", "row 1 (line 3), column label holds NaN, not a finite number"],
    ["1,2", "row 1 (line 3) has 2 cells, the header has 3"],
    ["1,2,3,4", "row 1 (line 3) has 4 cells, the header has 3"],
  ];
  await inTempFolder(async (folder) => {
    for (const [row, message] of cases) {
      await write(folder, {
        "train.csv": `a,b,label\n1,2,1\n${row}\n`,
        "test.csv": "a,b,label\n1,2,0\n",
      });
      const error = await assertBroken(() => readDataset(folder), message);
      assert(error.message.startsWith(`Cannot read ${folder}/train.csv: row 1`), error.message);
      assert(error.place?.startsWith("row 1 (line 3)"));
    }
  });
});

Deno.test("lines are counted through quoted line ends and empty lines", async () => {
  await assertBroken(
    () => readFolder('a,b,label\n1,2,"one\nlabel"\n\n1,x,"one\nlabel"\n'),
    "row 1 (line 5), column b holds x",
  );
});

Deno.test("a header is needed, with a name for every column, each once", async () => {
  const refused = (train: string, message: string) =>
    assertBroken(() => readFolder(train), message);
  await refused("", "it is empty, the first line must name the columns");
  await refused("1,2,3\n4,5,6\n", "its first line holds numbers (1,2,3), not names");
  await refused(
    "5.1,3.5,setosa\n4.9,3.0,setosa\n",
    "its first line holds numbers (5.1,3.5,setosa)",
  );
  await refused(",a,label\n0,1,2\n", "column 0 (counted from 0) has no name");
  await refused("a,a,label\n0,1,2\n", "it has two columns a");
  await refused("label\n0\n", "it has no column but label, inputs and a label are needed");
  await refused("a;b;label\n0;1;2\n", "cells are separated by commas");
  await refused("a,b,label\n", "it has no rows after its header");
  const numbered = await readFolder("0,1,label\n5,6,0\n7,8,1\n", "0,1,label\n5,6,0\n");
  assertEquals(numbered.columns, ["0", "1"], "numbers may be names where the label says it is one");
});

Deno.test("test columns that are missing or extra are refused with their name", async () => {
  const train = "a,b,label\n1,2,0\n3,4,1\n";
  await assertBroken(() => readFolder(train, "a,label\n1,0\n"), "it has no column b");
  await assertBroken(() => readFolder(train, "a,b\n1,0\n"), "it has no column label");
  await assertBroken(() => readFolder(train, "a,b,c,label\n1,2,3,0\n"), "it has a column c, ");
});

Deno.test("text that is not UTF-8 is refused with the file's name", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/a.csv`;
    await write(folder, { "a.csv": Uint8Array.of(97, 44, 0xe4, 10, 49, 44, 50) });
    const error = await assertBroken(() => readDataset(path, { testSize: 1 }), "it is not UTF-8");
    assertEquals(error.file, path);
  });
});

Deno.test("one file is cut into training and test rows, each class by its share", async () => {
  await inTempFolder(async (folder) => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 4 === 0 ? "yes" : "no"}`);
    await write(folder, { "all.csv": `x,answer\n${rows.join("\n")}\n` });
    const path = `${folder}/all.csv`;
    const data = await readDataset(path, { testSize: 0.2 });
    const { train, test } = data.splits;
    assertEquals([train.rows, test.rows], [32, 8]);
    assertEquals(test.labels.filter((label) => label === 1).length, 2);
    assertEquals([...train.inputs], [...data.cut!.train], "here a row's input is its number");
    assertEquals([...test.inputs], [...data.cut!.test]);
    assertEquals([...train.inputs, ...test.inputs].sort((a, b) => a - b), rows.map((_, i) => i));
    train.inputs.forEach((x, i) => assertEquals(train.labels[i], x % 4 === 0 ? 1 : 0));
    assertEquals(await readDataset(path, { testSize: 8 }), data, "a fraction is a number of rows");
    assertEquals((await readDataset(folder, { testSize: 8 })).cut, data.cut, "also in a folder");
    const other = await readDataset(path, { testSize: 8, seed: 1 });
    assert(other.cut!.test.join() !== data.cut!.test.join());
  });
});

Deno.test("a cut has to be asked for where it is needed, and only there", async () => {
  await inTempFolder(async (folder) => {
    await write(folder, { "all.csv": "x,y\n1,0\n2,1\n3,0\n" });
    const path = `${folder}/all.csv`;
    const refused = async (path: string, testSize: number | undefined, message: string) => {
      const error = await assertRejects(
        () => readDataset(path, { testSize }),
        ConfigError,
        message,
      );
      assertEquals([error.field, error.value], ["test-size", testSize]);
    };
    await refused(
      path,
      undefined,
      `Cannot split ${path}: it has no test rows, and test-size is not`,
    );
    for (const size of [0, 3, 1.5, -1, NaN]) {
      await refused(
        path,
        size,
        `Cannot set ${size} rows aside: test-size must be an integer from 1 to 2`,
      );
    }
    await write(`${folder}/both`, { "train.csv": "x,y\n1,0\n2,1\n", "test.csv": "x,y\n1,0\n" });
    await refused(`${folder}/both`, 1, "it has its own test rows, test-size 1 is too much");
  });
});

Deno.test("a table longer than the first guess keeps every row", async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `${i},${-i},${i % 3}`);
  const { splits } = await readFolder(`a,b,label\n${rows.join("\n")}`);
  assertEquals(splits.train.rows, 5000);
  assertEquals(splits.train.inputs.length, 10_000);
  assertEquals([...splits.train.inputs.subarray(-2)], [4999, -4999]);
  assertEquals(splits.train.labels[4999], 4999 % 3);
});
