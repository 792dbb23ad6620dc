/** A subset of teachers, chosen greedily by linear probes on validation rows. */

import type { Score } from "../score.ts";
import type { TeacherFeatures, TrainingData } from "../training/prepare.ts";
import { zeroMatrix } from "./linear_algebra/matrix.ts";
import { linearProbe } from "./probe.ts";
import type { RankInterrupted } from "./rank.ts";
import { type RankRowsOptions, RankTask } from "./rows.ts";

/** Share of the validation loss that one more teacher has to take away: less is chance. */
const LEAST_GAIN = 0.01;

/** Options of {@linkcode selectTeachers}. */
export interface SelectOptions extends RankRowsOptions {
  /** Stops before the next fit of a probe. */
  readonly signal?: AbortSignal;
  /**
   * Validation scores of teachers alone, by name, where ranking on the same rows has found them:
   * the first round then fits nothing.
   */
  readonly alone?: Readonly<Record<string, Score>>;
}

/** Teachers side by side, and their probe's validation score. */
export interface SelectedTeachers {
  /** Names, in the order in which they were chosen. */
  readonly teachers: readonly string[];
  /** Score on the validation rows; its loss decides. */
  readonly validation: Score;
}

/** A set of teachers was tried. */
export interface SelectTrial extends SelectedTeachers {
  /** Kind of progress. */
  readonly event: "trial";
  /** From 1; 0 for the probe without any teacher. */
  readonly round: number;
}

/** A round ended with one more teacher, or with none. */
export interface SelectRound extends SelectedTeachers {
  /** Kind of progress. */
  readonly event: "round";
  /** From 1. */
  readonly round: number;
  /** The teacher that lowers the validation loss most; undefined where none does by 1 %. */
  readonly added?: string;
}

/** The subset is found. */
export interface SelectDone extends SelectedTeachers {
  /** Kind of progress. */
  readonly event: "selected";
  /** Their places among the teachers that were given. */
  readonly places: readonly number[];
}

/** What the choice says while it goes on. */
export type SelectProgress = SelectTrial | SelectRound | SelectDone | RankInterrupted;

/**
 * Chooses teachers one by one: each round adds the one whose columns lower the validation loss of
 * the linear probe most, until none lowers it by 1 %. With no teacher at all the probe says how frequent the
 * classes are, or the mean value; a teacher that does not beat that is not chosen.
 *
 * @param data Labelled rows.
 * @param teachers Cached features of the training rows.
 * @param options Rows.
 * @returns Progress as it happens, last of all `selected` or `interrupted`.
 * @throws {ShapeError} If there is no teacher, or one has other rows than the data.
 * @throws {ConfigError} If a number of rows is out of range.
 *
 * @example A copy of a teacher adds nothing
 * ```ts
 * import { selectTeachers } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = 60;
 * const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
 * const split = { rows, inputs: new Float32Array(rows), labels, labelled: true };
 * const data = {
 *   ...{ inputShape: [1], layout: "table", task: "classification", classes: ["a", "b"] } as const,
 *   splits: { train: split, test: split },
 * };
 * const values = Float32Array.from({ length: rows }, (_, row) => (row % 2) + Math.sin(row));
 * const train = { rows, columns: 1, values, dtype: "f32" as const };
 * const teachers = ["first", "copy"].map((name) => ({ name, columns: 1, splits: { train } }));
 *
 * for await (const progress of selectTeachers(data, teachers)) {
 *   if (progress.event === "selected") assertEquals(progress.teachers, ["first"]);
 * }
 * ```
 */
export async function* selectTeachers(
  data: TrainingData,
  teachers: readonly TeacherFeatures[],
  options: SelectOptions = {},
): AsyncGenerator<SelectProgress> {
  const { signal, alone = {}, ...rows } = options;
  const task = new RankTask(data, teachers, rows);
  let chosen: readonly TeacherFeatures[] = [];
  let validation = scoreWithout(task);
  yield { event: "trial", round: 0, teachers: [], validation };
  for (let round = 1; chosen.length < teachers.length; round++) {
    let best: readonly TeacherFeatures[] | undefined;
    let least = validation.loss * (1 - LEAST_GAIN);
    for (const candidate of teachers.filter((teacher) => !chosen.includes(teacher))) {
      const tried = [...chosen, candidate];
      const known = round === 1 && Object.hasOwn(alone, candidate.name);
      const score = known ? alone[candidate.name] : await scoreWith(task, tried, signal);
      if (score === undefined || signal?.aborted) return yield { event: "interrupted" };
      yield { event: "trial", round, teachers: namesOf(tried), validation: score };
      if (score.loss < least) [best, validation, least] = [tried, score, score.loss];
    }
    const added = best?.at(-1)?.name;
    chosen = best ?? chosen;
    yield { event: "round", round, added, teachers: namesOf(chosen), validation };
    if (best === undefined) break;
  }
  const places = chosen.map((teacher) => teachers.indexOf(teacher));
  yield { event: "selected", teachers: namesOf(chosen), places, validation };
}

/** What a probe reaches; undefined where the signal stopped it. */
async function scoreWith(
  task: RankTask,
  teachers: readonly TeacherFeatures[],
  signal: AbortSignal | undefined,
): Promise<Score | undefined> {
  const view = task.view(teachers);
  await view.fitProbe(signal);
  return signal?.aborted ? undefined : view.probe.validation;
}

/** The probe of a column that says nothing. */
function scoreWithout(task: RankTask): Score {
  const { rows, validation } = task.view(task.teachers.slice(0, 1));
  const nothing = (count: number) => zeroMatrix(count, 1);
  const classes = task.data.task === "classification" ? task.data.classes.length : undefined;
  return linearProbe({ ...rows, features: nothing(rows.features.rows) }, {
    validation: { ...validation, features: nothing(validation.features.rows) },
    classes,
  }).validation;
}

function namesOf(teachers: readonly TeacherFeatures[]): string[] {
  return teachers.map(({ name }) => name);
}
