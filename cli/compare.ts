/** `aft compare`: methods side by side, over seeds and sizes, with beta chosen on validation rows. */

import { compare as compareMethods } from "../aft/compare/compare.ts";
import { mergeComparisons } from "../aft/compare/conclude.ts";
import { BETAS, TEACHER_SETS } from "../aft/compare/options.ts";
import type { CompareOptions, Shard } from "../aft/compare/types.ts";
import type { ConfigKey, TrainConfig } from "../aft/config.ts";
import { configFields } from "../aft/config_fields.ts";
import { ConfigError } from "../gpu/errors.ts";
import { type Command, common, INTERRUPTED } from "./command.ts";
import { CompareLines } from "./compare_lines.ts";
import {
  type Arguments,
  type Flag,
  flagOf,
  integerFlag,
  listFlag,
  switchFlag,
  textFlag,
} from "./flags.ts";
import type { Output } from "./output.ts";
import { interruptible } from "./signals.ts";

/** Fields that a comparison decides itself, or that a method has of its own. */
const LEFT_OUT: readonly ConfigKey[] = [
  ...["trainSize", "perClass", "valSize", "evalEvery", "checkpointEvery", "out"] as const,
];
/** Fields of methods that mean the same for all of them. */
const SHARED: readonly ConfigKey[] = ["standardise", "regulariserLr", "featureStorage"];

const KEYS = (Object.keys(configFields) as ConfigKey[]).filter((key) =>
  !LEFT_OUT.includes(key) && (configFields[key].group !== "method" || SHARED.includes(key))
);
const fields = Object.fromEntries(
  KEYS.map((key) => [key, flagOf<unknown>(configFields[key], { grouped: true })]),
) as Record<ConfigKey, Flag>;

const number = (text: string) => text === "" ? undefined : finite(Number(text));
const whole = (text: string) => {
  const value = number(text);
  return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
};
const word = (text: string) => text || undefined;

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function grouped<T>(flag: Flag<T>): Flag<T> {
  return { ...flag, group: "comparison" };
}

const flags = {
  methods: grouped({
    ...listFlag("methods", "NAME[,NAME...]", {
      help: "methods, each perhaps with fields of its own, such as aft:rho=fixed",
      range: "methods, with commas between them",
      one: word,
    }),
    default: ["stl", "kd", "aft"],
    defaultText: "stl,kd,aft",
  }),
  seeds: grouped(integerFlag("seeds", [1, 10_000, 10], "runs of each method, from --seed on")),
  trainSizes: grouped({
    ...listFlag("train-sizes", "N[,N...]", {
      help: "numbers of training rows to draw, 0 for all",
      range: "integers from 0, with commas between them",
      one: whole,
    }),
    defaultText: "0, all",
  }),
  betas: grouped({
    ...listFlag("betas", "X[,X...]", {
      help: "strengths to choose from on validation rows; a single one is taken as it is",
      range: "numbers from 0, with commas between them",
      one: number,
    }),
    defaultText: BETAS.join(","),
  }),
  tuneSeeds: grouped(
    integerFlag("tune-seeds", [1, 10_000, 2], "seeds by which a strength is chosen"),
  ),
  noise: grouped({
    ...listFlag("noise", "N[,N...]", {
      help: "columns of Gaussian noise to put beside the teachers', at their scale",
      range: "integers from 0, with commas between them",
      one: whole,
    }),
    defaultText: "0",
  }),
  teacherSets: grouped({
    ...listFlag("teacher-sets", "NAME[,NAME...]", {
      help: "which feature files together: all, each alone, every two (pairs)",
      range: `among ${TEACHER_SETS.join(", ")}, with commas between them`,
      one: (text) => TEACHER_SETS.find((set) => set === text),
    }),
    defaultText: "all",
  }),
  noProbe: grouped(switchFlag("no-probe", "fit no linear probes of the teachers")),
  jobs: grouped(integerFlag("jobs", [1, 256, 1], "runs at a time, each in a worker of its own")),
  shard: grouped<Shard>({
    flag: "shard",
    placeholder: "I/N",
    help: "do the part I of N alone and write no table; the same command without it does the rest",
    range: "I/N with I from 1 to N, such as 2/8",
    read: readShard,
  }),
  merge: grouped(listFlag("merge", "FOLDER[,FOLDER...]", {
    help: "train nothing: bring the runs of these folders together in --out, and write the table",
    range: "folders, with commas between them",
    one: word,
  })),
  out: grouped({
    ...textFlag("out", "FOLDER", "folder of the comparison"),
    defaultText: "runs/compare",
    default: "runs/compare",
  }),
  json: { ...common.json, group: "comparison" },
  help: { ...common.help, group: "comparison" },
};

function readShard(text: string): Shard | undefined {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  return index >= 1 && index <= count ? { index, count } : undefined;
}

/** Compares methods. */
export const compare: Command = {
  name: "compare",
  summary: "compare methods over seeds and training sizes, with honest statistics",
  usage: "--data PATH --features FILE[,FILE...] --methods NAME[,NAME...] [flags]",
  notes: [
    "Chooses each method's beta on validation rows alone, then runs all seeds at it, and writes " +
    "table.csv, table.json and report.html into the folder. Finished runs are kept there and not " +
    "run again: the same command goes on after Ctrl-C, and more seeds, methods or sizes run what is " +
    "new.",
    "A method may have fields of its own: name:field=value:field=value, with the names of the flags " +
    "of aft train, such as aft:rho=fixed:regulariser-lr=0.1; beta=30 spares the choice.",
  ],
  examples: [
    [
      "Three methods, ten seeds, two training sizes",
      "aft compare --data data/cifar10 --features squeezenet.safetensors --methods stl,kd,aft --train-sizes 100,1000 --out runs/three",
    ],
    [
      "An ablation at one strength",
      "aft compare --data data/cifar10 --features squeezenet.safetensors --methods stl,aft,aft:rho=fixed --train-sizes 1000 --betas 30",
    ],
    [
      "Columns of noise beside the teachers, and each teacher alone",
      "aft compare --data data/cifar10 --features resnet20.safetensors,squeezenet.safetensors --noise 0,512,2048 --teacher-sets all,each",
    ],
    [
      "Part 2 of 8 on a cluster",
      "aft compare --data data/cifar10 --features squeezenet.safetensors --shard 2/8 --out shared/three",
    ],
  ],
  flags: [...Object.values(flags), ...Object.values(fields)],
  run: (args, output) => interruptible(output, (signal) => follow(args, output, signal)),
};

async function follow(args: Arguments, output: Output, signal: AbortSignal): Promise<number> {
  const lines = new CompareLines(output);
  const merged = args.get(flags.merge);
  if (merged !== undefined) {
    refuseBeside(args);
    const done = await mergeComparisons(merged, args.need(flags.out));
    output.event(done);
    if (!output.json) lines.show(done);
    return done.missing > 0 ? 1 : 0;
  }
  const options = compareOptions(args);
  let exit = 0;
  let failed = 0;
  for await (const progress of compareMethods({ ...options, signal })) {
    output.event(progress);
    if (!output.json) lines.show(progress);
    if (progress.event === "failed" && !(progress.kept && progress.purpose === "tune")) failed++;
    if (progress.event === "interrupted") exit = INTERRUPTED;
    if (progress.event === "done" && !options.shard && progress.missing > 0) exit = 1;
  }
  return exit === 0 && failed > 0 ? 1 : exit;
}

/** A merge takes what is compared from the folders. */
function refuseBeside(args: Arguments): void {
  const others = [...args.given].filter((name) => !["merge", "out", "json"].includes(name));
  if (others.length === 0) return;
  throw new ConfigError(
    `Cannot use --${others[0]} beside --merge: what is compared stands in the folders`,
    { field: others[0] },
  );
}

/**
 * What a comparison is asked by its flags.
 *
 * @param args Flags of {@linkcode compare}, read.
 * @returns Options of the library's function of that name.
 * @throws {ConfigError} If one that has to be given is missing.
 */
export function compareOptions(args: Arguments): Omit<CompareOptions, "signal"> {
  const given = KEYS.filter((key) => args.given.has(configFields[key].flag));
  const base = Object.fromEntries(given.map((key) => [key, args.get(fields[key])]));
  return {
    base: base as Partial<TrainConfig>,
    methods: args.need(flags.methods),
    seeds: args.get(flags.seeds),
    trainSizes: args.get(flags.trainSizes),
    betas: args.get(flags.betas),
    tuneSeeds: args.get(flags.tuneSeeds),
    noise: args.get(flags.noise),
    teacherSets: args.get(flags.teacherSets),
    probe: !args.get(flags.noProbe),
    jobs: args.get(flags.jobs),
    shard: args.get(flags.shard),
    out: args.need(flags.out),
  };
}
