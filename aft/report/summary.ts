/**
 * The top of the page: one sentence that says how good the student became, and the key numbers.
 *
 * @module
 */

import type { ReportData, ReportResult } from "./data.ts";
import {
  formatCount,
  formatNumber,
  formatPercent,
  formatSeconds,
  html,
  type Markup,
} from "./html.ts";

/** Names for the headline; a method without an entry is called by its flag. */
const METHODS: Record<string, string> = {
  stl: "without a teacher (stl)",
  aft: "with AFT",
  kd: "with knowledge distillation (kd)",
};

/** A sentence in two parts: the message, and what to compare it with. */
export interface Headline {
  /** What was trained and how good it became. */
  readonly message: string;
  /** The end of the sentence, or its full stop. */
  readonly comparison: string;
}

/**
 * Says in one plain sentence what was trained and how good it became.
 *
 * @param data The report's data.
 * @returns The sentence.
 */
export function headline(data: ReportData): Headline {
  const how = trainedHow(data);
  const who = how === "" ? "The student" : `The student trained ${how}`;
  const { final } = data;
  if (final === undefined) {
    const message = data.interrupted
      ? `${who} was stopped ${stoppedAt(data)}, before it was evaluated on the test split`
      : `${who} has not been evaluated on the test split`;
    return { message, comparison: "." };
  }
  const start = data.interrupted ? `${who}, stopped ${stoppedAt(data)},` : who;
  return data.task === "classification"
    ? classificationResult(start, final, data)
    : regressionResult(start, final);
}

function trainedHow({ config, scales }: ReportData): string {
  const method = String(config.method ?? "");
  const how = METHODS[method] ?? (method ? `with ${method}` : "");
  const teachers = (scales?.teachers ?? []).map((teacher) => teacher.name);
  if (teachers.length === 0 || teachers.length > 3) {
    return teachers.length > 3 ? `${how} from ${teachers.length} teachers` : how;
  }
  const last = teachers[teachers.length - 1];
  const names = teachers.length === 1 ? last : `${teachers.slice(0, -1).join(", ")} and ${last}`;
  return `${how} from ${names}`;
}

function stoppedAt(data: ReportData): string {
  const step = lastStep(data);
  const steps = Number(data.config.steps);
  return `at step ${formatNumber(step)}${steps > step ? ` of ${formatNumber(steps)}` : ""}`;
}

function classificationResult(who: string, final: ReportResult, data: ReportData): Headline {
  const rows = testRows(data);
  const majority = majorityShare(data);
  const of = rows === undefined ? "the test rows" : formatCount(rows, "test row");
  const message = `${who} answers ${formatPercent(final.accuracy)} of ${of} correctly`;
  const loss = `with a task loss of ${formatNumber(final.loss)}`;
  if (majority === undefined || final.accuracy === undefined) {
    return { message, comparison: `, ${loss}.` };
  }
  const but = final.accuracy > majority ? "; always" : ", no better than guessing: always";
  const level = `naming the most frequent class would reach ${formatPercent(majority)}`;
  return { message, comparison: `, ${loss}${but} ${level}.` };
}

function regressionResult(who: string, final: ReportResult): Headline {
  const message = final.mae === undefined
    ? `${who} predicts the test values with a squared error of ${formatNumber(final.loss)}`
    : `${who} predicts the test values with a mean absolute error of ${formatNumber(final.mae)}`;
  const loss = `with a task loss of ${formatNumber(final.loss)}`;
  if (final.r2 === undefined) return { message, comparison: `, ${loss}.` };
  const mean = final.r2 > 0
    ? "; always predicting their mean would have R² 0."
    : "; that is no better than always predicting their mean, which has R² 0.";
  return { message, comparison: `, ${loss} and R² ${formatNumber(final.r2)}${mean}` };
}

/** One key number. */
interface Tile {
  readonly label: string;
  readonly value: string;
  readonly detail?: string;
}

/**
 * Shows the numbers that a reader looks for first.
 *
 * @param data The report's data.
 * @returns A description list.
 */
export function keyNumbers(data: ReportData): Markup {
  const results = data.task === "classification" ? accuracyTiles(data) : errorTiles(data);
  const tiles = [...results, ...validationTile(data), ...runTiles(data)];
  return html`<dl class="tiles">${
    tiles.map(({ label, value, detail }) =>
      html`
        <div>
          <dt>${label}</dt>
          <dd>${value}${detail && html`<small>${detail}</small>`}</dd>
        </div>
      `
    )
  }</dl>`;
}

function accuracyTiles(data: ReportData): Tile[] {
  if (data.final === undefined) return [];
  const majority = majorityShare(data);
  const rows = testRows(data);
  const baseline = majority === undefined ? [] : [{
    label: "Majority class",
    value: formatPercent(majority),
    detail: "always naming it",
  }];
  return [
    {
      label: "Test accuracy",
      value: formatPercent(data.final.accuracy),
      detail: rows === undefined ? undefined : `of ${formatCount(rows, "row")}`,
    },
    ...baseline,
    { label: "Test loss", value: formatNumber(data.final.loss), detail: "cross-entropy, nats" },
  ];
}

function errorTiles({ final }: ReportData): Tile[] {
  if (final === undefined) return [];
  return [
    { label: "Test R²", value: formatNumber(final.r2), detail: "the mean alone has 0" },
    { label: "Mean absolute error", value: formatNumber(final.mae), detail: "units of the label" },
    { label: "Test loss", value: formatNumber(final.loss), detail: "squared error" },
  ];
}

function validationTile({ evaluations, task }: ReportData): Tile[] {
  const val = evaluations.filter((evaluation) => evaluation.split === "val");
  if (val.length === 0) return [];
  const score = (i: number) => (task === "classification" ? val[i].accuracy : val[i].r2) ?? NaN;
  const best = val.reduce((a, _, i) => score(i) > score(a) ? i : a, 0);
  return [{
    label: "Best on validation",
    value: task === "classification" ? formatPercent(score(best)) : formatNumber(score(best)),
    detail: `at step ${formatNumber(val[best].step)}`,
  }];
}

function runTiles(data: ReportData): Tile[] {
  const seconds = Number(data.environment.seconds ?? NaN);
  const steps = Number(data.config.steps ?? NaN);
  const step = lastStep(data);
  const short = data.interrupted && steps > step;
  return [{
    label: "Steps",
    value: formatNumber(step),
    detail: short
      ? `of ${formatNumber(steps)}`
      : Number.isFinite(seconds)
      ? `in ${formatSeconds(seconds)}`
      : undefined,
  }];
}

/**
 * Share of the most frequent class in the test split, the accuracy to beat.
 *
 * @param data The report's data.
 * @returns A share from 0 to 1; undefined where it cannot be told.
 */
export function majorityShare({ final, confusion }: ReportData): number | undefined {
  if (final?.majority !== undefined) return final.majority;
  const rows = (confusion ?? []).map((row) => row.reduce((a, b) => a + b, 0));
  const total = rows.reduce((a, b) => a + b, 0);
  return total > 0 ? Math.max(...rows) / total : undefined;
}

function testRows({ final, confusion }: ReportData): number | undefined {
  return final?.rows ?? confusion?.reduce((total, row) => row.reduce((a, b) => a + b, total), 0);
}

function lastStep({ metrics, evaluations }: ReportData): number {
  return Math.max(0, ...[...metrics.slice(-1), ...evaluations.slice(-1)].map((line) => line.step));
}
