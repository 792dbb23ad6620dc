/**
 * The section of curves: losses, gap, accuracy or error, learning rate against the step.
 *
 * @module
 */

import { lineChart, type LineSeries, type Point } from "./chart.ts";
import type { ReportData, ReportEvaluation, ReportMetric } from "./data.ts";
import { formatNumber, formatPercent, html, type Markup } from "./html.ts";
import { dataTable } from "./table.ts";
import { majorityShare } from "./summary.ts";

/** Above this many log lines the single ones are drawn faintly behind a running mean. */
const NOISY = 80;

const STEP = { name: "step", zero: true };

/**
 * Draws the run's curves.
 *
 * @param data The report's data.
 * @returns A section; nothing where no line was logged and no split evaluated.
 */
export function curvesSection(data: ReportData): Markup | undefined {
  if (data.metrics.length + data.evaluations.length === 0) return undefined;
  const scores = data.task === "classification" ? [accuracyChart(data)] : errorCharts(data);
  return html`
    <section aria-labelledby="curves"><h2 id="curves">Training</h2>
    <p class="lead">Training values are means over the batches since the log line before; validation and
    test values are whole splits. Point at a chart to read its values.</p>
    <div class="charts">${lossChart(data)}${gapChart(data)}${scores}${rateChart(data)}</div>
    ${numbers(data)}</section>
  `;
}

function lossChart(data: ReportData): Markup {
  return lineChart({
    title: "Task loss",
    note: "Lower is better. A test curve that rises while training falls shows overfitting.",
    series: [
      ...training(data.metrics, (line) => line.taskLoss),
      ...evaluated(data.evaluations, (line) => line.loss),
    ],
    x: STEP,
    y: { name: lossUnit(data), zero: true },
  });
}

function lossUnit({ task }: ReportData): string {
  return task === "classification" ? "cross-entropy, nats" : "squared error";
}

function gapChart(data: ReportData): Markup | undefined {
  const lines = data.metrics.filter((line) => line.regulariser !== undefined);
  if (lines.length === 0) return undefined;
  const aft = data.config.method === "aft";
  const beta = data.config.beta === undefined
    ? ""
    : `\u00a0=\u00a0${formatNumber(Number(data.config.beta))}`;
  return lineChart({
    title: aft ? "Gap" : "Regulariser",
    note: aft
      ? `Distance of the student's similarities from the teachers', before beta${beta}.`
      : `Distance of the student from the teachers, before beta${beta}.`,
    series: training(lines, (line) => line.regulariser ?? NaN),
    x: STEP,
    y: { name: aft ? "root of mean square" : "value", zero: true },
  });
}

function accuracyChart(data: ReportData): Markup | undefined {
  const lines = data.metrics.filter((line) => line.accuracy !== undefined);
  const tested = data.evaluations.filter((line) => line.accuracy !== undefined);
  if (lines.length + tested.length === 0) return undefined;
  const majority = majorityShare(data);
  return lineChart({
    title: "Accuracy",
    note: "Higher is better. The dashed level is what naming one class always would reach.",
    series: [
      ...training(lines, (line) => line.accuracy ?? NaN),
      ...evaluated(tested, (line) => line.accuracy ?? NaN),
    ],
    x: STEP,
    y: { name: "rows answered correctly", zero: true, format: (tick) => formatPercent(tick, 0) },
    format: (value) => formatPercent(value),
    references: majority === undefined ? [] : [{ value: majority, name: "majority class" }],
  });
}

function errorCharts({ evaluations }: ReportData): (Markup | undefined)[] {
  const r2 = evaluations.filter((line) => line.r2 !== undefined);
  const mae = evaluations.filter((line) => line.mae !== undefined);
  return [
    r2.length > 0
      ? lineChart({
        title: "R²",
        note: "Higher is better: 1 is perfect, 0 is what the mean of the labels has.",
        series: evaluated(r2, (line) => line.r2 ?? NaN),
        x: STEP,
        y: { name: "share of variance explained" },
      })
      : undefined,
    mae.length > 0
      ? lineChart({
        title: "Mean absolute error",
        note: "Lower is better.",
        series: evaluated(mae, (line) => line.mae ?? NaN),
        x: STEP,
        y: { name: "units of the label", zero: true },
      })
      : undefined,
  ];
}

function rateChart({ metrics }: ReportData): Markup | undefined {
  const lines = metrics.filter((line) => line.learningRate !== undefined);
  if (new Set(lines.map((line) => line.learningRate)).size < 2) return undefined;
  const points = lines.map((line) => ({ x: line.step, y: line.learningRate ?? NaN }));
  return lineChart({
    title: "Learning rate",
    note: "The student's; other groups follow the same schedule.",
    series: [{ name: "student", points, color: 4 }],
    x: STEP,
    y: { name: "step size", zero: true },
  });
}

function training(
  lines: readonly ReportMetric[],
  value: (line: ReportMetric) => number,
): LineSeries[] {
  const points = lines.map((line) => ({ x: line.step, y: value(line) }));
  if (points.length === 0) return [];
  if (points.length <= NOISY) return [{ name: "train", points, color: 1 }];
  return [
    { name: "train, single log lines", points, color: 1, look: "faint" },
    { name: "train, running mean", points: runningMean(points), color: 1 },
  ];
}

/** Mean over a twentieth of the run around every point; gaps stay gaps. */
function runningMean(points: readonly Point[]): Point[] {
  const reach = Math.ceil(points.length / 40);
  return points.map(({ x, y }, i) => {
    const near = points.slice(Math.max(0, i - reach), i + reach + 1)
      .filter((point) => Number.isFinite(point.y));
    const mean = near.reduce((a, point) => a + point.y, 0) / near.length;
    return { x, y: Number.isFinite(y) ? mean : NaN };
  });
}

function evaluated(
  lines: readonly ReportEvaluation[],
  value: (line: ReportEvaluation) => number,
): LineSeries[] {
  const splits = [["val", "validation", 3], ["test", "test", 2]] as const;
  return splits.map(([split, name, color]) => ({
    name,
    color,
    look: "dots" as const,
    points: lines.filter((line) => line.split === split)
      .map((line) => ({ x: line.step, y: value(line) })),
  })).filter((series) => series.points.length > 0);
}

/** The same values as tables, for reading aloud and copying. */
function numbers({ metrics, evaluations, task }: ReportData): Markup {
  const every = Math.ceil(metrics.length / 100);
  const shown = metrics.filter((_, i) => (metrics.length - 1 - i) % every === 0);
  const classes = task === "classification";
  const evaluationTable = evaluations.length > 0 && dataTable({
    id: "evaluations",
    caption: "Evaluations",
    heads: ["step", "split", "loss", ...(classes ? ["accuracy"] : ["R²", "mean abs. error"])],
    words: 2,
    rows: evaluations.map((line) => [
      formatNumber(line.step),
      line.split,
      formatNumber(line.loss, 4),
      ...(classes
        ? [formatPercent(line.accuracy)]
        : [formatNumber(line.r2, 4), formatNumber(line.mae, 4)]),
    ]),
  });
  const logTable = shown.length > 0 && dataTable({
    id: "metrics",
    caption: every > 1 ? `Training log, every ${every} lines` : "Training log",
    heads: ["step", "task loss", "regulariser", ...(classes ? ["accuracy"] : [])],
    rows: shown.map((line) => [
      formatNumber(line.step),
      formatNumber(line.taskLoss, 4),
      formatNumber(line.regulariser, 4),
      ...(classes ? [formatPercent(line.accuracy)] : []),
    ]),
  });
  return html`
    <details>
      <summary>The same values as tables</summary>
      <div class="columns">${evaluationTable}${logTable}</div>
    </details>
  `;
}
