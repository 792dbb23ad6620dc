/**
 * Charts of a comparison's page: errors, differences, accuracy against sizes and noise.
 *
 * @module
 */

import { type Bar, barChart, lineChart, type LineSeries } from "../report/chart.ts";
import { COLORS } from "../report/frame.ts";
import { formatCount, formatNumber, html, type Markup } from "../report/html.ts";
import type { ComparisonPage } from "./report.ts";
import { measureOf } from "./report_words.ts";
import type { CompareRow } from "./types.ts";

/** Rows that share what a chart does not show, with words for it where there are several. */
interface Part {
  readonly rows: readonly CompareRow[];
  readonly suffix: string;
}

/** Splits rows by a text. */
function partsBy(rows: readonly CompareRow[], text: (row: CompareRow) => string): Part[] {
  const texts = [...new Set(rows.map(text))];
  return texts.map((one) => ({
    rows: rows.filter((row) => text(row) === one),
    suffix: texts.length > 1 && one !== "" ? `, ${one}` : "",
  }));
}

const teacherText = ({ teachers }: CompareRow) => teachers.join(" + ");
const noiseText = ({ noise }: CompareRow) => formatCount(noise, "noise column");
const sizeText = ({ trainSize }: CompareRow) => formatCount(trainSize, "training row");
/** Joins words for what differs; what is the same in all rows is left out. */
function joined(rows: readonly CompareRow[], ...texts: ((row: CompareRow) => string)[]) {
  const several = texts.filter((text) => new Set(rows.map(text)).size > 1);
  return (row: CompareRow) => several.map((text) => text(row)).join(", ");
}

/**
 * Bars of the normalised error and of the difference from the baseline.
 *
 * @param page The comparison.
 * @returns Charts; nothing without a baseline.
 */
export function errorCharts({ comparison, rows }: ComparisonPage): Markup | undefined {
  const { baseline, task } = comparison;
  if (baseline === undefined) return undefined;
  const { plainDifference, unit, name } = measureOf(task);
  const charts = partsBy(rows, joined(rows, teacherText, noiseText)).map(({ rows, suffix }) => [
    methodBars(rows, {
      title: `Normalised error${suffix}`,
      note:
        `Error of a method over that of ${baseline}: below 1 is better. Lines are 95 % intervals ` +
        `of the difference, at ${baseline}'s mean error.`,
      axis: { name: `error / error of ${baseline}`, zero: true },
      bar: (row) => errorBar(row, row.method === baseline),
      format: (value) => value.toFixed(3),
    }),
    methodBars(rows.filter(({ method }) => method !== baseline), {
      title: `Difference from ${baseline}${suffix}`,
      note:
        `Mean over seeds of ${name} minus that of ${baseline} with the same seed, with its 95 % ` +
        "interval: right of 0 is better.",
      axis: { name: `difference in ${name}${unit && `, ${unit}`}`, format: tickOf(task) },
      bar: ({ diffMean, diffLow, diffHigh }) =>
        diffMean === null ? undefined : {
          value: diffMean,
          ...diffLow !== null && { interval: [diffLow, diffHigh!] as const },
        },
      format: plainDifference,
    }),
  ]);
  return html`<div class="charts">${charts.flat()}</div>`;
}

function tickOf(task: "classification" | "regression"): (tick: number) => string {
  return task === "classification"
    ? (tick) => formatNumber(100 * tick).replace("-", "−")
    : (tick) => formatNumber(tick).replace("-", "−");
}

/** The bar of a normalised error; what the interval of the difference means for it. */
function errorBar(row: CompareRow, isBase: boolean): Bar | undefined {
  const { normalisedError, accuracyMean, diffMean, diffLow, diffHigh } = row;
  if (normalisedError === null) return undefined;
  if (isBase) return { value: normalisedError, color: 0 };
  if (diffLow === null) return { value: normalisedError };
  const base = 1 - (accuracyMean! - diffMean!); // the baseline's mean error with the same seeds
  const at = (difference: number) => Math.max(0, (base - difference) / base);
  return { value: normalisedError, interval: [at(diffHigh!), at(diffLow)] };
}

/** Bars by method, one for each training size. */
function methodBars(
  rows: readonly CompareRow[],
  options: {
    title: string;
    note: string;
    axis: Parameters<typeof barChart>[0]["value"];
    bar: (row: CompareRow) => Bar | undefined;
    format: (value: number) => string;
  },
): Markup {
  const sizes = [...new Set(rows.map(({ trainSize }) => trainSize))];
  const methods = [...new Set(rows.map(({ method }) => method))];
  const { title, note, axis, bar, format } = options;
  const barOf = (method: string, size: number) => {
    const row = rows.find((row) => row.method === method && row.trainSize === size);
    return row && bar(row);
  };
  return barChart({
    ...{ title, note, format, value: axis },
    groups: methods.map((method) => ({
      label: method,
      bars: sizes.map((size) => barOf(method, size)),
    })),
    ...sizes.length > 1 && {
      series: sizes.map((size) => ({ name: formatCount(size, "training row") })),
    },
  });
}

/**
 * Accuracy against noise columns and against training rows, where there are several of them.
 *
 * @param page The comparison.
 * @returns A section, or nothing.
 */
export function trendCharts(page: ComparisonPage): Markup | undefined {
  const { rows } = page;
  const several = (value: (row: CompareRow) => number) => new Set(rows.map(value)).size > 1;
  const noise = several(({ noise }) => noise)
    ? partsBy(rows, joined(rows, teacherText, sizeText)).map((part) =>
      trend(page, part, {
        title: "Noise columns",
        x: { name: "noise columns", zero: true },
        at: ({ noise }) => noise,
      })
    )
    : [];
  const sizes = several(({ trainSize }) => trainSize)
    ? partsBy(rows, joined(rows, teacherText, noiseText)).map((part) =>
      trend(page, part, {
        title: "Training rows",
        x: { name: "training rows", scale: "log" },
        at: ({ trainSize }) => trainSize,
      })
    )
    : [];
  if (noise.length + sizes.length === 0) return undefined;
  const { name } = measureOf(page.comparison.task);
  const words = [...noise.length > 0 ? ["noise"] : [], ...sizes.length > 0 ? ["labels"] : []];
  return html`
    <section aria-labelledby="trends">
      <h2 id="trends">More ${words.join(", more ")}</h2>
      <p class="lead">Mean test ${name} over seeds; shades are one standard deviation to both sides.
        Point at a chart to read its values.</p>
      <div class="charts">${noise}${sizes}</div>
    </section>
  `;
}

function trend(
  { comparison: { task, baseline } }: ComparisonPage,
  { rows, suffix }: Part,
  options: {
    title: string;
    x: Parameters<typeof lineChart>[0]["x"];
    at: (row: CompareRow) => number;
  },
): Markup {
  const { name, format, tick } = measureOf(task);
  const all = [...new Set(rows.map(({ method }) => method))];
  const methods = all.length > COLORS ? leading(rows, all, baseline) : all;
  const note = methods.length < all.length
    ? `The ${methods.length} of ${all.length} methods with the smallest errors.`
    : undefined;
  const series = methods.map((method): LineSeries => {
    const own = rows.filter((row) => row.method === method && row.accuracyMean !== null)
      .toSorted((a, b) => options.at(a) - options.at(b));
    const isBase = method === baseline;
    return {
      name: method,
      color: isBase ? 0 : all.indexOf(method) % COLORS + 1,
      look: "dots",
      points: own.map((row) => ({ x: options.at(row), y: row.accuracyMean! })),
      band: own.filter(({ accuracySd }) => accuracySd !== null).map((row) => ({
        x: options.at(row),
        low: row.accuracyMean! - row.accuracySd!,
        high: row.accuracyMean! + row.accuracySd!,
      })),
    };
  });
  return lineChart({
    title: `${options.title}${suffix}`,
    ...note && { note },
    series,
    x: options.x,
    y: { name: `test ${name}`, format: tick },
    format,
  });
}

/** The baseline and the methods with the smallest mean error, as many as there are colours. */
function leading(
  rows: readonly CompareRow[],
  methods: readonly string[],
  baseline: string | undefined,
): string[] {
  const mean = (method: string) => {
    const own = rows.filter((row) => row.method === method && row.accuracyMean !== null);
    return own.reduce((sum, row) => sum + row.accuracyMean!, 0) / Math.max(1, own.length);
  };
  const best = methods.filter((method) => method !== baseline)
    .toSorted((a, b) => mean(b) - mean(a)).slice(0, COLORS - 1);
  return methods.filter((method) => method === baseline || best.includes(method));
}
