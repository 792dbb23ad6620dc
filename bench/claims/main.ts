/**
 * Claims of the paper on real data.
 *
 *     deno task claims                        lists them with their cost
 *     deno task claims NAME                   prints the comparisons of one as commands
 *     deno task claims NAME|all $DATA         does the runs that are missing, writes tables and page
 *     deno task claims NAME|all $DATA --collect   takes the runs that are there, trains nothing
 *     deno task claims NAME|all $DATA --files     makes the files that comparisons read, nothing else
 *     deno task claims --page                 writes page and drawings anew from the kept tables
 *
 * Runs lie in runs/claims (--out), one folder for each comparison, and all finished ones also in
 * docs/claims/finished.jsonl, so that another machine goes on from there; --seeds and --tune-seeds
 * reduce them.
 */

import { nearestName } from "../../aft/nearest.ts";
import { INTERRUPTED } from "../../cli/command.ts";
import { CompareLines } from "../../cli/compare_lines.ts";
import { explain } from "../../cli/errors.ts";
import {
  type Arguments,
  integerFlag,
  readArguments,
  switchFlag,
  textFlag,
} from "../../cli/flags.ts";
import { Output, processStreams } from "../../cli/output.ts";
import { interruptible } from "../../cli/signals.ts";
import { readTuning } from "../../cli/tuning.ts";
import { ConfigError } from "../../gpu/mod.ts";
import { formatCount, formatSeconds } from "../../aft/report/html.ts";
import type { Claim } from "./claim.ts";
import { claims } from "./claims.ts";
import { type ClaimPlace, optionsOf, runCount, runFolder } from "./options.ts";
import { prepareClaim, runClaim } from "./run.ts";
import { readKept, SHELF, writePage } from "./store.ts";

const flags = {
  out: { ...textFlag("out", "FOLDER", "folder of the runs"), default: "runs/claims" },
  seeds: { ...integerFlag("seeds", [1, 10_000, 10], "runs of each method"), default: undefined },
  tuneSeeds: {
    ...integerFlag("tune-seeds", [1, 10_000, 2], "seeds by which a strength is chosen"),
    default: undefined,
  },
  collect: switchFlag("collect", "train nothing: take the runs that are there"),
  files: switchFlag("files", "make the files that comparisons read, and nothing else"),
  page: switchFlag("page", "write the page anew from the kept tables"),
};

/** Claims and their cost. */
async function listClaims(out: string): Promise<void> {
  for (const { claim, evidence } of await readKept(SHELF, claims)) {
    const place = { data: "$DATA", out };
    const runs = claim.comparisons.reduce(
      (sum, one) => sum + runCount(optionsOf(claim, one, place)),
      0,
    );
    const kept = Object.values(evidence.tables);
    const seconds = kept.reduce((sum, { machineSeconds }) => sum + machineSeconds, 0);
    const done = kept.reduce((sum, { runs }) => sum + runs, 0);
    const known = done > 0 ? `, ${done} of them took ${formatSeconds(seconds)}` : "";
    console.log(`${claim.name.padEnd(12)}${claim.title}: ${formatCount(runs, "run")}${known}`);
  }
}

function showClaim(claim: Claim, place: ClaimPlace): void {
  console.log(claim.question);
  for (const one of claim.comparisons) {
    console.log(`\naft compare ${one.flags} --out ${runFolder(place, claim, one)}`);
  }
}

function named(name: string): readonly Claim[] {
  const chosen = claims.filter((claim) => name === "all" || claim.name === name);
  if (chosen.length > 0) return chosen;
  const names = claims.map(({ name }) => name);
  const nearest = nearestName(name, names);
  throw new ConfigError(
    `Cannot run claim ${name}: ${nearest ? `did you mean ${nearest}? ` : ""}the claims are ` +
      names.join(", "),
    { field: "name", value: name },
  );
}

async function run(args: Arguments, output: Output): Promise<number> {
  const [name, data] = args.rest;
  const out = args.need(flags.out);
  if (args.get(flags.page)) {
    await writePage(SHELF, claims);
    return 0;
  }
  if (name === undefined) {
    await listClaims(out);
    return 0;
  }
  const chosen = named(name);
  if (data === undefined) {
    for (const claim of chosen) showClaim(claim, { data: "$DATA", out });
    return 0;
  }
  const place = {
    ...{ data: data.replace(/(.)\/+$/, "$1"), out },
    ...{ seeds: args.get(flags.seeds), tuneSeeds: args.get(flags.tuneSeeds) },
  };
  if (args.get(flags.files)) {
    for (const claim of chosen) await prepareClaim(claim, place);
    return 0;
  }
  return await interruptible(output, (signal) => runAll(chosen, { place, args, output, signal }));
}

async function runAll(
  chosen: readonly Claim[],
  { place, args, output, signal }: {
    place: ClaimPlace;
    args: Arguments;
    output: Output;
    signal: AbortSignal;
  },
): Promise<number> {
  const lines = new CompareLines(output);
  const collect = args.get(flags.collect) ?? false;
  await readTuning();
  let exit = 0;
  for (const claim of chosen) {
    console.log(claim.title);
    const told = lines.show.bind(lines);
    const stays = (name: string) =>
      console.log(`The table of ${name} stays as it is: it has lines of more seeds`);
    const missing = await runClaim(claim, { place, shelf: SHELF, collect, told, stays, signal });
    await writePage(SHELF, claims);
    if (missing === undefined) return INTERRUPTED;
    if (missing > 0) exit = 1;
  }
  return exit;
}

if (import.meta.main) {
  try {
    const signature = { name: "claims", flags: Object.values(flags), rest: "a claim, the data" };
    const output = new Output(processStreams(), false);
    Deno.exitCode = await run(readArguments(signature, Deno.args), output);
  } catch (error) {
    const { text, exit } = explain(error);
    console.error(text);
    Deno.exitCode = exit;
  }
}
