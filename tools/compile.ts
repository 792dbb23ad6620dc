/**
 * The command as a single binary: `deno task compile [--target TRIPLE] [--output FILE]`.
 *
 * Deno downloads the runtime that the binary starts from. Where that host cannot be reached, only
 * the embedding is checked: this Deno stands in for the runtime, and the result is thrown away,
 * since it would not run the command.
 */

import { parseArgs } from "@std/cli/parse-args";
import { deno, fail, importMapFlag, inTemporaryFolder, say } from "./run_deno.ts";
import { fromRoot } from "./root.ts";

const name = "compile";
const flags = parseArgs(Deno.args, { string: ["target", "output"] });
const target = typeof flags.target === "string" ? flags.target : Deno.build.target;
const suffix = target.includes("windows") ? ".exe" : "";
const output = typeof flags.output === "string"
  ? flags.output
  : fromRoot(`dist/aft-${target}${suffix}`);

/** Leading arguments and permissions are baked in: the command's own, and no network. */
function compileArguments(file: string): string[] {
  return [
    "compile",
    ...importMapFlag(),
    ...["--allow-read", "--allow-write", "--allow-env=AFT_TUNE_CACHE,NO_COLOR", "--no-prompt"],
    `--target=${target}`,
    `--output=${file}`,
    fromRoot("cli.ts"),
  ];
}

async function checkEmbedding(): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const file = `${folder}/aft${suffix}`;
    const args = compileArguments(file);
    const made = await deno(args, { env: { DENORT_BIN: Deno.execPath() } });
    if (!made.success) fail(name, "embedding", made.output);
    const { size } = await Deno.stat(file);
    say(name, "the runtime cannot be downloaded here: embedding checked, no binary made");
    say(name, `module graph, types and embedding are in order, ${Math.round(size / 2 ** 20)} MiB`);
  });
}

const made = await deno(compileArguments(output));
if (made.success) {
  const { size } = await Deno.stat(output);
  say(name, `${output}, ${Math.round(size / 2 ** 20)} MiB`);
} else if (!/dl\.deno\.land/.test(made.output)) {
  fail(name, target, made.output);
} else if (target === Deno.build.target) {
  await checkEmbedding();
} else {
  fail(name, `the runtime for ${target} cannot be downloaded here`, made.output);
}
