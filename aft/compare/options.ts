/** Options of a comparison: defaults and checks that need no file. */

import { ConfigError } from "../../gpu/errors.ts";
import {
  type ConfigKey,
  READING_KEYS,
  resolveSettings,
  type TrainConfig,
  without,
} from "../config.ts";
import { methodOf } from "../methods/mod.ts";
import { type MethodEntry, parseMethodEntry } from "./entry.ts";
import type { CompareOptions, Shard, TeacherSets } from "./types.ts";

/** Strengths to choose from where none are given. */
export const BETAS: readonly number[] = [1, 3, 10, 30, 100];

/** Sets of teachers, by their names on the command line. */
export const TEACHER_SETS: readonly TeacherSets[] = ["all", "each", "pairs"];

/** Options with their defaults. */
export interface ResolvedOptions {
  /** What all runs have in common. */
  readonly base: Partial<TrainConfig> & Pick<TrainConfig, "data" | "features">;
  /** Methods. */
  readonly entries: readonly MethodEntry[];
  /** The method that the others are compared with. */
  readonly baseline: MethodEntry | undefined;
  /** Seeds of the runs. */
  readonly seeds: readonly number[];
  /** Seeds by which strengths are chosen. */
  readonly tuneSeeds: readonly number[];
  /** Training rows, 0 for all. */
  readonly trainSizes: readonly number[];
  /** Strengths. */
  readonly betas: readonly number[];
  /** Noise columns. */
  readonly noise: readonly number[];
  /** Sets of teachers. */
  readonly teacherSets: readonly TeacherSets[];
  /** Whether teachers are probed. */
  readonly probe: boolean;
  /** Runs at a time. */
  readonly jobs: number;
  /** The part to run. */
  readonly shard: Shard | undefined;
  /** Folder. */
  readonly out: string;
}

/** Fields of a run that the comparison decides. */
const OWN: readonly ConfigKey[] = [
  ...["method", "beta", "trainSize", "perClass", "valSize"] as const,
  ...["evalEvery", "checkpointEvery", "out"] as const,
];

/**
 * Fills in defaults and checks options, alone and beside each other.
 *
 * @param options As they were given.
 * @returns All of them.
 * @throws {ConfigError} If one is missing or out of range, or two do not go together.
 */
export function resolveOptions(options: CompareOptions): ResolvedOptions {
  const { base, methods, seeds = 10, tuneSeeds = 2, jobs = 1, shard, out, probe = true } = options;
  const { data, features = [], seed = 0 } = base;
  if (data === undefined) refuse("data", undefined, "must be given: a file or folder");
  for (const key of OWN) {
    if (base[key] !== undefined) refuse(key, base[key], "is decided by the comparison");
  }
  integerWithin("seeds", seeds, 1, 10_000);
  integerWithin("tune-seeds", tuneSeeds, 1, 10_000);
  integerWithin("jobs", jobs, 1, 256);
  if (shard !== undefined) {
    integerWithin("shard", shard.count, 1, 100_000);
    integerWithin("shard", shard.index, 1, shard.count);
  }
  const entries = methods.map(parseMethodEntry);
  requireDistinct("methods", methods);
  const count = (n: number) => Array.from({ length: n }, (_, i) => seed + i);
  const resolved: ResolvedOptions = {
    base: { ...base, data, features },
    entries,
    baseline: entries.find(({ text }) => text === "stl") ??
      entries.find(({ method }) => method === "stl"),
    seeds: count(seeds),
    tuneSeeds: count(tuneSeeds),
    trainSizes: integers("train-sizes", options.trainSizes ?? [0]),
    betas: [...options.betas ?? BETAS],
    noise: integers("noise", options.noise ?? [0]),
    teacherSets: [...options.teacherSets ?? ["all" as const]],
    ...{ probe, jobs, shard, out },
  };
  checkTogether(resolved);
  return resolved;
}

function checkTogether({ base, entries, betas, noise, teacherSets }: ResolvedOptions): void {
  requireDistinct("betas", betas);
  requireDistinct("teacher-sets", teacherSets);
  const needy = entries.find(({ method }) => methodOf(method).usesTeachers);
  if (needy && base.features.length === 0) {
    refuse("features", "", `must be given for method ${needy.method}`);
  }
  if (!needy && noise.some((columns) => columns > 0)) {
    refuse("noise", noise, "stands beside teachers, and no method has any");
  }
  for (const entry of entries) {
    for (const beta of betas) resolveSettings({ beta, ...sharedFields(base, entry) });
  }
}

/**
 * Settings of a method's runs, without those that differ from run to run. A method without
 * teachers leaves alone what is said about teachers, so that its runs are the same ones beside
 * any teachers.
 *
 * @param base What all runs have in common.
 * @param entry The method.
 * @returns Fields of the settings.
 */
export function sharedFields(
  base: Partial<TrainConfig>,
  { method, fields }: MethodEntry,
): Partial<TrainConfig> {
  const { data: _, features: _1, ...read } = base;
  const beside = without(read, READING_KEYS);
  const { init: _2, initMap: _3, ...settings } = beside; // of files, whose bytes count, not their names
  const { standardise: _4, regulariserLr: _5, featureStorage: _6, ...plain } = settings;
  return { ...methodOf(method).usesTeachers ? settings : plain, ...fields, method };
}

function integers(field: string, values: readonly number[]): readonly number[] {
  for (const value of values) integerWithin(field, value, 0, 1_000_000_000);
  requireDistinct(field, values);
  return [...values];
}

function integerWithin(field: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  refuse(field, value, `must be an integer from ${from} to ${to}`);
}

function requireDistinct(field: string, values: readonly unknown[]): void {
  if (values.length === 0) refuse(field, "", "must name at least one");
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) refuse(field, twice, "is given twice");
}

function refuse(field: string, value: unknown, reason: string): never {
  const given = value === undefined || value === "" ? "" : ` ${value}`;
  throw new ConfigError(`Cannot compare with ${given ? "" : "no "}${field}${given}: it ${reason}`, {
    field,
    value,
  });
}
