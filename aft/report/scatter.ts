/**
 * Scatter charts.
 *
 * @module
 */

import { axisFor, type AxisOptions } from "./axis.ts";
import {
  type ChartText,
  colorClass,
  drawAxes,
  emptyFigure,
  type Figure,
  figure,
  plotArea,
  toX,
  toY,
} from "./frame.ts";
import { attributes, formatNumber, html, pathData } from "./html.ts";

/** One point of a scatter chart. */
export interface ScatterPoint {
  /** Horizontal value. */
  readonly x: number;
  /** Vertical value. */
  readonly y: number;
  /** Name in the read-out. */
  readonly name?: string;
}

/** Points of one kind. */
export interface ScatterSeries {
  /** Name in the legend. */
  readonly name: string;
  /** The points; those that are not finite are left out. */
  readonly points: readonly ScatterPoint[];
  /** Colour from 1, by default the place in the list. */
  readonly color?: number;
}

/** What a scatter chart shows. */
export interface ScatterOptions extends ChartText {
  /** Kinds of points. */
  readonly series: readonly ScatterSeries[];
  /** Horizontal axis and what it shows. */
  readonly x: AxisOptions & { readonly name: string };
  /** Vertical axis and what it shows. */
  readonly y: AxisOptions & { readonly name: string };
  /** Gives both axes the same ends and draws the line y = x, with this name in the legend. */
  readonly diagonal?: string;
  /** Values in the read-out; by default three significant digits. */
  readonly format?: (value: number) => string;
}

const HEIGHT = 400;

/**
 * Draws points on two axes.
 *
 * @param options What to show.
 * @returns A figure element.
 */
export function scatter(options: ScatterOptions): Figure {
  const series = options.series.map((s, i) => ({
    name: s.name,
    color: s.color ?? i + 1,
    points: s.points.filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y)),
  }));
  const points = series.flatMap((s) => s.points);
  if (points.length === 0) return emptyFigure("scatter", options);
  const [across, up] = [points.map((p) => p.x), points.map((p) => p.y)];
  const both = options.diagonal === undefined ? undefined : [...across, ...up];
  const x = axisFor(both ?? across, { round: true, ticks: 8, ...options.x });
  const y = axisFor(both ?? up, { round: true, ticks: 8, ...options.y });
  const plot = plotArea(x, y, HEIGHT);
  const format = options.format ?? formatNumber;
  const drawn = series.map((s) => {
    const circles = s.points.map((p) => {
      const place = attributes({ cx: toX(plot, x, p.x), cy: toY(plot, y, p.y), r: 3.2 });
      const values = `${options.x.name} ${format(p.x)}, ${options.y.name} ${format(p.y)}`;
      const text = p.name === undefined ? values : `${p.name}: ${values}`;
      return html`
        <circle ${place}>
          <title>${text}</title>
        </circle>
      `;
    });
    return html`<g class="cloud ${colorClass(s.color)}">${circles}</g>`;
  });
  const diagonal = pathData`M${plot.left} ${plot.bottom}L${plot.right} ${plot.top}`;
  const line = both && html`
    <path class="line dashed c0" d="${diagonal}" />
  `;
  const names = { x: options.x.name, y: options.y.name };
  const drawing = html`${drawAxes(plot, x, y, names)}${line}${drawn}`;
  const description = options.description ??
    `${options.y.name} against ${options.x.name}, ${points.length} points.`;
  const legend = [
    ...series.map(({ name, color }) => ({ name, color, mark: "block" as const })),
    ...(both ? [{ name: options.diagonal!, color: 0, mark: "dashed" as const }] : []),
  ];
  return figure("scatter", { ...options, description }, HEIGHT, drawing, legend);
}
