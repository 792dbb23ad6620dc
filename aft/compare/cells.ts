/** The runs of one method under one setting. */

import { READING_KEYS, resolveSettings, type TrainConfig } from "../config.ts";
import type { Teacher } from "../data/features.ts";
import type { Dataset } from "../data/types.ts";
import { methodOf } from "../methods/mod.ts";
import type { MethodEntry } from "./entry.ts";
import { type RunInputs, runKey } from "./identity.ts";
import { type ResolvedOptions, sharedFields } from "./options.ts";
import type { Cell, CellRun, RunSpec } from "./types.ts";

/** Data and features, read, with the hashes of their files. */
export interface PlanInputs {
  /** The labelled data. */
  readonly dataset: Dataset;
  /** Features, one teacher a file. */
  readonly teachers: readonly Teacher[];
  /** Hashes of the data's files. */
  readonly dataHashes: readonly string[];
  /** The weights that students start from, where they do. */
  readonly start?: RunInputs["start"];
  /** Hash of each feature file. */
  readonly featureHashes: readonly string[];
}

/** Training rows, and validation rows while strengths are chosen and afterwards. */
export interface Rows {
  readonly trainSize: number;
  readonly tuneVal: number;
  readonly finalVal: number;
}

/** A setting, teachers by their numbers. */
export interface Where {
  readonly rows: Rows;
  readonly set: readonly number[];
  readonly noise: number;
}

/** Makes the cells of one setting, and the runs that they consist of. */
export class CellMaker {
  readonly #options: ResolvedOptions;
  readonly #inputs: PlanInputs;
  readonly #specs: Map<string, RunSpec>;
  readonly #where: Where;

  /**
   * @param options Checked options.
   * @param inputs Data and features.
   * @param specs Gets every run, by its identity.
   * @param where The setting.
   */
  constructor(
    options: ResolvedOptions,
    inputs: PlanInputs,
    specs: Map<string, RunSpec>,
    where: Where,
  ) {
    this.#options = options;
    this.#inputs = inputs;
    this.#specs = specs;
    this.#where = where;
  }

  /** Lists the runs of a method. */
  async make(entry: MethodEntry): Promise<Cell> {
    const { betas, seeds, tuneSeeds } = this.#options;
    const { rows, set, noise } = this.#where;
    const hasStrength = firstOf(methodOf(entry.method).beta) !== 0;
    const { beta = hasStrength ? undefined : 0 } = entry.fields;
    const strengths = beta === undefined ? betas : [firstOf(beta)];
    const tuned = strengths.length > 1 ? tuneSeeds : [];
    const { tuneVal, finalVal } = rows;
    return {
      method: entry.text,
      setting: {
        trainSize: rows.trainSize,
        noise,
        teachers: set.map((i) => this.#inputs.teachers[i].name),
      },
      hasStrength,
      tune: await this.#runs(entry, strengths, tuned, tuneVal),
      final: await this.#runs(entry, strengths, seeds, finalVal),
    };
  }

  async #runs(
    entry: MethodEntry,
    strengths: readonly number[],
    seeds: readonly number[],
    valSize: number,
  ): Promise<CellRun[]> {
    const runs: CellRun[] = [];
    for (const seed of seeds) {
      for (const beta of strengths) {
        runs.push({ key: await this.#spec(entry, { beta, seed, valSize }), beta, seed });
      }
    }
    return runs;
  }

  async #spec(
    entry: MethodEntry,
    fields: { beta: number; seed: number; valSize: number },
  ): Promise<string> {
    const { base } = this.#options;
    const { dataHashes, featureHashes, start } = this.#inputs;
    const { rows, set } = this.#where;
    const { usesTeachers } = methodOf(entry.method);
    const settings = resolveSettings({
      ...fields,
      ...sharedFields(base, entry), // with the method's own strength, where it has one
      ...{ seed: fields.seed, trainSize: rows.trainSize },
    });
    const teachers = usesTeachers ? set : [];
    const noise = usesTeachers ? this.#where.noise : 0;
    const key = await runKey(settings, {
      data: dataHashes,
      reading: readingOf(base),
      features: teachers.map((i) => featureHashes[i]),
      ...{ noise, start },
    });
    if (!this.#specs.has(key)) this.#specs.set(key, { key, settings, teachers, noise });
    return key;
  }
}

/** The strength of a method; of several together that of the first, which is the one chosen. */
function firstOf(beta: number | readonly number[]): number {
  return [beta].flat()[0];
}

/** Fields that say how data are read. */
export function readingOf(config: Partial<TrainConfig>): Partial<TrainConfig> {
  return Object.fromEntries(READING_KEYS.map((key) => [key, config[key]]));
}
