/** A project in an empty folder, with an import map of its own, uses the package as its users do. */

import { deno, fail, inTemporaryFolder, say } from "./run_deno.ts";
import { fromRoot, root } from "./root.ts";

const check = "check:consumer";

interface PackageFile {
  name: string;
  exports: Record<string, string>;
}

/** What the consumer's configuration says about the package: where its entry points lie. */
async function consumerImports(): Promise<Record<string, string>> {
  const config = JSON.parse(await Deno.readTextFile(fromRoot("deno.json"))) as PackageFile;
  const base = new URL("../", import.meta.url);
  return Object.fromEntries(
    Object.entries(config.exports)
      .filter(([name]) => name !== "./cli")
      .map(([name, path]) => [config.name + name.slice(1), new URL(path, base).href]),
  );
}

await inTemporaryFolder(async (folder) => {
  const imports = await consumerImports();
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ imports }, null, 2));
  await Deno.copyFile(`${root}/tools/consumer/main.ts`, `${folder}/main.ts`);
  const { success, output } = await deno(
    [
      "run",
      "--check",
      "--no-prompt",
      "--no-remote",
      "--allow-read=.",
      "--allow-write=.",
      "main.ts",
    ],
    { cwd: folder },
  );
  if (!success) fail(check, "a project in an empty folder", output);
  say(check, `a project in an empty folder trains 20 steps and loads what it saved:`);
  console.log(output.trimEnd());
});
