/**
 * The section on the learned scales: which teacher, and how many of its columns, the student is
 * asked to resemble.
 *
 * @module
 */

import { RHO_BINS, type ScaleReport, type ScaleSummary } from "../rho.ts";
import { barChart, histogram, lineChart, type LineSeries } from "./chart.ts";
import { COLORS } from "./frame.ts";
import type { ReportEvaluation } from "./data.ts";
import { dataTable } from "./table.ts";
import { formatCount, formatNumber, formatPercent, html, type Markup } from "./html.ts";

/** Histograms for more teachers than this would only be skimmed. */
const MOST_HISTOGRAMS = 12;

/**
 * Draws what the scales say.
 *
 * @param scales From `explainScales`; nothing is drawn where there are none.
 * @param evaluations Evaluations with what the scales said then, for curves over steps.
 * @returns A section.
 */
export function scalesSection(
  scales: ScaleReport | undefined,
  evaluations: readonly ReportEvaluation[] = [],
): Markup | undefined {
  if (scales === undefined || scales.teachers.length === 0) return undefined;
  return html`
    <section aria-labelledby="scales">
      <h2 id="scales">What the student takes from its teachers</h2>
      <p class="lead">Every teacher column i has a learned scale rho<sub>i</sub> between 0 and 1. It
        enters the comparison with the weight rho<sub>i</sub>² Var(psi<sub>i</sub>), its energy.
        Multiplying every rho by the same number changes nothing, so only shares and ratios carry
        meaning.</p>
      ${charts(scales)}
      ${curves(scales, evaluations)}
      ${table(scales)}
      <p class="note">Columns for 90 %: the fewest that hold nine tenths of the teacher's energy.
        Participation ratio 1/Σp² and effective dimension exp(−Σp log p) count columns that take
        part, with p the shares in the teacher's energy. Hoyer index: 0 where every rho is equal, 1
        where one column is left.</p>
    </section>
  `;
}

/** One teacher's histogram stands beside the bars, several below them in a row. */
function charts(scales: ScaleReport): Markup {
  if (scales.teachers.length === 1) {
    return html`<div class="charts">${energyChart(scales)}${histograms(scales)}</div>`;
  }
  return html`
    <div class="wide">${energyChart(scales)}</div>
    <div class="charts multiples">${histograms(scales)}</div>
  `;
}

function energyChart({ teachers, overall }: ScaleReport): Markup {
  return barChart({
    title: "Energy by teacher",
    note: "Share of each teacher in the weights of all columns, beside its share of the columns.",
    series: [{ name: "share of energy", color: 1 }, { name: "share of columns", color: 0 }],
    groups: teachers.map((teacher) => ({
      label: teacher.name,
      bars: [
        { value: teacher.energyShare },
        { value: teacher.columns / Math.max(1, overall.columns) },
      ],
    })),
    value: { name: "share", range: [0, 1], format: (tick) => formatPercent(tick, 0) },
    format: (value) => formatPercent(value),
  });
}

function histograms({ teachers }: ScaleReport): Markup[] {
  const shares = (summary: ScaleSummary) =>
    summary.histogram.map((count) => count / Math.max(1, summary.columns));
  const filled = teachers.filter((teacher) => teacher.columns > 0);
  const kept = new Set(
    filled.toSorted((a, b) => b.energyShare - a.energyShare).slice(0, MOST_HISTOGRAMS),
  );
  const shown = filled.filter((teacher) => kept.has(teacher));
  // One scale for all, so that the histograms can be compared by eye.
  const highest = Math.max(...shown.flatMap(shares));
  const end = [0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1].find((end) => end >= highest) ?? 1;
  return shown.map((teacher) =>
    histogram({
      title: `rho of ${teacher.name}`,
      bins: shares(teacher),
      x: { name: `rho, ${RHO_BINS} bins`, range: [0, 1] },
      y: {
        name: `share of ${formatCount(teacher.columns, "column")}`,
        range: [0, end],
        format: (tick) => formatPercent(tick, end === 0.1 ? 1 : 0),
      },
      format: (value) => `${formatPercent(value)} of the columns`,
    })
  );
}

/** Scale-free numbers over the steps, where they were written down more than once. */
function curves(
  scales: ScaleReport,
  evaluations: readonly ReportEvaluation[],
): Markup | undefined {
  const steps = new Map(
    evaluations.flatMap(({ step, scales }) => scales ? [[step, scales] as const] : []),
  );
  if (steps.size < 2) return undefined;
  const series = seriesOver(steps, scales);
  const x = { name: "step", zero: true };
  const energy = scales.teachers.length > 1 && lineChart({
    title: "Energy by teacher over steps",
    note: "Share of each teacher in the weights of all columns.",
    series: series((teacher) => teacher.energyShare),
    x,
    y: { name: "share of energy", range: [0, 1], format: (tick) => formatPercent(tick, 0) },
    format: (value) => formatPercent(value),
  });
  const dimension = lineChart({
    title: "Effective dimension over steps",
    note: "Columns of each teacher that take part, exp(−Σp log p), in shares of its columns.",
    series: series((teacher) => teacher.effectiveDimension / Math.max(1, teacher.columns)),
    x,
    y: { name: "share of columns", zero: true, format: (tick) => formatPercent(tick, 0) },
    format: (value) => formatPercent(value),
  });
  return html`<div class="charts over-steps">${energy}${dimension}</div>`;
}

/** One curve for each teacher, those with most energy where there are more than colours. */
function seriesOver(steps: ReadonlyMap<number, ScaleReport>, { teachers }: ScaleReport) {
  const kept = new Set(
    teachers.toSorted((a, b) => b.energyShare - a.energyShare).slice(0, COLORS),
  );
  return (value: (teacher: ScaleSummary) => number): LineSeries[] =>
    teachers.flatMap((teacher, i) =>
      kept.has(teacher)
        ? [{
          name: teacher.name,
          look: "dots" as const,
          points: [...steps].map(([step, scales]) => ({ x: step, y: value(scales.teachers[i]) })),
        }]
        : []
    );
}

function table({ teachers, overall }: ScaleReport): Markup {
  return dataTable({
    id: "scale-table",
    caption: "Scale-free numbers",
    heads: [
      "teacher",
      "columns",
      "share of energy",
      "columns for 90\u00a0%",
      "participation ratio",
      "effective dimension",
      "Hoyer index",
      "rho: least · median · most",
    ],
    rows: teachers.map((teacher) => row(teacher.name, teacher)),
    foot: teachers.length > 1 ? row("all together", overall) : undefined,
  });
}

function row(name: string, summary: ScaleSummary): string[] {
  const { min, median, max } = summary.rho;
  return [
    name,
    formatNumber(summary.columns),
    formatPercent(summary.energyShare),
    formatNumber(summary.columnsFor90),
    formatNumber(summary.participationRatio),
    formatNumber(summary.effectiveDimension),
    summary.hoyer.toFixed(3),
    [min, median, max].map((value) => value.toFixed(3)).join(" · "),
  ];
}
