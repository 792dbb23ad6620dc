import { assert, assertEquals } from "@std/assert";
import { deno } from "../../tools/run_deno.ts";
import { fromRoot } from "../../tools/root.ts";
import { webFiles } from "../../tools/web_files.ts";
import { type ProductFile, readProduct, roomOf, withoutComments } from "./product.ts";

/** What each room may import from; `mod` is the catalogue, which no room may lean on. */
const allowed: Record<string, readonly string[]> = {
  gpu: ["gpu"],
  nn: ["gpu", "nn"],
  aft: ["gpu", "nn", "aft"],
  mod: ["gpu", "nn", "aft"],
  cli: ["gpu", "nn", "aft", "mod", "cli"],
};

/** The only files outside the command that may use Deno's own functions. */
const mayUseDeno = ["aft/files.ts"];

const product = await readProduct();

/** Lists `path: found` for every match of a pattern in the files' code. */
function mentions(files: readonly ProductFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map(([found]) => `${path}: ${found}`)
  );
}

/** Everything that can be reached from some files through imports, themselves included. */
function reachable(paths: readonly string[]): Set<string> {
  const byPath = new Map(product.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const open = [...paths];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const found of byPath.get(path)?.imports ?? []) if (found.path) open.push(found.path);
  }
  return seen;
}

Deno.test("imports run one way: gpu, nn, aft, then the command", () => {
  const wrong = product.flatMap(({ path, imports }) =>
    imports
      .filter((found) => found.path && !allowed[roomOf(path)].includes(roomOf(found.path)))
      .map((found) => `${path} imports ${found.path}`)
  );
  assertEquals(wrong, []);
  for (const room of Object.keys(allowed)) {
    assert(product.some(({ path }) => roomOf(path) === room), `The room ${room} has no file`);
  }
});

Deno.test("files of the product import each other by relative paths with an extension", () => {
  const wrong = product.flatMap(({ path, imports }) =>
    imports
      .filter((found) => found.path && !/^\.\.?\/.*\.ts$/.test(found.specifier))
      .map((found) => `${path} imports ${found.specifier}`)
  );
  assertEquals(wrong, []);
});

Deno.test("nothing outside the package is imported, except the parser of the command's flags", () => {
  const outside = product.flatMap(({ path, imports }) =>
    imports.filter((found) => !found.path).map((found) => `${roomOf(path)}: ${found.specifier}`)
  );
  assertEquals([...new Set(outside)], ["cli: @std/cli/parse-args"]);
});

Deno.test("only named files use Deno's own functions, and none those of Node", () => {
  const library = product.filter(({ path }) => roomOf(path) !== "cli");
  const others = library.filter(({ path }) => !mayUseDeno.includes(path));
  assertEquals(mentions(others, /\bDeno\b/g), []);
  assertEquals(mentions(product, /["'`]node:[^"'`]*/g), []);
  for (const path of mayUseDeno) {
    assert(library.some((file) => file.path === path), `${path} is named here but does not exist`);
  }
});

Deno.test("the engine, the layers and the methods reach no file that uses Deno's functions", async () => {
  const paths = await webFiles();
  assert(paths.some((path) => path.startsWith("aft/method")), "No method was found");
  const reached = reachable(paths);
  assertEquals(mayUseDeno.filter((path) => reached.has(path)), []);
});

Deno.test("nothing but the command prints, exits or reads its arguments", () => {
  const library = product.filter(({ path }) => roomOf(path) !== "cli");
  const pattern = /\bconsole\.\w+|\bDeno\.(?:exit\w*|args|std\w+)|\b(?:alert|prompt|confirm)\(/g;
  assertEquals(mentions(library, pattern), []);
});

Deno.test("the engine and the layers load where there is no Deno, and the package without permissions", async () => {
  const fixture = fromRoot("tests/tools/fixtures/without_deno.ts");
  const { success, output } = await deno(["run", "--no-prompt", "--no-lock", "--quiet", fixture]);
  assert(success, output);
  assertEquals(output.trim(), "loaded");
});

Deno.test("comments are no code, addresses in strings are", () => {
  assertEquals(
    withoutComments('/** Deno */ a; // Deno\n"https://x"; /* Deno\n */ b'),
    ' a; \n"https://x";  b',
  );
});
