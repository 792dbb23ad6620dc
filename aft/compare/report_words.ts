/**
 * Words and numbers of a comparison's page.
 *
 * @module
 */

import type { TaskKind } from "../data/types.ts";
import { formatCount, formatNumber, formatPercent, NONE } from "../report/html.ts";
import type { CompareRow, Setting } from "./types.ts";

/** How the measure of a task is called and written. */
export interface Measure {
  /** Its name. */
  readonly name: string;
  /** What the error is. */
  readonly error: string;
  /** A value. */
  readonly format: (value: number | null) => string;
  /** A value on an axis. */
  readonly tick: (value: number) => string;
  /** Unit of differences, where there is one. */
  readonly unit: string;
  /** A difference of two values, without its unit. */
  readonly plainDifference: (value: number) => string;
  /** A difference of two values. */
  readonly difference: (value: number | null) => string;
  /** The ends of a difference's interval, without their unit. */
  readonly interval: (ends: Pick<CompareRow, "diffLow" | "diffHigh">) => string;
  /** A validation error. */
  readonly validation: (error: number) => string;
}

const ACCURACY: Measure = {
  name: "accuracy",
  error: "the share of wrong answers",
  format: formatPercent,
  tick: (value) =>
    formatPercent(value, Math.abs(100 * value - Math.round(100 * value)) < 1e-6 ? 0 : 1),
  unit: "points",
  plainDifference: (value) => signed(100 * value, 1),
  difference: (value) => value === null ? NONE : `${signed(100 * value, 1)} points`,
  interval: intervalOf((end) => signed(100 * end, 1)),
  validation: (error) => formatPercent(error),
};

const R2: Measure = {
  name: "R²",
  error: "the squared error (1 − R²)",
  format: (value) => value?.toFixed(3) ?? NONE,
  tick: (value) => formatNumber(value),
  unit: "",
  plainDifference: (value) => signed(value, 3),
  difference: (value) => value === null ? NONE : signed(value, 3),
  interval: intervalOf((end) => signed(end, 3)),
  validation: (error) => formatNumber(error, 4),
};

/** The measure of a task. */
export function measureOf(task: TaskKind): Measure {
  return task === "classification" ? ACCURACY : R2;
}

function intervalOf(text: (end: number) => string): Measure["interval"] {
  return ({ diffLow, diffHigh }) =>
    diffLow === null ? NONE : `${text(diffLow)} to ${text(diffHigh!)}`;
}

function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** A part of the settings that is not the same in all rows. */
export interface VaryingPart {
  /** Column head. */
  readonly head: string;
  /** Its value in a row. */
  readonly cell: (row: CompareRow) => string;
}

/** Parts of the settings that differ among rows. */
export function varying(rows: readonly CompareRow[]): VaryingPart[] {
  const parts: VaryingPart[] = [
    { head: "training rows", cell: ({ trainSize }) => formatNumber(trainSize) },
    { head: "noise columns", cell: ({ noise }) => formatNumber(noise) },
    { head: "teachers", cell: ({ teachers }) => teachers.join(" + ") },
  ];
  return parts.filter(({ cell }) => new Set(rows.map(cell)).size > 1);
}

/** A setting in words. */
export function settingText({ trainSize, noise, teachers }: Setting): string {
  return [
    formatCount(trainSize, "training row"),
    ...noise > 0 ? [`${formatNumber(noise)} noise columns`] : [],
    ...teachers.length > 0 ? [teachers.join(" + ")] : [],
  ].join(", ");
}

/** Names in a sentence: `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
