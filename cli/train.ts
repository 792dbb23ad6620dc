/** `aft train`: trains a student from files into a run folder. */

import type { TrainConfig } from "../aft/config.ts";
import { configFields } from "../aft/config_fields.ts";
import { folderOf, writeAtomic } from "../aft/files.ts";
import type { Progress } from "../aft/progress.ts";
import { readConfig } from "../aft/run.ts";
import { train as trainRun } from "../aft/train.ts";
import { openGpu, profile } from "../gpu/mod.ts";
import { type Command, common, INTERRUPTED } from "./command.ts";
import { type Arguments, type Flag, flagOf, switchFlag, textFlag } from "./flags.ts";
import type { Output } from "./output.ts";
import { interruptible } from "./signals.ts";
import { TrainLines } from "./train_lines.ts";
import { VERSION } from "./version.ts";

type Key = keyof TrainConfig;

const KEYS = Object.keys(configFields) as Key[];
/** The configuration's fields as flags; the table is that of the library. */
const fields = Object.fromEntries(
  KEYS.map((key) => [key, flagOf<unknown>(configFields[key], { grouped: true })]),
) as Record<Key, Flag>;
const flags = {
  resume: {
    ...switchFlag("resume", "go on with the run in --out, to the same bits"),
    group: "run",
  },
  config: {
    ...textFlag("config", "FILE", "JSON with any of these fields, such as a run's config.json"),
    group: "run",
  },
  profile: {
    ...switchFlag(
      "profile",
      "time the kernels of the first steps: a table at the end, and trace.json in the run folder, " +
        "which Perfetto and chrome://tracing open",
    ),
    group: "run",
  },
  json: { ...common.json, group: "run" },
  help: { ...common.help, group: "run" },
};

/** Trains one student. */
export const train: Command = {
  name: "train",
  summary: "train a student on labelled data with the help of teachers' features",
  usage: "--data PATH --features FILE[,FILE...] [flags]",
  notes: [
    "Writes config.json, metrics.jsonl, checkpoint.safetensors and report.html into the run folder. " +
    "Flags win over --config. Ctrl-C leaves a checkpoint that --resume goes on from.",
  ],
  examples: [
    [
      "Adaptive feature transfer from two teachers, with 1,000 labels",
      "aft train --data data/cifar10 --features resnet20.safetensors,squeezenet.safetensors --train-size 1000",
    ],
    ["The baseline: labels alone", "aft train --data data/cifar10 --method stl --train-size 1000"],
    [
      "A run again, with another seed",
      "aft train --config runs/first/config.json --seed 1 --out runs/second",
    ],
    [
      "Where the time goes, kernel by kernel",
      "aft train --config runs/first/config.json --steps 50 --out runs/timed --profile",
    ],
    ["A run that was stopped", "aft train --config runs/first/config.json --resume"],
  ],
  flags: [...Object.values(fields), ...Object.values(flags)],
  run: (args, output) => interruptible(output, (signal) => follow(args, output, signal)),
};

async function follow(args: Arguments, output: Output, signal: AbortSignal): Promise<number> {
  const file = args.get(flags.config);
  const given = { ...file !== undefined && await readConfig(file), ...flagConfig(args) };
  const environment = { aft: VERSION, deno: Deno.version.deno };
  const options = { signal, resume: args.get(flags.resume), environment };
  const run = () => showAll(trainRun(given, options), output);
  return (args.get(flags.profile) ? await profiled(run, output) : await run()).exit;
}

/** How a run ended. */
interface Ended {
  exit: number;
  /** The checkpoint, where one was kept. */
  checkpoint?: string;
}

/** Says everything that a run says. */
async function showAll(run: AsyncIterable<Progress>, output: Output): Promise<Ended> {
  const lines = new TrainLines(output);
  const ended: Ended = { exit: 0 };
  for await (const progress of run) {
    output.event(progress);
    if (!output.json) lines.show(progress);
    if (progress.event === "interrupted") ended.exit = INTERRUPTED;
    if ("checkpoint" in progress) ended.checkpoint = progress.checkpoint;
  }
  return ended;
}

/** A run whose first steps are timed, with the table and the trace of its kernels. */
async function profiled(run: () => Promise<Ended>, output: Output): Promise<Ended> {
  await openGpu();
  let ended: Ended = { exit: 0 };
  const { table, trace } = await profile(async () => ended = await run());
  output.line();
  for (const line of table.split("\n")) output.line(line);
  if (ended.checkpoint === undefined) return ended;
  const path = `${folderOf(ended.checkpoint)}/trace.json`;
  await writeAtomic(path, trace);
  output.field("Trace", path);
  return ended;
}

/** The fields that were given as flags, without defaults. */
function flagConfig(args: Arguments): Partial<TrainConfig> {
  const given = KEYS.filter((key) => args.given.has(configFields[key].flag));
  return Object.fromEntries(given.map((key) => [key, args.get(fields[key])]));
}
