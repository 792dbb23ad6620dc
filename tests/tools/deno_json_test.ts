import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromRoot } from "../../tools/root.ts";

interface Task {
  description: string;
  command: string;
}

interface Config {
  name: string;
  version: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
  publish: { include: string[] };
  tasks: Record<string, Task>;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(fromRoot(path))) as T;
}

const config = await readJson<Config>("deno.json");
const tasks = Object.entries(config.tasks);

/** Values of a permission flag in a command; `undefined` for a flag that names nothing. */
function grants(command: string, flag: string): (string | undefined)[] {
  return [...command.matchAll(new RegExp(`--allow-${flag}(?:=(\\S+))?(?=\\s|$)`, "g"))]
    .map(([, names]) => names);
}

Deno.test("the package has its five entry points, each a file that says what it is", async () => {
  assertEquals(config.exports, {
    ".": "./mod.ts",
    "./gpu": "./gpu/mod.ts",
    "./nn": "./nn/mod.ts",
    "./aft": "./aft/mod.ts",
    "./cli": "./cli.ts",
  });
  for (const path of Object.values(config.exports)) {
    const source = await Deno.readTextFile(fromRoot(path.slice(2)));
    assertMatch(source, /^(?:#!.*\n)?\/\*\*[\s\S]*?@module/, `${path} has no @module comment`);
  }
});

Deno.test("the catalogue offers every room's entry point as a module that loads", async () => {
  const [all, gpu, nn, aft] = await Promise.all([
    import("@aft/aft"),
    import("@aft/aft/gpu"),
    import("@aft/aft/nn"),
    import("@aft/aft/aft"),
  ]);
  for (const room of [gpu, nn, aft]) assert(Object.keys(room).length > 0);
  const known = new Set([gpu, nn, aft].flatMap((room) => Object.keys(room)));
  assertEquals(Object.keys(all).filter((name) => !known.has(name)), []);
});

Deno.test("the import map for npm's std leads the package's own names to the same files", async () => {
  const { imports } = await readJson<{ imports: Record<string, string> }>(
    "tools/npm_only/import_map.json",
  );
  for (const [name, path] of Object.entries(config.exports)) {
    assertEquals(imports[config.name + name.slice(1)], path.replace("./", "../../"));
  }
  for (const name of Object.keys(config.imports)) {
    assert(Object.keys(imports).some((mapped) => mapped.startsWith(name)), `${name} is not mapped`);
  }
});

Deno.test("every dependency is pinned to a version range and locked", async () => {
  const { specifiers } = await readJson<{ specifiers: Record<string, string> }>("deno.lock");
  for (const specifier of Object.values(config.imports)) {
    assertMatch(specifier, /^jsr:@std\/\w+@\^\d+\.\d+\.\d+$/);
    assert(specifier in specifiers, `${specifier} is not in deno.lock`);
  }
});

Deno.test("no task has all permissions, and none reads more variables than it names", () => {
  for (const [name, { command }] of tasks) {
    assert(!/\s(?:-A|--allow-all)\b|--allow-(?:ffi|sys)/.test(command), name);
    for (const kind of ["env", "net", "run"]) {
      for (const names of grants(command, kind)) {
        assert(names, `Task ${name} grants --allow-${kind} without names`);
      }
    }
    for (const host of grants(command, "net")) assertEquals(host, "127.0.0.1");
  }
});

Deno.test("the tasks of a user ask for files and a few variables, not for network or programs", () => {
  for (const name of ["aft", "demo", "golden", "bench"]) {
    const { command } = config.tasks[name];
    assertEquals(grants(command, "net"), [], name);
    assertEquals(grants(command, "run"), [], name);
    assertStringIncludes(command, "$NPM_ONLY", name);
  }
});

Deno.test("every task says what it does", () => {
  for (const [name, { description }] of tasks) assert(description.length > 10, name);
});

Deno.test("the publish list covers every entry point, the licence and the changes of this version", async () => {
  const { include } = config.publish;
  for (const path of Object.values(config.exports)) {
    const folder = path.slice(2).split("/")[0];
    assert(include.some((entry) => entry.startsWith(folder)), `${path} would not be published`);
  }
  assert(include.includes("LICENSE"));
  assert(include.every((entry) => !/^(?:tests|tools|bench|docs)\b/.test(entry)));
  const changes = await Deno.readTextFile(fromRoot("CHANGELOG.md"));
  assertStringIncludes(changes, `## ${config.version}`);
});
