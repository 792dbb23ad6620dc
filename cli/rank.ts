/** `aft rank`: which teachers are worth training with, before any student is trained. */

import { configFields } from "../aft/config_fields.ts";
import { readDataset } from "../aft/data/dataset.ts";
import { readFeatures } from "../aft/data/features.ts";
import { folderOf, lookAt, writeAtomic } from "../aft/files.ts";
import { type RankDone, rankTeachers } from "../aft/rank/rank.ts";
import type { RankRowsOptions } from "../aft/rank/rows.ts";
import { type ScoreName, teacherScores } from "../aft/rank/scores.ts";
import { type SelectDone, selectTeachers } from "../aft/rank/select.ts";
import { readingOptions } from "../aft/train.ts";
import type { TeacherFeatures, TrainingData } from "../aft/training/prepare.ts";
import { ConfigError } from "../gpu/errors.ts";
import { type Command, common, INTERRUPTED } from "./command.ts";
import { type Arguments, choiceFlag, type Flag, flagOf, switchFlag, textFlag } from "./flags.ts";
import type { Output } from "./output.ts";
import { RankLines } from "./rank_lines.ts";
import { readingTold } from "./reading.ts";
import { interruptible } from "./signals.ts";

const SCORES = Object.keys(teacherScores) as ScoreName[];

const fields = {
  data: flagOf(configFields.data),
  features: flagOf({
    ...configFields.features,
    help: "cached features of the teachers to be ranked, one safetensors file each",
  }),
  format: flagOf(configFields.format),
  label: flagOf(configFields.label),
  text: flagOf(configFields.text),
  imageSize: flagOf(configFields.imageSize),
  task: flagOf(configFields.task),
  trainSize: flagOf(configFields.trainSize),
  perClass: flagOf(configFields.perClass),
  valSize: flagOf<number>({
    ...configFields.valSize,
    default: undefined,
    defaultText: "what is left, at most 1,000; a tenth where nothing is",
    help: "validation rows, from the training rows that are left first",
  }),
  testSize: flagOf(configFields.testSize),
  seed: flagOf({ ...configFields.seed, help: "decides the rows drawn, as it does in training" }),
};

const flags = {
  ...fields,
  score: choiceFlag("score", SCORES, "what the table is ordered by"),
  select: switchFlag("select", "choose a subset too: greedily, by the probe's validation loss"),
  out: textFlag("out", "FILE", "where the ranking goes as JSON"),
  ...common,
};

/** Scores of each teacher and of all together. */
export const rank: Command = {
  name: "rank",
  summary: "score teachers before training, and choose a subset",
  usage: "--data PATH --features FILE[,FILE...] [flags]",
  notes: [
    "Scores are taken on training rows alone; with the same --seed and sizes these are the rows " +
    "that train draws. The larger a score the better: " +
    Object.values(teacherScores).map(({ name, summary }) => `${name}: ${summary}`).join("; ") + ".",
  ],
  examples: [
    [
      "Two teachers and both together, on 1,000 labels",
      "aft rank --data data/cifar10 --features resnet20.safetensors,squeezenet.safetensors --train-size 1000",
    ],
    [
      "Ordered by another score, and written down",
      "aft rank --data data/cifar10 --features resnet20.safetensors,squeezenet.safetensors --score logme --out ranking.json",
    ],
    [
      "A subset, and the command that trains with it",
      "aft rank --data data/cifar10 --features resnet20.safetensors,squeezenet.safetensors --select",
    ],
  ],
  flags: Object.values(flags),
  run: (args, output) => interruptible(output, (signal) => rankFiles(args, output, signal)),
};

async function rankFiles(args: Arguments, output: Output, signal: AbortSignal): Promise<number> {
  const paths = args.need(flags.features);
  if (paths.length === 0) {
    throw new ConfigError("Cannot rank without features: name one or more files by --features", {
      field: "features",
    });
  }
  const file = args.get(flags.out);
  if (file !== undefined) await lookAt(`${folderOf(file)}/`); // told of before the work
  const path = args.need(flags.data);
  const data = await readDataset(path, readingOptions(readingOf(args)), readingTold(output));
  const teachers = await readFeatures(paths, data);
  const task: Task = { data, teachers, rows: rowsOf(args), args, output, signal };
  const ranking = await ranked(task);
  if (ranking === undefined) return INTERRUPTED;
  const selection = args.get(flags.select) ? await selected(task, ranking) : undefined;
  if (signal.aborted) return INTERRUPTED;
  const command = selection && trainCommand(selection.places.map((place) => paths[place]), args);
  if (command !== undefined) {
    output.line(`Train with it:\n  ${command}`);
    output.event({ event: "command", command });
  }
  const { event: _, ...scores } = ranking;
  const found = { data: path, features: paths, ...scores, selection, command };
  if (file !== undefined) await writeAtomic(file, `${JSON.stringify(found, undefined, 2)}\n`);
  return 0;
}

/** What the parts of the command work on. */
interface Task {
  readonly data: TrainingData;
  readonly teachers: readonly TeacherFeatures[];
  readonly rows: RankRowsOptions;
  readonly args: Arguments;
  readonly output: Output;
  readonly signal: AbortSignal;
}

async function ranked({ data, teachers, rows, args, output, signal }: Task) {
  const lines = new RankLines(output);
  const score = args.get(flags.score);
  let done: RankDone | undefined;
  for await (const progress of rankTeachers(data, teachers, { ...rows, score, signal })) {
    output.event(progress);
    lines.showRank(progress);
    if (progress.event === "ranking") done = progress;
  }
  return done;
}

async function selected({ data, teachers, rows, output, signal }: Task, { ranking }: RankDone) {
  const lines = new RankLines(output);
  const alone = Object.fromEntries(
    ranking.filter(({ teachers }) => teachers.length === 1)
      .map(({ name, probe }) => [name, probe.validation]),
  );
  let done: SelectDone | undefined;
  for await (const progress of selectTeachers(data, teachers, { ...rows, signal, alone })) {
    output.event(progress);
    lines.showSelect(progress);
    if (progress.event === "selected") done = progress;
  }
  return done;
}

function readingOf(args: Arguments) {
  return {
    format: args.get(fields.format),
    label: args.get(fields.label),
    text: args.get(fields.text),
    imageSize: args.get(fields.imageSize),
    task: args.get(fields.task),
    testSize: args.get(fields.testSize),
  };
}

/** 0 stands for all rows, or for no such draw. */
function rowsOf(args: Arguments): RankRowsOptions {
  const [trainSize, perClass] = [args.get(fields.trainSize), args.get(fields.perClass)];
  if (trainSize && perClass) {
    throw new ConfigError(
      `Cannot rank with per-class ${perClass}: it cannot be given beside train-size ${trainSize}`,
      { field: "per-class", value: perClass },
    );
  }
  return {
    seed: args.get(fields.seed),
    ...trainSize && { trainSize },
    ...perClass && { perClass },
    valSize: args.get(fields.valSize),
  };
}

/** The command that trains with some teachers on the same rows. */
function trainCommand(paths: readonly string[], args: Arguments): string {
  const shared = [
    "data",
    "format",
    "label",
    "text",
    "imageSize",
    "task",
    "testSize",
    "trainSize",
    "perClass",
  ] as const;
  const given = [...shared, "seed" as const].map((key) => fields[key] as Flag)
    .filter(({ flag }) => args.given.has(flag))
    .flatMap((flag) => [`--${flag.flag}`, quoted(String(args.get(flag)))]);
  const teachers = paths.length > 0 ? ["--features", quoted(paths.join(","))] : ["--method", "stl"];
  return ["aft", "train", ...given, ...teachers].join(" ");
}

/** As a shell reads it back. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
