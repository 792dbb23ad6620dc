/** Answers to the claims on sets of teachers: what students gain, and what tells it beforehand. */

import { correlation } from "../../aft/statistics.ts";
import type { Evidence, Verdict } from "./claim.ts";
import { AUTO } from "./definitions.ts";
import {
  between,
  decided,
  listed,
  rowOf,
  said,
  shortTeacher,
  teacherText,
  unitOf,
} from "./facts.ts";
import type { Kept, KeptRow } from "./kept.ts";
import { spearman } from "./ranks.ts";
import { SCORES, type TeacherScore } from "./scores.ts";
import { both, extremes, UNKNOWN } from "./verdicts.ts";

/** Correlation from which on students are said to follow. */
const FOLLOWS = 0.7;
const METHODS = ["aft", "kd", AUTO];

/** More teachers, linear probes, and the energy of rho. */
export function severalTeachers({ tables: { sets: kept } }: Evidence): Verdict {
  return kept ? both([gains(kept), followsProbes(kept), prefersUseful(kept)]) : UNKNOWN;
}

/** All teachers beside the best one alone. */
function gains(kept: Kept): Verdict {
  const own = kept.rows.filter(({ method }) => method === "aft");
  const most = Math.max(0, ...own.map(({ teachers }) => teachers.length));
  const all = own.find(({ teachers }) => teachers.length === most);
  const alone = own.filter(({ teachers }) => teachers.length === 1)
    .toSorted((a, b) => b.accuracyMean! - a.accuracyMean!);
  const fact = most > 1 ? between(all, alone[0]) : undefined;
  if (!fact) return UNKNOWN;
  return {
    holds: decided([fact], fact.mean > 0),
    text: `aft with all ${most} teachers, beside the best one alone ` +
      `(${teacherText(alone[0].teachers)}): ${said(fact, unitOf(kept))}.`,
  };
}

function followsProbes(kept: Kept): Verdict {
  const found = METHODS.flatMap((method) => {
    const rows = kept.rows.filter((row) => row.method === method && row.probe !== null);
    const value = correlation(rows.map((row) => row.probe!), rows.map((r) => r.accuracyMean!));
    return value === null ? [] : [{ method, value, sets: rows.length }];
  });
  const aft = found.find(({ method }) => method === "aft");
  if (!aft) return UNKNOWN;
  const values = found.map(({ method, value }) => `${value.toFixed(2)} for \`${method}\``);
  return {
    holds: aft.value >= FOLLOWS,
    text: `Correlation of accuracy with the teachers' linear probes over ${aft.sets} sets ` +
      `(the paper: 0.97 for AFT): ${listed(values)}.`,
  };
}

/** Energy of rho per share of the columns, of the most and the least useful teacher. */
function prefersUseful(kept: Kept): Verdict {
  const ends = extremes(kept);
  const most = Math.max(0, ...kept.rows.map(({ teachers }) => teachers.length));
  const row = kept.rows.find(({ method, teachers }) =>
    method === "aft" && teachers.length === most
  );
  if (!ends || !row?.energy) return UNKNOWN;
  const ratio = (name: string) => {
    const share = row.energy!.find((teacher) => teacher.name === name);
    return share ? share.share / share.columnShare : undefined;
  };
  const [useful, useless] = [ratio(ends.most), ratio(ends.least)];
  if (useful === undefined || useless === undefined) return UNKNOWN;
  return {
    holds: useful > useless,
    text: `Share of rho's energy over share of the columns: ${useful.toFixed(2)} for ` +
      `${shortTeacher(ends.most)}, whose probe is best, ${useless.toFixed(2)} for ` +
      `${shortTeacher(ends.least)}, whose probe is worst.`,
  };
}

/** A score with its rank correlations. */
export interface ScoreRank {
  /** The score. */
  readonly score: typeof SCORES[number];
  /** Rank correlation with the accuracy of a method's students; null where there is none. */
  readonly byMethod: Readonly<Record<string, number | null>>;
  /** Sets of teachers. */
  readonly sets: number;
}

/**
 * How well each score orders sets of teachers.
 *
 * @param kept Table of the students.
 * @param scores Scores of the sets.
 * @returns Spearman's correlation for each score and method.
 */
export function scoreRanks(kept: Kept, scores: readonly TeacherScore[]): ScoreRank[] {
  const key = (teachers: readonly string[]) => teachers.toSorted().join();
  const pairsOf = (method: string, score: typeof SCORES[number]) =>
    scores.flatMap(({ teachers, scores }) => {
      const isOwn = (row: KeptRow) => row.method === method && key(row.teachers) === key(teachers);
      const row = kept.rows.find(isOwn);
      const value = scores[score];
      return row && value !== undefined ? [[value, row.accuracyMean!] as const] : [];
    });
  return SCORES.map((score) => {
    const byMethod = METHODS.map((method) => {
      const pairs = pairsOf(method, score);
      return [method, spearman(pairs.map(([x]) => x), pairs.map(([, y]) => y))] as const;
    });
    return {
      score,
      byMethod: Object.fromEntries(byMethod),
      sets: pairsOf("aft", score).length,
    };
  });
}

/** Whether the linear probe orders sets of teachers as aft's students do. */
export function ranking({ tables: { sets: kept }, scores }: Evidence): Verdict {
  if (!kept || !scores || !rowOf(kept, "aft")) return UNKNOWN;
  const ranks = scoreRanks(kept, scores);
  const probe = ranks.find(({ score }) => score === "probe")!;
  const { aft } = probe.byMethod;
  if (aft === null) return UNKNOWN;
  const parts = METHODS.flatMap((method) => {
    const values = ranks.flatMap(({ score, byMethod }) => {
      const value = byMethod[method];
      return value === null ? [] : [`${score} ${value.toFixed(2)}`];
    });
    return values.length > 0 ? [`with \`${method}\`: ${listed(values)}`] : [];
  });
  return {
    holds: aft >= FOLLOWS,
    text: `Rank correlation over ${probe.sets} sets, ${parts.join("; ")}.`,
  };
}
