/**
 * Benchmarks: deno task bench [--json] [workload ...]
 *
 * Exits 1 where a first loss is not the expected one, 2 for a workload that does not exist.
 */

import { resourceUsage } from "node:process";
import config from "../deno.json" with { type: "json" };
import { GpuError } from "../gpu/mod.ts";
import { ours } from "./ours.ts";
import { run } from "./run.ts";
import { workloads } from "./workloads/mod.ts";

const subject = {
  lib: "aft",
  version: config.version,
  peakMb: () => resourceUsage().maxRSS / 1024,
};

try {
  Deno.exitCode = await run(Deno.args, workloads.map(ours), subject, {
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
  });
} catch (error) {
  if (!(error instanceof GpuError)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
