/**
 * Bar charts and histograms.
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
  type Plot,
  plotArea,
  toX,
  toY,
  WIDTH,
} from "./frame.ts";
import { attributes, formatNumber, html, type Markup, pathData } from "./html.ts";

/** One bar. */
export interface Bar {
  /** Its length. */
  readonly value: number;
  /** Ends of an interval drawn over the bar, such as a confidence interval. */
  readonly interval?: readonly [low: number, high: number];
  /** Colour from 1, 0 being muted; by default that of its series, or 1 where there is one. */
  readonly color?: number;
}

/** Bars that share a label. */
export interface BarGroup {
  /** Stands above the bars; one longer than the drawing is shortened. */
  readonly label: string;
  /** One bar per series; `undefined` leaves a place empty. */
  readonly bars: readonly (Bar | undefined)[];
}

/** What a bar chart shows. */
export interface BarChartOptions extends ChartText {
  /** Groups from top to bottom. */
  readonly groups: readonly BarGroup[];
  /** Names and colours of the series for the legend; leave out where there is one. */
  readonly series?: readonly { readonly name: string; readonly color?: number }[];
  /** The axis of values, what it shows and its unit. It holds 0 unless a range is given. */
  readonly value: AxisOptions & { readonly name: string };
  /** Numbers beside the bars; by default three significant digits. */
  readonly format?: (value: number) => string;
}

const BAR = 12;
const LABEL = 20;
const GAP = 14;
const NUMBERS = 66;

/**
 * Draws horizontal bars with their labels above them, so that long names stay whole.
 *
 * @param options What to show.
 * @returns A figure element.
 */
export function barChart(options: BarChartOptions): Figure {
  const { groups } = options;
  const bars = groups.flatMap((group) => group.bars).filter((bar) => bar !== undefined);
  if (bars.length === 0) return emptyFigure("bars", options);
  const ends = bars.flatMap((bar) => [bar.value, ...(bar.interval ?? [])]);
  const axis = axisFor([0, ...ends], { round: true, ...options.value });
  const heights = groups.map((group) => LABEL + (BAR + 3) * group.bars.length + GAP);
  const bottom = 6 + heights.reduce((a, b) => a + b, 0);
  const plot = { left: 2, right: WIDTH - NUMBERS, top: 6, bottom };
  const starts = heights.map((_, i) => 6 + heights.slice(0, i).reduce((a, b) => a + b, 0));
  const drawn = groups.map((group, i) => barGroup(plot, axis, group, starts[i], options));
  const legend = (options.series ?? []).map(({ name, color }, i) => ({
    name,
    color: color ?? i + 1,
    mark: "block" as const,
  }));
  const description = options.description ?? describeBars(options);
  const drawing = html`${valueAxis(plot, axis, options.value.name)}${drawn}`;
  return figure("bars", { ...options, description }, bottom + 42, drawing, legend);
}

function valueAxis(plot: Plot, axis: Axis, name: string): Markup {
  const { left, top, bottom } = plot;
  const ticks = axis.ticks.map((tick) => {
    const x = toX(plot, axis, tick);
    // The first label would otherwise stick out of the drawing.
    const anchor = tick === axis.min ? "start" : "middle";
    const text = attributes({ x, y: bottom + 16, "text-anchor": anchor });
    return html`
      <path class="grid" d="${pathData`M${x} ${top}V${bottom}`}" />
      <text class="tick" ${text}>${axis.label(tick)}</text>
    `;
  });
  const below = attributes({ x: left, y: bottom + 35 });
  return html`<g class="axes">${ticks}<text class="axis-name" ${below}>${name}</text></g>`;
}

function barGroup(
  plot: Plot,
  axis: Axis,
  group: BarGroup,
  start: number,
  options: BarChartOptions,
): Markup {
  const bars = group.bars.map((bar, i) => {
    if (bar === undefined) return undefined;
    const color = bar.color ?? options.series?.[i]?.color ?? (options.series ? i + 1 : 1);
    const top = start + LABEL + (BAR + 3) * i;
    const text = (options.format ?? formatNumber)(bar.value);
    return html`<g class="${colorClass(color)}">${oneBar(plot, axis, bar, top, text)}</g>`;
  });
  const label = attributes({ x: 2, y: start + 14 });
  const name = shortened(group.label);
  const whole = name === group.label ? undefined : html`<title>${group.label}</title>`;
  return html`<g class="group"><text class="label" ${label}>${name}${whole}</text>${bars}</g>`;
}

/** At most what fits beside the ends of the drawing at the largest text size. */
function shortened(label: string): string {
  const most = Math.floor(WIDTH / (0.6 * LARGE_TEXT));
  return label.length <= most ? label : `${label.slice(0, most - 1)}…`;
}

function oneBar(plot: Plot, axis: Axis, bar: Bar, top: number, text: string): Markup {
  const [zero, end] = [toX(plot, axis, 0), toX(plot, axis, bar.value)];
  const middle = top + BAR / 2;
  const [low, high] = (bar.interval ?? [bar.value, bar.value]).map((v) => toX(plot, axis, v));
  const box = attributes({
    x: Math.min(zero, end),
    y: top,
    width: Math.abs(end - zero),
    height: BAR,
    rx: 2,
  });
  const whisker = bar.interval &&
    html`
      <path class="whisker" d="${pathData`M${low} ${middle}H${high}M${low} ${
        middle - 4
      }v8M${high} ${middle - 4}v8`}" />
    `;
  const after = attributes({ x: Math.max(zero, end, high) + 7, y: middle, dy: "0.34em" });
  return html`
    <rect class="bar" ${box} />${whisker}<text class="value" ${after}>${text}</text>
  `;
}

function describeBars(options: BarChartOptions): string {
  const format = options.format ?? formatNumber;
  const parts = options.groups.map((group) => {
    const values = group.bars.map((bar, i) => {
      const name = options.series?.[i]?.name;
      const value = bar === undefined ? "nothing" : format(bar.value);
      return name === undefined ? value : `${name} ${value}`;
    });
    return `${group.label}: ${values.join(", ")}`;
  });
  return `${options.value.name}. ${parts.join("; ")}.`;
}

/** What a histogram shows. */
export interface HistogramOptions extends ChartText {
  /** Values of equal, adjoining bins: counts, or shares of all. */
  readonly bins: readonly number[];
  /** Both ends of the binned axis, and what it shows. */
  readonly x: { readonly name: string; readonly range: readonly [number, number] };
  /** The axis of values, what it shows and its unit. */
  readonly y: AxisOptions & { readonly name: string };
  /** Values in the read-out; by default three significant digits. */
  readonly format?: (value: number) => string;
  /** Colour from 1. */
  readonly color?: number;
}

const HISTOGRAM_HEIGHT = 210;

/**
 * Draws the bins of a histogram.
 *
 * @param options What to show.
 * @returns A figure element.
 */
export function histogram(options: HistogramOptions): Figure {
  const { bins } = options;
  const [low, high] = options.x.range;
  if (bins.length === 0) return emptyFigure("histogram", options);
  const x = axisFor([], { range: [low, high], ticks: 5 });
  const y = axisFor([0, ...bins], { round: true, ticks: 4, ...options.y });
  const plot = plotArea(x, y, HISTOGRAM_HEIGHT);
  const width = (plot.right - plot.left) / bins.length;
  const format = options.format ?? formatNumber;
  const edge = (i: number) => formatNumber(low + (high - low) * i / bins.length);
  const columns = bins.map((bin, i) => {
    // A bin that holds anything stays visible beside one that holds nearly everything.
    const height = bin > 0 ? Math.max(1.5, plot.bottom - toY(plot, y, bin)) : 0;
    const left = plot.left + width * i;
    const area = { x: left, y: plot.top, width, height: plot.bottom - plot.top };
    const bar = { x: left + 1, y: plot.bottom - height, width: width - 2, height };
    return html`
      <g class="bin">
        <title>${edge(i)} to ${edge(i + 1)}: ${format(bin)}</title>
        <rect class="catch" ${attributes(area)} />
        <rect class="bar" ${attributes(bar)} />
      </g>
    `;
  });
  const drawing = html`${drawAxes(plot, x, y, { x: options.x.name, y: options.y.name })}
<g class="${colorClass(options.color ?? 1)}">${columns}</g>`;
  const peak = bins.indexOf(Math.max(...bins));
  const description = options.description ??
    `${options.y.name} by ${options.x.name}. Most lie between ${edge(peak)} and ${
      edge(peak + 1)
    }: ${format(bins[peak])}.`;
  return figure("histogram", { ...options, description }, HISTOGRAM_HEIGHT, drawing);
}
