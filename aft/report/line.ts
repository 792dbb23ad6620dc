/**
 * Line charts: curves over steps, means with bands over sizes.
 *
 * @module
 */

import { type Axis, axisFor, type AxisOptions } from "./axis.ts";
import {
  type ChartText,
  colorClass,
  drawAxes,
  emptyFigure,
  type Figure,
  figure,
  LARGE_TEXT,
  type LegendEntry,
  type Plot,
  plotArea,
  toX,
  toY,
  WIDTH,
} from "./frame.ts";
import { attributes, formatNumber, html, type Markup, pathData } from "./html.ts";

/** One point of a curve. */
export interface Point {
  /** Horizontal value. */
  readonly x: number;
  /** Vertical value; one that is not finite interrupts the curve. */
  readonly y: number;
}

/** One curve. */
export interface LineSeries {
  /** Name in the legend and the read-out. */
  readonly name: string;
  /** Points, x rising. */
  readonly points: readonly Point[];
  /** Colour from 1, by default the place in the list; 0 is muted. */
  readonly color?: number;
  /** `dots` marks every point (few, measured points); `faint` stays behind and out of the legend. */
  readonly look?: "line" | "dashed" | "dots" | "faint";
  /** Shaded range around the curve, such as a confidence interval; x rising. */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

/** Level drawn across the chart for comparison. */
export interface Reference {
  /** Vertical value. */
  readonly value: number;
  /** Name in the legend. */
  readonly name: string;
}

/** What a line chart shows. */
export interface LineChartOptions extends ChartText {
  /** Curves, the most important last (it is drawn on top). */
  readonly series: readonly LineSeries[];
  /** Horizontal axis and what it shows. */
  readonly x: AxisOptions & { readonly name: string };
  /** Vertical axis, what it shows and its unit. */
  readonly y: AxisOptions & { readonly name: string };
  /** Values in the read-out; by default three significant digits. */
  readonly format?: (value: number) => string;
  /** Levels to compare with. */
  readonly references?: readonly Reference[];
}

const HEIGHT = 270;
/** More points than this cannot be told apart on the width of a chart. */
const MOST_POINTS = 600;
const MOST_READOUTS = 60;

/**
 * Draws curves with axes, a legend and a read-out that follows the pointer without any script.
 *
 * @param options What to show.
 * @returns A figure element; without a single finite point it says that nothing was recorded.
 */
export function lineChart(options: LineChartOptions): Figure {
  const series = options.series.filter((s) => s.points.some((p) => Number.isFinite(p.y)));
  if (series.length === 0) return emptyFigure("line", options);
  const references = options.references ?? [];
  const x = axisFor(series.flatMap((s) => s.points.map((p) => p.x)), { ticks: 6, ...options.x });
  const heights = series.flatMap((s) => [
    ...s.points.map((p) => p.y),
    ...(s.band ?? []).flatMap((b) => [b.low, b.high]),
  ]).concat(references.map((r) => r.value));
  const y = axisFor(heights, { round: true, ...options.y });
  const plot = plotArea(x, y, HEIGHT);
  const curves = series.map((s, i) => curve(plot, x, y, s, s.color ?? i + 1));
  const drawing = html`${drawAxes(plot, x, y, { x: options.x.name, y: options.y.name })}
${references.map((r) => level(plot, y, r.value))}${curves}
${readouts(plot, x, y, series, options)}`;
  const description = options.description ?? describe(series, options);
  return figure("line", { ...options, description }, HEIGHT, drawing, legend(series, references));
}

function curve(plot: Plot, x: Axis, y: Axis, series: LineSeries, color: number): Markup {
  const look = series.look ?? "line";
  const points = thin(series.points, MOST_POINTS);
  const dotted = look === "dots" || isolated(points)
    ? points.filter((p) => Number.isFinite(p.y))
    : [];
  const dots = dotted.map((p) => {
    const place = attributes({ cx: toX(plot, x, p.x), cy: toY(plot, y, p.y), r: 3.5 });
    return html`
      <circle class="dot" ${place} />
    `;
  });
  const band = series.band && series.band.length > 1 &&
    html`
      <path class="band" d="${bandPath(plot, x, y, series.band)}" />
    `;
  return html`<g class="series ${colorClass(color)} ${look}" data-series="${series.name}">${band}
<path class="line ${look}" d="${linePath(plot, x, y, points)}"/>${dots}</g>`;
}

function linePath(plot: Plot, x: Axis, y: Axis, points: readonly Point[]): string {
  let path = "";
  let pen = "M";
  for (const point of points) {
    if (!Number.isFinite(point.y)) {
      pen = "M";
      continue;
    }
    path += pen + pathData`${toX(plot, x, point.x)} ${toY(plot, y, point.y)}`;
    pen = "L";
  }
  return path;
}

function bandPath(plot: Plot, x: Axis, y: Axis, band: NonNullable<LineSeries["band"]>): string {
  const upper = band.map((b) => pathData`${toX(plot, x, b.x)} ${toY(plot, y, b.high)}`);
  const lower = band.map((b) => pathData`${toX(plot, x, b.x)} ${toY(plot, y, b.low)}`);
  return `M${[...upper, ...lower.reverse()].join("L")}Z`;
}

function level(plot: Plot, y: Axis, value: number): Markup {
  const line = pathData`M${plot.left} ${toY(plot, y, value)}H${plot.right}`;
  return html`
    <path class="line dashed reference c0" d="${line}" />
  `;
}

/** Whether a point has no neighbour, so that a line alone would not show it. */
function isolated(points: readonly Point[]): boolean {
  return points.some((p, i) =>
    Number.isFinite(p.y) && !Number.isFinite(points[i - 1]?.y) && !Number.isFinite(points[i + 1]?.y)
  );
}

/**
 * Keeps the smallest and largest point of every stretch, so that peaks survive.
 *
 * @param points Any number of points.
 * @param most At most about this many remain.
 * @returns The points, or fewer, in the same order.
 */
export function thin(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const stretch = Math.ceil(2 * points.length / most);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    const low = part.reduce((a, b) => b.y < a.y || !Number.isFinite(a.y) ? b : a);
    const high = part.reduce((a, b) => b.y > a.y || !Number.isFinite(a.y) ? b : a);
    kept.push(...(low.x <= high.x ? [low, high] : [high, low]).slice(low === high ? 1 : 0));
  }
  return kept;
}

/** Invisible columns over the plot; the one under the pointer shows the values nearest to it. */
function readouts(
  plot: Plot,
  x: Axis,
  y: Axis,
  series: readonly LineSeries[],
  options: LineChartOptions,
): Markup {
  const all = [...new Set(series.flatMap((s) => s.points.map((p) => p.x)))].sort((a, b) => a - b);
  const every = Math.ceil(all.length / MOST_READOUTS);
  const values = all.filter((_, i) => (all.length - 1 - i) % every === 0);
  const places = values.map((value) => toX(plot, x, value));
  const { left, right, top, bottom } = plot;
  const groups = places.map((place, i) => {
    const start = i === 0 ? left : (places[i - 1] + place) / 2;
    const end = i === places.length - 1 ? right : (place + places[i + 1]) / 2;
    const reach = every === 1 ? 0 : (values[i] - (values[i - 1] ?? values[i])) / 2;
    const area = attributes({ x: start, y: top, width: end - start, height: bottom - top });
    const rows = rowsAt(values[i], reach, series, options);
    return html`<g class="hit"><rect ${area}/>${readout(plot, place, y, rows)}</g>`;
  });
  // The empty title keeps browsers from showing the chart's title as a tooltip over the read-out.
  return html`<g class="hits"><title></title>${groups}</g>`;
}

interface ReadoutRow {
  readonly text: string;
  readonly color?: number;
  readonly y?: number;
}

function rowsAt(
  x: number,
  reach: number,
  series: readonly LineSeries[],
  options: LineChartOptions,
): ReadoutRow[] {
  const rows: ReadoutRow[] = [{ text: `${options.x.name} ${formatNumber(x)}` }];
  series.forEach((s, i) => {
    if (s.look === "faint") return;
    const near = s.points.filter((p) => Math.abs(p.x - x) <= reach && Number.isFinite(p.y));
    if (near.length === 0) return;
    const point = near.reduce((a, b) => Math.abs(b.x - x) < Math.abs(a.x - x) ? b : a);
    const value = (options.format ?? formatNumber)(point.y);
    rows.push({ text: `${s.name} ${value}`, color: s.color ?? i + 1, y: point.y });
  });
  return rows;
}

function readout(plot: Plot, place: number, y: Axis, rows: readonly ReadoutRow[]): Markup {
  const { top, bottom } = plot;
  const width = 18 + 0.56 * LARGE_TEXT * Math.max(...rows.map((row) => row.text.length));
  const side = place > WIDTH / 2 ? place - width - 10 : place + 10;
  const left = Math.max(2, Math.min(WIDTH - width - 2, side));
  const box = attributes({ x: left, y: top, width, height: 9 + 18 * rows.length, rx: 5 });
  const marks = rows.map(({ y: value, color }) => {
    if (value === undefined || color === undefined) return undefined;
    const point = attributes({ cx: place, cy: toY(plot, y, value), r: 4 });
    return html`
      <circle class="mark ${colorClass(color)}" ${point} />
    `;
  });
  const lines = rows.map(({ text, color }, i) => {
    const look = color === undefined ? "head" : colorClass(color);
    const start = attributes({ x: left + 9, y: top + 18 + 18 * i });
    return html`
      <text class="${look}" ${start}>${text}</text>
    `;
  });
  const cursor = pathData`M${place} ${top}V${bottom}`;
  return html`<g class="tip"><path class="cursor" d="${cursor}"/>${marks}<rect ${box}/>${lines}</g>`;
}

function legend(series: readonly LineSeries[], references: readonly Reference[]): LegendEntry[] {
  const entries = series.map((s, i) => ({ s, color: s.color ?? i + 1 }))
    .filter(({ s }) => s.look !== "faint")
    .map(({ s, color }) => ({ name: s.name, color, mark: markOf(s.look) }));
  return [
    ...entries,
    ...references.map((r) => ({ name: r.name, color: 0, mark: "dashed" as const })),
  ];
}

function markOf(look: LineSeries["look"]): LegendEntry["mark"] {
  return look === "dots" || look === "dashed" ? look : "line";
}

function describe(series: readonly LineSeries[], options: LineChartOptions): string {
  const format = options.format ?? formatNumber;
  const parts = series.filter((s) => s.look !== "faint").map((s) => {
    const finite = s.points.filter((p) => Number.isFinite(p.y));
    const [first, last] = [finite[0], finite[finite.length - 1]];
    if (finite.length === 1) return `${s.name}: ${format(first.y)} at ${formatNumber(first.x)}`;
    return `${s.name}: from ${format(first.y)} at ${formatNumber(first.x)} to ${
      format(last.y)
    } at ${formatNumber(last.x)}`;
  });
  return `${options.y.name} against ${options.x.name}. ${parts.join("; ")}.`;
}
