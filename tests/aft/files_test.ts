import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  appendLine,
  exists,
  gunzipParts,
  list,
  lookAt,
  makeFolder,
  readBytes,
  readHead,
  readJson,
  readText,
  readTextParts,
  samePlace,
  writeAtomic,
} from "../../aft/files.ts";

async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aft_files_" });
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names of everything in a folder, hidden files too. */
function everything(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function joined(parts: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(parts)).join("");
}

Deno.test("writeAtomic() writes bytes, text and pieces, and leaves nothing beside them", async () => {
  await inFolder(async (folder) => {
    await writeAtomic(`${folder}/bytes`, Uint8Array.of(0, 255));
    await writeAtomic(`${folder}/text`, "grün\n");
    await writeAtomic(`${folder}/pieces`, ["a", Uint8Array.of(98), "c"]);
    assertEquals([...await readBytes(`${folder}/bytes`)], [0, 255]);
    assertEquals(await readText(`${folder}/text`), "grün\n");
    assertEquals(await readText(`${folder}/pieces`), "abc");
    assertEquals(everything(folder), ["bytes", "pieces", "text"]);
  });
});

Deno.test("samePlace() sees through spelling and links, and takes lost paths by their text", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.csv`;
    await writeAtomic(path, "a");
    await writeAtomic(`${folder}/b.csv`, "a");
    await Deno.symlink(path, `${folder}/link`);
    assert(await samePlace(path, `${folder}//./a.csv`));
    assert(await samePlace(`${folder}/`, folder));
    assert(await samePlace(path, `${folder}/link`));
    assert(await samePlace(`${folder}/none`, `${folder}/none`));
    assertEquals(await samePlace(path, `${folder}/b.csv`), false);
    assertEquals(await samePlace(`${folder}/none`, `${folder}/./none`), false);
  });
});

Deno.test("writeAtomic() replaces a longer file by a shorter one", async () => {
  await inFolder(async (folder) => {
    await writeAtomic(`${folder}/a`, "a long old text");
    await writeAtomic(`${folder}/a`, "new");
    assertEquals(await readText(`${folder}/a`), "new");
  });
});

Deno.test("the path holds the old file until the new one is whole", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a`;
    await writeAtomic(path, "old");
    const seen: string[] = [];
    async function* pieces() {
      yield "half";
      seen.push(await readText(path));
      yield " and half";
    }
    await writeAtomic(path, pieces());
    assertEquals(seen, ["old"]);
    assertEquals(await readText(path), "half and half");
  });
});

Deno.test("a write that fails halfway leaves the old file and no temporary one", async () => {
  await inFolder(async (folder) => {
    await writeAtomic(`${folder}/a`, "old");
    function* pieces() {
      yield "half";
      throw new Error("the source broke");
    }
    await assertRejects(() => writeAtomic(`${folder}/a`, pieces()), Error, "the source broke");
    assertEquals(await readText(`${folder}/a`), "old");
    assertEquals(everything(folder), ["a"]);
  });
});

Deno.test("a rename that fails leaves what stood there and no temporary file", async () => {
  await inFolder(async (folder) => {
    await makeFolder(`${folder}/taken/inside`);
    await assertRejects(() => writeAtomic(`${folder}/taken`, "x"));
    assertEquals(everything(folder), ["taken"]);
    assertEquals(everything(`${folder}/taken`), ["inside"]);
  });
});

Deno.test("two writes at once both end well, and one of them wins whole", async () => {
  await inFolder(async (folder) => {
    const texts = ["a".repeat(100_000), "b".repeat(100_000)];
    await Promise.all(texts.map((text) => writeAtomic(`${folder}/a`, text)));
    assert(texts.includes(await readText(`${folder}/a`)));
    assertEquals(everything(folder), ["a"]);
  });
});

Deno.test("a missing file is an error that names the path", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/none`;
    const actions = [
      () => readBytes(path),
      () => readText(path),
      () => readHead(path, 4),
      () => lookAt(path),
      () => list(path),
      () => joined(readTextParts(path)),
      () => writeAtomic(`${path}/a`, "x"),
      () => appendLine(`${path}/a`, "x"),
    ];
    for (const action of actions) {
      await assertRejects(action, Deno.errors.NotFound, `Cannot find ${path}`);
    }
    assertEquals(await exists(path), false);
    await writeAtomic(`${folder}/file`, "x");
    assertEquals(await exists(`${folder}/file/behind`), false);
    await assertRejects(() => readBytes(`${folder}/file/behind`), Deno.errors.NotFound, "behind");
    assertEquals(await exists(folder), true);
  });
});

Deno.test("appendLine() makes the file and adds one line each time", async () => {
  await inFolder(async (folder) => {
    await appendLine(`${folder}/m.jsonl`, '{"step":1}');
    await appendLine(`${folder}/m.jsonl`, '{"step":2}');
    assertEquals(await readText(`${folder}/m.jsonl`), '{"step":1}\n{"step":2}\n');
  });
});

Deno.test("list() is sorted and leaves folders out, lookAt() tells them apart", async () => {
  await inFolder(async (folder) => {
    for (const name of ["b", "a", "c"]) await writeAtomic(`${folder}/${name}`, name);
    await makeFolder(`${folder}/aa`);
    await makeFolder(`${folder}/aa`);
    assertEquals(await list(folder), ["a", "b", "c"]);
    assertEquals(await lookAt(`${folder}/a`), { isFolder: false, size: 1 });
    assertEquals((await lookAt(folder)).isFolder, true);
  });
});

Deno.test("readHead() gives the first bytes, or all of a shorter file", async () => {
  await inFolder(async (folder) => {
    await writeAtomic(`${folder}/a`, Uint8Array.of(1, 2, 3));
    assertEquals([...await readHead(`${folder}/a`, 2)], [1, 2]);
    assertEquals([...await readHead(`${folder}/a`, 9)], [1, 2, 3]);
  });
});

Deno.test("readTextParts() gives the whole text without its byte order mark", async () => {
  await inFolder(async (folder) => {
    const text = "ä,ö\n".repeat(50_000);
    await writeAtomic(`${folder}/a`, `\ufeff${text}`);
    assertEquals(await joined(readTextParts(`${folder}/a`)), text);
    await writeAtomic(`${folder}/b`, Uint8Array.of(97, 0xff, 97));
    await assertRejects(() => joined(readTextParts(`${folder}/b`)), TypeError);
  });
});

Deno.test("readTextParts() closes its file when the reader stops early", async () => {
  await inFolder(async (folder) => {
    await writeAtomic(`${folder}/a`, "x".repeat(1_000_000));
    for await (const part of readTextParts(`${folder}/a`)) {
      assert(part.startsWith("x"));
      break; // the test's resource sanitizer would find the open file
    }
  });
});

Deno.test("gunzipParts() gives the plain bytes and refuses a cut-off stream", async () => {
  const plain = new Uint8Array(200_000).map((_, i) => i * 7);
  const zipped = new Uint8Array(
    await new Response(new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip")))
      .arrayBuffer(),
  );
  const parts = await Array.fromAsync(gunzipParts(zipped));
  assertEquals(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()), plain);
  const cut = zipped.slice(0, zipped.length - 20);
  await assertRejects(() => Array.fromAsync(gunzipParts(cut)), TypeError);
});

Deno.test("JSON may begin with a byte order mark", () =>
  inFolder(async (folder) => {
    const path = `${folder}/config.json`;
    await Deno.writeTextFile(path, '\uFEFF{ "steps": 3 }');
    assertEquals(await readJson(path), { steps: 3 });
  }));
