/** Scores of sets of teachers before training, as `aft rank` gives them. */

import { readDataset, readFeatures } from "../../aft/mod.ts";
import { rankTeachers } from "../../aft/rank/rank.ts";
import { type ScoreName, teacherScores } from "../../aft/rank/scores.ts";

/** The scores of a set of teachers. */
export interface TeacherScore {
  /** Names of the teachers. */
  readonly teachers: readonly string[];
  /** Values by score. */
  readonly scores: Readonly<Partial<Record<ScoreName, number>>>;
}

/** Names of all scores. */
export const SCORES = Object.keys(teacherScores) as readonly ScoreName[];

/**
 * Scores each teacher, every two and all together, on the training rows of seed 0.
 *
 * @param data Path of the labelled data.
 * @param features Feature files.
 * @param trainSize Training rows.
 * @returns One entry for each set, singles first.
 */
export async function scoreSets(
  data: string,
  features: readonly string[],
  trainSize: number,
): Promise<TeacherScore[]> {
  const dataset = await readDataset(data);
  const teachers = await readFeatures(features, dataset);
  const found = new Map<string, TeacherScore>();
  const pairs = teachers.flatMap((one, i) => teachers.slice(i + 1).map((other) => [one, other]));
  for (const group of [teachers, ...teachers.length > 2 ? pairs : []]) {
    for await (const progress of rankTeachers(dataset, group, { trainSize })) {
      if (progress.event !== "teacher") continue;
      const { teachers, scores } = progress;
      const key = teachers.join();
      if (!found.has(key)) found.set(key, { teachers, scores });
    }
  }
  return [...found.values()].sort((a, b) => a.teachers.length - b.teachers.length);
}
