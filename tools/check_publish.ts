/**
 * The dry run of publishing. It has to load what the package imports from JSR; where JSR does not
 * answer, it runs on a copy without the one export that imports from there, and says so.
 */

import { deno, fail, inTemporaryFolder, say } from "./run_deno.ts";
import { root } from "./root.ts";

const check = "check:publish";

interface PackageFile {
  exports: Record<string, string>;
  publish: { include: string[] };
}

async function copyTree(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    await copyTree(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

/** Copies what is published, except the command, into an empty folder. */
async function copyWithoutCommand(folder: string): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as PackageFile;
  delete config.exports["./cli"];
  config.publish.include = config.publish.include.filter((path) => !path.startsWith("cli"));
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config, null, 2));
  const entries = config.publish.include.map((path) => path.replace(/\/\*\*.*/, ""));
  for (const entry of entries.filter((path) => path !== "deno.json")) {
    await copyTree(`${root}/${entry}`, `${folder}/${entry}`);
  }
}

/** Ends with an error unless the dry run succeeded and would publish product files only. */
function judge(which: string, { success, output }: { success: boolean; output: string }): void {
  if (!success) fail(check, which, output);
  const published = [...output.matchAll(/^\s+file:\/\/\S+\/(\S+\.\w+|LICENSE) \(/gm)];
  if (published.length === 0) fail(check, `${which}: no file would be published`, output);
  const foreign = /\/(tests|tools|bench|docs|\.ci|\.github)\/|_test\.ts|deno\.lock/.exec(
    output.replaceAll(root, ""),
  );
  if (foreign) fail(check, `${which}: would publish ${foreign[0]}`, output);
  say(check, `${which} passed, ${published.length} files`);
}

async function dryRunOfCopy(): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await copyWithoutCommand(folder);
    const outcome = await deno(["publish", "--dry-run", "--allow-dirty"], { cwd: folder });
    judge("JSR does not answer: dry run of a copy without the export ./cli", outcome);
  });
}

if (Deno.env.get("NPM_ONLY")) {
  await dryRunOfCopy();
} else {
  const outcome = await deno(["publish", "--dry-run", "--allow-dirty"]);
  const jsrSilent = !outcome.success && /jsr\.io\/\S+' failed/.test(outcome.output);
  if (jsrSilent) await dryRunOfCopy();
  else judge("JSR answers: dry run of the whole package", outcome);
}
