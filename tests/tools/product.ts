/** The product's files, their text without comments, and what they import. */

import { deno, importMapFlag } from "../../tools/run_deno.ts";
import { fromRoot, root } from "../../tools/root.ts";
import { typescriptFiles } from "../../tools/web_files.ts";

/** One product file. */
export interface ProductFile {
  /** Path from the repository's root, with forward slashes. */
  path: string;
  /** Source without comments, so that examples and explanations may mention anything. */
  code: string;
  /** Import specifiers as written, with the file they lead to where that is in the repository. */
  imports: { specifier: string; path: string | undefined }[];
}

interface Resolved {
  specifier?: string;
}

interface Info {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: { specifier: string; code?: Resolved; type?: Resolved }[];
  }[];
}

/** Room of a product file: the folder's name, or `mod` or `cli` for the two files beside them. */
export function roomOf(path: string): string {
  return path.split("/")[0].replace(/\.ts$/, "");
}

/** Removes block comments, and line comments that stand at a line's start or after a space. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** Paths of every TypeScript file of the product. */
export async function productPaths(): Promise<string[]> {
  const paths = ["mod.ts", "cli.ts"];
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    if (isDirectory && ["gpu", "nn", "aft", "cli"].includes(name)) {
      paths.push(...await typescriptFiles(name));
    }
  }
  return paths.sort();
}

/** Asks Deno for the graph of all product files at once, through a module that imports each. */
async function graphOf(paths: readonly string[]): Promise<Info> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = paths.map((path) => `import ${JSON.stringify(urlOf(path))};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    const config = `--config=${fromRoot("deno.json")}`;
    const { success, output } = await deno(
      ["info", "--json", "--quiet", "--no-lock", config, ...importMapFlag(), entry],
    );
    if (!success) throw new Error(`deno info failed: ${output}`);
    return JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1)) as Info;
  } finally {
    await Deno.remove(entry);
  }
}

function urlOf(path: string): string {
  return new URL(`../../${path}`, import.meta.url).href;
}

/** Path in the repository; npm's stand-ins for std count as outside, like std itself. */
function pathOf(url: string | undefined): string | undefined {
  const base = urlOf("");
  if (!url?.startsWith(base) || url.startsWith(urlOf("tools/npm_only/"))) return undefined;
  return decodeURIComponent(url.slice(base.length));
}

/** Reads the whole product. */
export async function readProduct(): Promise<ProductFile[]> {
  const paths = await productPaths();
  const { modules } = await graphOf(paths);
  const byPath = new Map(modules.map((module) => [pathOf(module.specifier), module]));
  return await Promise.all(paths.map(async (path) => {
    const module = byPath.get(path);
    if (!module || module.error) throw new Error(`${path}: ${module?.error ?? "not in the graph"}`);
    return {
      path,
      code: withoutComments(await Deno.readTextFile(fromRoot(path))),
      imports: (module.dependencies ?? []).map(({ specifier, code, type }) => ({
        specifier,
        path: pathOf(code?.specifier ?? type?.specifier),
      })),
    };
  }));
}
