/** One workload on one peer: main.ts jax-js mlp prints one line of JSON. */

import { resourceUsage } from "node:process";
import { type Definition, definitions, type WorkloadName } from "../definition.ts";
import { run } from "../run.ts";
import { jaxJs } from "./jax.ts";
import { tfjs } from "./tfjs.ts";

const [lib, workload] = Deno.args;
const peer = [jaxJs, tfjs].find((peer) => peer.lib === lib)!;
const subject = { ...peer, peakMb: () => resourceUsage().maxRSS / 1024 };
const benches = (Object.entries(definitions) as [WorkloadName, Definition][])
  .map(([name, definition]) => ({ name, ...definition, open: () => peer.open(name) }));
Deno.exitCode = await run(["--json", workload], benches, subject, {
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
});
