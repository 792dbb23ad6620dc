/** Which runs a comparison consists of. */

import { ConfigError } from "../../gpu/errors.ts";
import { configFields } from "../config_fields.ts";
import type { Teacher } from "../data/features.ts";
import { validationCount } from "../data/split.ts";
import { methodOf } from "../methods/mod.ts";
import { CellMaker, type PlanInputs, readingOf, type Rows } from "./cells.ts";
import { probeKey } from "./identity.ts";
import { NOISE } from "./noise.ts";
import type { ResolvedOptions } from "./options.ts";
import { canProbe, type ProbeSpec } from "./probes.ts";
import type { Cell, Comparison, ProbeCell, RunSpec, TeacherSets } from "./types.ts";

/** A comparison, with what is needed to do its runs. */
export interface Plan {
  /** What is kept. */
  readonly comparison: Comparison;
  /** Runs by identity. */
  readonly specs: ReadonlyMap<string, RunSpec>;
  /** Linear probes by identity. */
  readonly probes: ReadonlyMap<string, ProbeSpec>;
}

/**
 * Lists all runs: for each method and setting those by which its strength is chosen, and those of
 * all seeds at every strength that may be chosen. Equal runs have one identity.
 *
 * @param options Checked options.
 * @param inputs Data and features.
 * @returns The comparison and its runs.
 * @throws {ConfigError} If more training rows are asked for than there are, or all of them twice.
 */
export async function makePlan(options: ResolvedOptions, inputs: PlanInputs): Promise<Plan> {
  const { dataset, teachers } = inputs;
  const specs = new Map<string, RunSpec>();
  const sizes = sizesOf(options.trainSizes, dataset.splits.train.rows);
  const cells: Cell[] = [];
  const sets = setsOf(options.teacherSets, teachers.length);
  for (const rows of sizes) {
    for (const set of sets) {
      for (const noise of options.noise) {
        for (const entry of options.entries) {
          const maker = new CellMaker(options, inputs, specs, { rows, set, noise });
          cells.push(await maker.make(entry));
        }
      }
    }
  }
  const probes = new Map<string, ProbeSpec>();
  const probeCells = await planProbes(options, inputs, probes, { sizes, sets });
  const { base, baseline } = options;
  const { steps = configFields.steps.default!, student = configFields.student.default! } = base;
  const columns = teachers.map(({ name, columns }) => [name, columns]);
  const comparison: Comparison = {
    version: 1,
    task: dataset.task,
    classes: dataset.classes.length,
    ...{ steps, student, data: base.data, features: base.features },
    ...baseline && { baseline: baseline.text },
    testRows: dataset.splits.test.rows,
    validation: sizes.map(({ trainSize, tuneVal }) => ({ trainSize, rows: tuneVal })),
    columns: Object.fromEntries(columns),
    cells,
    probes: probeCells,
  };
  return { comparison, specs, probes };
}

/** Probes of every set of teachers and training size, with the seeds that choose strengths. */
async function planProbes(
  { base, entries, probe, tuneSeeds }: ResolvedOptions,
  { teachers, dataHashes, featureHashes }: PlanInputs,
  specs: Map<string, ProbeSpec>,
  { sizes, sets }: { sizes: readonly Rows[]; sets: readonly number[][] },
): Promise<ProbeCell[]> {
  const cells: ProbeCell[] = [];
  if (!probe || entries.every(({ method }) => !methodOf(method).usesTeachers)) return cells;
  for (const { trainSize, finalVal: valSize } of sizes) {
    for (const set of sets.filter((set) => canProbe(set.map((i) => teachers[i])))) {
      const features = set.map((i) => featureHashes[i]);
      const inputs = { data: dataHashes, reading: readingOf(base), features, noise: 0 };
      const runs = await Promise.all(tuneSeeds.map(async (seed) => {
        const rows = { trainSize, valSize, seed };
        const key = await probeKey(rows, inputs);
        specs.set(key, { key, ...rows, teachers: set });
        return { key, seed };
      }));
      cells.push({ trainSize, teachers: set.map((i) => teachers[i].name), runs });
    }
  }
  return cells;
}

function sizesOf(sizes: readonly number[], all: number): Rows[] {
  if (sizes.includes(0) && sizes.includes(all)) {
    throw new ConfigError(
      `Cannot compare with train-sizes ${all}: it is given twice, 0 means all ${all} training rows`,
      { field: "train-sizes", value: all },
    );
  }
  return sizes.map((size) => rowsOf(size, all));
}

/**
 * Rows of a training size: validation rows lie outside the subset where rows remain, so that runs
 * with them train on the same rows as those without; else a tenth of it is lent.
 */
function rowsOf(size: number, all: number): Rows {
  const trainSize = size === 0 ? all : size;
  if (trainSize > all) {
    throw new ConfigError(
      `Cannot compare with train-sizes ${trainSize}: the data have ${all} training rows`,
      { field: "train-sizes", value: trainSize },
    );
  }
  const tuneVal = validationCount(trainSize, all - trainSize);
  return { trainSize, tuneVal, finalVal: trainSize < all ? tuneVal : 0 };
}

/** Numbers of the teachers in each set, each set once. */
function setsOf(kinds: readonly TeacherSets[], count: number): number[][] {
  const all = Array.from({ length: count }, (_, i) => i);
  const sets: Record<TeacherSets, () => number[][]> = {
    all: () => [all],
    each: () => all.map((i) => [i]),
    pairs: () => all.flatMap((i) => all.slice(i + 1).map((j) => [i, j])),
  };
  const listed = kinds.flatMap((kind) => sets[kind]());
  const wanted = count === 0 ? [[]] : listed;
  return wanted.filter((set, i) => wanted.findIndex((other) => `${other}` === `${set}`) === i);
}

/**
 * Refuses teachers whose name is that of noise.
 *
 * @param teachers The teachers.
 * @param noise Numbers of noise columns.
 * @throws {ConfigError} If there is noise and a teacher is called so.
 */
export function checkNames(teachers: readonly Teacher[], noise: readonly number[]): void {
  if (noise.every((columns) => columns === 0)) return;
  const named = teachers.find(({ name }) => name === NOISE);
  if (named === undefined) return;
  throw new ConfigError(`Cannot add noise beside ${named.path}: a teacher is named ${NOISE}`, {
    field: "noise",
    value: noise,
  });
}
