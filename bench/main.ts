/**
 * Benchmarks: deno task bench [--json] [--profile [--trace=FOLDER]] [workload ...]
 *
 * With --profile, says of each workload where its time goes, kernel by kernel; --trace keeps that as
 * files for Perfetto and chrome://tracing. Exits 1 where a first loss is not the expected one, 2 for
 * a workload that does not exist.
 */

import { resourceUsage } from "node:process";
import config from "../deno.json" with { type: "json" };
import { GpuError } from "../gpu/mod.ts";
import { folderOf, makeFolder, writeAtomic } from "../aft/files.ts";
import { ours } from "./ours.ts";
import { runProfiles } from "./profile.ts";
import { run } from "./run.ts";
import { workloads } from "./workloads/mod.ts";

const subject = {
  lib: "aft",
  version: config.version,
  peakMb: () => resourceUsage().maxRSS / 1024,
};

const output = {
  print: (line: string) => console.log(line),
  complain: (line: string) => console.error(line),
};

/** Writes a file, with its folder where that is missing. */
async function write(path: string, text: string): Promise<void> {
  await makeFolder(folderOf(path));
  await writeAtomic(path, text);
}

try {
  Deno.exitCode = Deno.args.includes("--profile")
    ? await runProfiles(Deno.args, workloads, { ...output, write })
    : await run(Deno.args, workloads.map(ours), subject, output);
} catch (error) {
  if (!(error instanceof GpuError)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
