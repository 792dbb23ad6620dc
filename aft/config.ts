/** The configuration of a run: its fields, their ranges and defaults, as objects, JSON and flags. */

import { ConfigError, FormatError } from "../gpu/errors.ts";
import { parseSchedule } from "../nn/mod.ts";
import { configFields } from "./config_fields.ts";
import type { ConfigField } from "./config_kinds.ts";
import type { DataFormat, TaskKind } from "./data/types.ts";
import {
  type Method,
  methodOf,
  type MethodOptions,
  methods,
  type MethodText,
} from "./methods/mod.ts";
import { optionDefaults } from "./methods/options.ts";
import { nearestName } from "./nearest.ts";
import { parseStudent } from "./student.ts";

/** What training itself needs to know, whatever the data come from. */
export interface TrainSettings extends Required<MethodOptions> {
  /** Transfer method, or several with `+` between them. */
  method: MethodText;
  /** Strength of the method's loss beside the task loss; one for each method of a combination. */
  beta: number | number[];
  /** Brings every teacher column to mean 0 and variance 1 over the training rows in use. */
  standardise: boolean;
  /** How teachers' features lie on the device; `auto` is f16 where all files hold it. */
  featureStorage: "auto" | "f32" | "f16";
  /** Student, such as `mlp:128,128`. */
  student: string;
  /**
   * Rank of changes that are trained beside the student's weights, which stand still but for the head;
   * 0 to train the weights themselves.
   */
  lora: number;
  /** Alpha of these changes, which are multiplied by alpha / rank; 0 for their rank. */
  loraAlpha: number;
  /** Optimiser of all parameters. */
  optimiser: "adam" | "adamw" | "sgd";
  /** Momentum of sgd. */
  momentum: number;
  /** Learning rate of the student. */
  lr: number;
  /** Learning rate of what the method learns, where it has one of its own (aft's scales). */
  regulariserLr: number;
  /** Factor of all rates by step, such as `cosine`. */
  schedule: string;
  /** Weight decay of the student. */
  weightDecay: number;
  /** Largest norm of all gradients together; 0 for no limit. */
  clipNorm: number;
  /**
   * Share that the average of the weights keeps at each update; 0 for no average. Running statistics
   * of batch normalisation are the latest ones, not averaged.
   */
  ema: number;
  /** Share of the target that is spread over all classes. */
  labelSmoothing: number;
  /** Rows of a batch. */
  batchSize: number;
  /** Batches of one update. */
  accumulate: number;
  /** Updates. */
  steps: number;
  /** Decides rows, batches and start values. */
  seed: number;
  /** Training rows drawn, each class by its share; 0 for all. */
  trainSize: number;
  /** Training rows drawn of each class, in place of `trainSize`; 0 for no such draw. */
  perClass: number;
  /** Validation rows drawn: a number, or a fraction of the training rows. */
  valSize: number;
  /** Steps between two evaluations; 0 for one at the end. */
  evalEvery: number;
  /** Steps between two lines of the log. */
  logEvery: number;
}

/** Configuration of a run from files to a run folder. */
export interface TrainConfig extends TrainSettings {
  /** Labelled data: file or folder. */
  data: string;
  /** Format of the data; `auto` finds it. */
  format: DataFormat | "auto";
  /** Name of the label's column in tables; empty to find it. */
  label: string;
  /** Name of the column of sentences in tables; empty to find it. */
  text: string;
  /** Longest sentence, in words. */
  tokens: number;
  /** Height and width that images of a folder are brought to; 0 for the one that all have. */
  imageSize: number;
  /** What labels mean; `auto` finds it. */
  task: TaskKind | "auto";
  /** Safetensors file with weights that the student starts from; empty for none. */
  init: string;
  /** Changes of its names: `FROM=TO[,FROM=TO...]`, or a JSON file; empty for none. */
  initMap: string;
  /** Test rows cut from data that come as one file: a number or a fraction; 0 for none. */
  testSize: number;
  /** Files of teacher features, in the order of their columns. */
  features: string[];
  /** Steps between two checkpoints; 0 for one at the end. */
  checkpointEvery: number;
  /** Run folder. */
  out: string;
}

/** Name of a field in objects, such as `batchSize`. */
export type ConfigKey = keyof TrainConfig;

const KEYS = Object.keys(configFields) as ConfigKey[];
/** Fields that say how labelled data are read. */
export const READING_KEYS = [
  "format",
  "label",
  "text",
  "tokens",
  "imageSize",
  "task",
  "testSize",
] as const satisfies readonly ConfigKey[];
/** Fields about files, which training itself does not know. */
const FILE_KEYS: readonly ConfigKey[] = [
  ...["data", "features", "checkpointEvery", "out"] as const,
  ...READING_KEYS,
];
const BY_FLAG: ReadonlyMap<string, ConfigKey> = new Map(
  KEYS.map((key) => [configFields[key].flag, key]),
);

/**
 * Reads one value as the command line has it.
 *
 * @param flag Name of the field, such as `batch-size`.
 * @param text Its value; a list has commas.
 * @returns The key and the value, checked, to be put into a configuration.
 * @throws {ConfigError} If there is no such field, or the value is out of range.
 *
 * @example
 * ```ts
 * import { parseConfigFlag } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseConfigFlag("batch-size", "64"), { batchSize: 64 });
 * ```
 */
export function parseConfigFlag(flag: string, text: string): Partial<TrainConfig> {
  const key = keyOf(flag);
  const field = configFields[key];
  return { [key]: accepted(field, field.fromText(text), text) };
}

/**
 * Reads a configuration from JSON, such as a run's `config.json`. Names are those of the flags, or
 * of the fields of {@linkcode TrainConfig}.
 *
 * @param value What `JSON.parse` gave.
 * @param file Where it comes from, for messages.
 * @returns The fields that are given, checked.
 * @throws {FormatError} If it is no object.
 * @throws {ConfigError} If a field does not exist, is given twice, or its value is out of range.
 *
 * @example
 * ```ts
 * import { configFromJson } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(configFromJson({ "batch-size": 64, lr: 0.01 }), { batchSize: 64, lr: 0.01 });
 * ```
 */
export function configFromJson(value: unknown, file = "the configuration"): Partial<TrainConfig> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FormatError(`Cannot read ${file}: a configuration is a JSON object of fields`, {
      file,
    });
  }
  const config: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const key = keyOf(name, file);
    const field = configFields[key];
    if (Object.hasOwn(config, key)) refuse(field, given, `is given twice in ${file}`);
    config[key] = accepted(field, given);
  }
  return config as Partial<TrainConfig>;
}

/**
 * Writes a configuration as `config.json` holds it.
 *
 * @param config Any fields.
 * @returns A plain object by the names of the flags, in their order.
 *
 * @example
 * ```ts
 * import { configToJson } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(configToJson({ batchSize: 64 }), { "batch-size": 64 });
 * ```
 */
export function configToJson(config: Partial<TrainConfig>): Record<string, unknown> {
  return Object.fromEntries(
    KEYS.filter((key) => config[key] !== undefined).map((key) => [
      configFields[key].flag,
      config[key],
    ]),
  );
}

/**
 * Fills in defaults and checks every field, alone and beside the others.
 *
 * @param given The fields that are given; `undefined` counts as not given.
 * @returns All settings of training.
 * @throws {ConfigError} If a value is out of range, or two do not go together.
 *
 * @example
 * ```ts
 * import { resolveSettings } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const settings = resolveSettings({ method: "kd", steps: 20 });
 * assertEquals([settings.beta, settings.batchSize], [10, 128]);
 * ```
 */
export function resolveSettings(given: Partial<TrainSettings>): TrainSettings {
  return settingsOf(resolveAll(given));
}

/**
 * What training itself needs to know of a configuration.
 *
 * @param config A whole configuration.
 * @returns It without the fields about files.
 */
export function settingsOf(config: TrainSettings): TrainSettings {
  return without(config as TrainConfig, FILE_KEYS) as TrainSettings;
}

/** An object without some of its fields. */
export function without<T extends object, K extends keyof T>(
  object: T,
  keys: readonly K[],
): Omit<T, K> {
  const kept = Object.entries(object).filter(([key]) => !keys.includes(key as K));
  return Object.fromEntries(kept) as Omit<T, K>;
}

function resolveAll(given: Partial<TrainSettings>): TrainConfig {
  const known: Partial<TrainConfig> = pick(given);
  if (known.method !== undefined) accepted(configFields.method, known.method);
  const method = methodOf(known.method ?? configFields.method.default!);
  const defaults = Object.fromEntries(KEYS.map((key) => [key, configFields[key].default]));
  const beta = betaOf(method, known.beta);
  const standardise = known.standardise ?? method.standardises ?? false;
  const settings = { ...defaults, ...known, beta, standardise } as TrainConfig;
  for (const key of KEYS) {
    if (settings[key] !== undefined) accepted(configFields[key], settings[key]);
  }
  checkTogether(settings);
  return settings;
}

/** One strength for each method: given ones first, then defaults. */
function betaOf({ name, beta }: Method, given: number | number[] = []): number | number[] {
  const [defaults, first] = [[beta].flat(), [given].flat()];
  if (first.length > defaults.length) {
    refuse(configFields.beta, given, `has more numbers than ${name} has methods`);
  }
  const all = defaults.map((one, i) => first[i] ?? one);
  return all.length === 1 ? all[0] : all;
}

/**
 * As {@linkcode resolveSettings}, for a run from files: data must be given, features where the
 * method needs them, and the run folder gets a name.
 *
 * @param given The fields that are given.
 * @returns The whole configuration.
 * @throws {ConfigError} If a value is missing or out of range, or two do not go together.
 *
 * @example
 * ```ts
 * import { resolveConfig } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const config = resolveConfig({ data: "data/cifar10", method: "stl", seed: 3 });
 * assertEquals([config.out, config.steps], ["runs/cifar10-stl-seed3", 500]);
 * ```
 */
export function resolveConfig(given: Partial<TrainConfig>): TrainConfig {
  const config = resolveAll(given);
  const { data, method, features, seed } = config;
  if (data === undefined) refuse(configFields.data, undefined, "must be given: a file or folder");
  if (methodOf(method).usesTeachers && features.length === 0) {
    refuse(configFields.features, "", `must be given for method ${method}, or choose method stl`);
  }
  const stem = data.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "").replace(/\.\w+(\.gz)?$/, "");
  return { ...config, out: config.out ?? `runs/${stem || "data"}-${method}-seed${seed}` };
}

/**
 * Refuses a run that would go on with another configuration than it began with. Only the run
 * folder may be spelled otherwise, and the distance of checkpoints be another one: all others
 * decide weights or the log.
 *
 * @param given Fields that are given now.
 * @param begun The configuration that the run began with.
 * @param where What holds it, for the message.
 * @throws {ConfigError} If a given field differs; with both values.
 */
export function checkUnchanged(
  given: Partial<TrainConfig>,
  begun: Partial<TrainConfig>,
  where: string,
): void {
  for (const key of KEYS) {
    const [now, before] = [given, begun].map((fields) => resolvedField(key, fields, begun.method));
    const { flag, mayChange } = configFields[key];
    if (mayChange || now === undefined || JSON.stringify(now) === JSON.stringify(before)) continue;
    throw new ConfigError(
      `Cannot resume ${where} with ${flag} ${show(now)}: it began with ${flag} ${show(before)}; ` +
        "leave the flag as it was, or choose another run folder",
      { field: flag, value: now },
    );
  }
}

/** A field as runs keep it: strengths are one for each method, however few are given. */
function resolvedField(key: ConfigKey, fields: Partial<TrainConfig>, method?: MethodText): unknown {
  const { [key]: value, beta } = fields;
  if (key !== "beta" || beta === undefined || method === undefined) return value;
  return betaOf(methodOf(method), beta);
}

/** The key that a flag, or a key itself, stands for; `file` is where it was read. */
function keyOf(name: string, file?: string): ConfigKey {
  const key = BY_FLAG.get(name) ?? (Object.hasOwn(configFields, name) ? name : undefined);
  if (key !== undefined) return key as ConfigKey;
  const nearest = nearestName(name, [...BY_FLAG.keys()]);
  throw new ConfigError(
    `Cannot use ${name}${file === undefined ? "" : ` in ${file}`}: there is no such field${
      nearest ? `, did you mean ${nearest}?` : ""
    }`,
    { field: name },
  );
}

/** Given fields that exist; anything else is refused by name. */
function pick(given: Partial<TrainSettings>): Partial<TrainConfig> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined).map((
      [name, value],
    ) => [keyOf(name), value]),
  );
}

/** The value where it is in range; `written` is how the user wrote it. */
function accepted(field: ConfigField<unknown>, value: unknown, written = value): unknown {
  const found = field.accept(value);
  if (found !== undefined) return found;
  const nearest = field.choices && nearestName(String(written), field.choices);
  return refuse(
    field,
    written,
    `must be ${field.range}${nearest ? `; did you mean ${nearest}?` : ""}`,
  );
}

function refuse({ flag }: { flag: string }, value: unknown, reason: string): never {
  const given = value === undefined || value === "" ? "" : ` ${show(value)}`;
  throw new ConfigError(
    `Cannot train with ${given ? "" : "no "}${flag}${given}: ${flag} ${reason}`,
    {
      field: flag,
      value,
    },
  );
}

function show(value: unknown): string {
  if (value === undefined) return "(none)";
  if (Array.isArray(value)) return value.map(show).join(",") || "(none)";
  return typeof value === "object" ? JSON.stringify(value) : String(value) || "(none)";
}

/** Checks that no single field can show. */
function checkTogether(config: TrainConfig): void {
  const { student, schedule, momentum, optimiser, trainSize, perClass, lora, loraAlpha } = config;
  parseStudent(student);
  parseSchedule(schedule);
  checkOptions(config);
  if (momentum !== 0 && optimiser !== "sgd") {
    refuse(configFields.momentum, momentum, `is an option of optimiser sgd, not of ${optimiser}`);
  }
  if (loraAlpha !== 0 && lora === 0) {
    refuse(configFields.loraAlpha, loraAlpha, "is of no use without lora, the rank");
  }
  if (trainSize !== 0 && perClass !== 0) {
    refuse(configFields.perClass, perClass, `cannot be given beside train-size ${trainSize}`);
  }
}

/** Refuses options that the method does not have, and those that go ill with each other. */
function checkOptions(config: TrainConfig): void {
  const method = methodOf(config.method);
  for (const option of Object.keys(optionDefaults) as (keyof MethodOptions)[]) {
    const value = config[option];
    if (value === optionDefaults[option] || method.options.includes(option)) continue;
    const owners = Object.values(methods).filter(({ options }) => options.includes(option));
    const names = owners.map(({ name }) => name).join(" and ");
    refuse(configFields[option], value, `is an option of ${names}, not of method ${method.name}`);
  }
  const refusal = method.refuses?.(config);
  if (refusal) refuse(configFields[refusal.option], config[refusal.option], refusal.reason);
}
