/** Teachers ranked before any student is trained. */

import { ConfigError } from "../../gpu/errors.ts";
import type { TeacherColumns } from "../checkpoint.ts";
import type { TaskKind } from "../data/types.ts";
import type { Score } from "../score.ts";
import type { TeacherFeatures, TrainingData } from "../training/prepare.ts";
import { type RankRowsOptions, RankTask } from "./rows.ts";
import { type ScoreEntry, type ScoreName, teacherScores } from "./scores.ts";
import { yieldToEvents } from "../bit_by_bit.ts";
import type { FeatureView } from "./view.ts";

/** Options of {@linkcode rankTeachers}. */
export interface RankOptions extends RankRowsOptions {
  /** The score to order by; default `probe`. */
  readonly score?: ScoreName;
  /** Stops before the next score, or the next fit of a probe. */
  readonly signal?: AbortSignal;
}

/** Scores of one teacher, or of all side by side. */
export interface TeacherScores {
  /** The teacher's name, or {@linkcode TOGETHER}. */
  readonly name: string;
  /** Names of the teachers whose columns these are. */
  readonly teachers: readonly string[];
  /** Number of columns. */
  readonly columns: number;
  /** Values by score; those that have no meaning for values to be predicted are left out. */
  readonly scores: Readonly<Partial<Record<ScoreName, number>>>;
  /** Seconds that each score took; what two scores share counts for the first. */
  readonly seconds: Readonly<Partial<Record<ScoreName, number>>>;
  /** The linear probe: the strength that was chosen, and how good it is. */
  readonly probe: {
    readonly strength: number;
    readonly validation: Score;
    readonly training: Score;
  };
}

/** What ranking says while it goes on. */
export type RankProgress = RankStart | RankScoring | RankTeacher | RankDone | RankInterrupted;

/** Ranking begins. */
export interface RankStart {
  /** Kind of progress. */
  readonly event: "start";
  /** What the labels mean. */
  readonly task: TaskKind;
  /** Rows to fit and rows to measure on. */
  readonly rows: { readonly train: number; readonly val: number };
  /** The teachers. */
  readonly teachers: readonly TeacherColumns[];
}

/** A score is being computed. */
export interface RankScoring {
  /** Kind of progress. */
  readonly event: "scoring";
  /** Of whom. */
  readonly name: string;
  /** Which. */
  readonly score: ScoreName;
}

/** All scores of a teacher are there. */
export interface RankTeacher extends TeacherScores {
  /** Kind of progress. */
  readonly event: "teacher";
}

/** All teachers are ranked. */
export interface RankDone {
  /** Kind of progress. */
  readonly event: "ranking";
  /** The score that orders them. */
  readonly score: ScoreName;
  /** Best first. */
  readonly ranking: readonly TeacherScores[];
  /** Time from the start. */
  readonly seconds: number;
}

/** The signal came. */
export interface RankInterrupted {
  /** Kind of progress. */
  readonly event: "interrupted";
}

/** Name of all teachers side by side. */
export const TOGETHER = "all together";

/**
 * Computes all scores of each teacher and of all side by side, on training rows alone. Nothing is
 * drawn but the rows, so that the same arguments give the same scores.
 *
 * @param data Labelled rows.
 * @param teachers Cached features of the training rows.
 * @param options Rows, and the score to order by.
 * @returns Progress as it happens, last of all `ranking` or `interrupted`.
 * @throws {ShapeError} If there is no teacher, or one has other rows than the data.
 * @throws {ConfigError} If a number of rows is out of range, or the score is none or has no meaning
 * for these labels.
 *
 * @example The teacher that knows the class is first
 * ```ts
 * import { rankTeachers } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = 60;
 * const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
 * const split = { rows, inputs: new Float32Array(rows), labels, labelled: true };
 * const data = {
 *   ...{ inputShape: [1], layout: "table", task: "classification", classes: ["a", "b"] } as const,
 *   splits: { train: split, test: split },
 * };
 * const teacher = (name: string, value: (row: number) => number) => {
 *   const values = Float32Array.from({ length: rows }, (_, row) => value(row));
 *   return { name, columns: 1, splits: { train: { rows, columns: 1, values, dtype: "f32" as const } } };
 * };
 * const useless = teacher("useless", (row) => Math.sin(row * row));
 * const useful = teacher("useful", (row) => (row % 2) + 0.1 * Math.sin(row));
 *
 * for await (const progress of rankTeachers(data, [useless, useful])) {
 *   if (progress.event !== "ranking") continue;
 *   const alone = progress.ranking.filter(({ teachers }) => teachers.length === 1);
 *   assertEquals(alone.map(({ name }) => name), ["useful", "useless"]);
 * }
 * ```
 */
export async function* rankTeachers(
  data: TrainingData,
  teachers: readonly TeacherFeatures[],
  options: RankOptions = {},
): AsyncGenerator<RankProgress> {
  const { score = "probe", signal, ...rows } = options;
  checkScore(score, data.task);
  const task = new RankTask(data, teachers, rows);
  const started = performance.now();
  yield startOf(task);
  const found: TeacherScores[] = [];
  for (const group of groupsOf(teachers)) {
    const scoring = new Scoring(task, group);
    for (const entry of entriesFor(data.task)) {
      yield { event: "scoring", name: scoring.name, score: entry.name };
      await yieldToEvents();
      if (!signal?.aborted) await scoring.compute(entry, signal);
      if (signal?.aborted) return yield { event: "interrupted" };
    }
    found.push(scoring.result());
    yield { event: "teacher", ...scoring.result() };
  }
  const ranking = found.toSorted((a, b) => b.scores[score]! - a.scores[score]!);
  const seconds = (performance.now() - started) / 1000;
  yield { event: "ranking", score, ranking, seconds };
}

/** Refuses a score that there is not, or that says nothing of values. */
export function checkScore(score: ScoreName, task: TaskKind): void {
  const entry = Object.hasOwn(teacherScores, score) ? teacherScores[score] : undefined;
  if (entry && (entry.forValues || task === "classification")) return;
  const reason = entry
    ? "it is for classes, these labels are values"
    : `the scores are ${Object.keys(teacherScores).join(", ")}`;
  throw new ConfigError(`Cannot rank by ${score}: ${reason}`, { field: "score", value: score });
}

function startOf({ data, teachers, rows }: RankTask): RankStart {
  return {
    event: "start",
    task: data.task,
    rows: { train: rows.train.length, val: rows.val.length },
    teachers: teachers.map(({ name, columns }) => ({ name, columns })),
  };
}

/** Each teacher alone, then all of them where they are several. */
function groupsOf(teachers: readonly TeacherFeatures[]): (readonly TeacherFeatures[])[] {
  const alone = teachers.map((teacher) => [teacher]);
  return teachers.length > 1 ? [...alone, teachers] : alone;
}

function entriesFor(task: TaskKind): ScoreEntry[] {
  const entries = Object.values(teacherScores);
  return entries.filter(({ forValues }) => forValues || task === "classification");
}

/** The scores of one group of teachers, as they come. */
class Scoring {
  readonly name: string;
  readonly #teachers: readonly TeacherFeatures[];
  readonly #view: FeatureView;
  readonly #scores: Partial<Record<ScoreName, number>> = {};
  readonly #seconds: Partial<Record<ScoreName, number>> = {};

  constructor(task: RankTask, teachers: readonly TeacherFeatures[]) {
    this.name = teachers.length > 1 ? TOGETHER : teachers[0].name;
    this.#teachers = teachers;
    this.#view = task.view(teachers);
  }

  async compute({ name, prepare, compute }: ScoreEntry, signal?: AbortSignal): Promise<void> {
    const started = performance.now();
    await prepare?.(this.#view, signal);
    if (signal?.aborted) return;
    this.#scores[name] = compute(this.#view);
    this.#seconds[name] = (performance.now() - started) / 1000;
  }

  result(): TeacherScores {
    const { strength, validation, training } = this.#view.probe;
    return {
      name: this.name,
      teachers: this.#teachers.map(({ name }) => name),
      columns: this.#view.rows.features.columns,
      scores: this.#scores,
      seconds: this.#seconds,
      probe: { strength, validation, training },
    };
  }
}
