/**
 * The command as one JavaScript file: bundled, then run in an empty folder without configuration,
 * network, packages or anything else of this repository.
 */

import { deno, fail, importMapFlag, inTemporaryFolder, say } from "./run_deno.ts";
import { fromRoot } from "./root.ts";

const check = "check:bundle";
/** What the bundle runs: the whole demonstration unless told otherwise. */
const args = Deno.args.length > 0 ? Deno.args : ["demo"];

await inTemporaryFolder(async (folder) => {
  const bundle = `${folder}/aft.js`;
  const made = await deno([
    "bundle",
    ...importMapFlag(),
    `--output=${bundle}`,
    fromRoot("cli.ts"),
  ]);
  if (!made.success) fail(check, "deno bundle", made.output);

  const started = performance.now();
  const ran = await deno([
    "run",
    ...["--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only", "--no-prompt"],
    ...["--allow-read=.", "--allow-write=.", "--allow-env=AFT_TUNE_CACHE,NO_COLOR"],
    ...[bundle, ...args],
  ], { cwd: folder });
  if (!ran.success) fail(check, `aft.js ${args.join(" ")} in an empty folder`, ran.output);
  const seconds = Math.round((performance.now() - started) / 1000);
  const { size } = await Deno.stat(bundle);
  say(
    check,
    `aft.js (${Math.round(size / 1024)} KiB) ran ${args.join(" ")} in an empty folder ` +
      `without network, configuration or packages, ${seconds} s; it printed`,
  );
  console.log(ran.output.trimEnd());
});
