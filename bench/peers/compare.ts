/**
 * Our engine beside its peers on the same adapter:
 *
 *     deno task bench:peers [--json] [--cold] [--rounds=3] [workload ...]
 *
 * Every engine runs every workload in a process of its own, in rounds that take turns, so that a busy
 * moment meets all of them. Prints one line for each engine and workload, or a table of ratios.
 * `--cold` keeps the driver from using kernels that it compiled before: the first step of a new user.
 * Exits 1 where our engine or a peer's first loss is wrong, 2 for a workload that does not exist.
 */

import { parseArgs } from "@std/cli/parse-args";
import { nearestName } from "../../aft/nearest.ts";
import { measureCeilings, openGpu } from "../../gpu/mod.ts";
import { definitions } from "../definition.ts";
import { type Line, round } from "../measure.ts";
import { engines, runApart } from "./engines.ts";
import { HEAD, merged, ratios } from "./table.ts";

const flags = parseArgs(Deno.args, {
  boolean: ["json", "cold"],
  string: ["rounds"],
  default: { rounds: "3" },
});
const known = Object.keys(definitions);
const names = flags._.map(String);
const rounds = Number(flags.rounds);
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) {
  const nearest = nearestName(unknown, known);
  refuse(
    `Cannot run workload ${unknown}: ${nearest ? `did you mean ${nearest}? ` : ""}Known are ${
      known.join(", ")
    }`,
  );
}
if (!Number.isInteger(rounds) || rounds < 1) {
  refuse(`Cannot run ${flags.rounds} rounds: rounds must be an integer from 1`);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

const cell = (text: string, i: number) => i === 0 ? text.padEnd(9) : text.padStart(13);
const row = (cells: readonly string[]) => cells.map(cell).join(" ");

/** Every engine in turn, round by round; what failed once is not tried again. */
async function linesOf(workload: string, cold: boolean): Promise<Line[]> {
  const lines = new Map<string, Line[]>(engines.map(({ lib }) => [lib, []]));
  const failed = new Set<string>();
  for (let i = 0; i < rounds; i++) {
    for (const engine of engines.filter(({ lib }) => !failed.has(lib))) {
      const outcome = await runApart(engine, workload, cold);
      if ("line" in outcome) lines.get(engine.lib)!.push(outcome.line);
      else {
        failed.add(engine.lib);
        console.error(`${engine.lib} cannot run ${workload}: ${outcome.failure}`);
        Deno.exitCode = 1;
      }
    }
  }
  return engines.filter(({ lib }) => !failed.has(lib)).map(({ lib }) => merged(lines.get(lib)!));
}

const gpu = await openGpu();
const { operationsPerSecond, bytesPerSecond } = await measureCeilings();
gpu.close();
if (!flags.json) {
  const [arithmetic, copy] = [operationsPerSecond, bytesPerSecond].map((rate) => round(rate / 1e9));
  console.log(`${gpu.info.description}: ${arithmetic} GF/s in registers, ${copy} GB/s in a copy`);
  console.log(row(HEAD));
}
for (const workload of known.filter((name) => names.length === 0 || names.includes(name))) {
  const lines = await linesOf(workload, flags.cold === true);
  if (flags.json) lines.forEach((line) => console.log(JSON.stringify(line)));
  else console.log(row(ratios(workload, lines, operationsPerSecond)));
}
