/**
 * What all charts share: the figure around them, the plotting area with its axes, the legend.
 *
 * Charts are drawn in a view box 440 units wide and scale with the page; the style sheet makes
 * their text larger in narrow figures, so margins leave room for text of {@linkcode LARGE_TEXT}.
 *
 * @module
 */

import type { Axis } from "./axis.ts";
import { attributes, html, Markup, pathData } from "./html.ts";

/** Width of every chart's view box. */
export const WIDTH = 440;

/** Largest text size in units of the view box; the style sheet uses it in narrow figures. */
export const LARGE_TEXT = 14.5;

/** Colours defined by the style sheet; series and groups count through them from 1. */
export const COLORS = 6;

/** Words around a chart. */
export interface ChartText {
  /** Heading, a few words. */
  readonly title: string;
  /** One sentence below the heading that says how to read the chart. */
  readonly note?: string;
  /** What a screen reader says after the title; by default made from the data. */
  readonly description?: string;
}

/** One entry of a legend. */
export interface LegendEntry {
  /** What the entry stands for. */
  readonly name: string;
  /** Colour, 1 to {@linkcode COLORS}; 0 is the muted colour of reference lines. */
  readonly color: number;
  /** How it is drawn. */
  readonly mark: "line" | "dashed" | "dots" | "block";
}

/** What is inside a figure, for those who put it elsewhere. */
export interface FigureContent {
  /** Heading. */
  readonly title: string;
  /** What a screen reader says after the title. */
  readonly description: string;
  /** Height of the view box; its width is {@linkcode WIDTH}. */
  readonly height: number;
  /** SVG elements. */
  readonly drawing: Markup;
  /** Names with their colours, and marks in a box of 22 by 12. */
  readonly legend: readonly (Pick<LegendEntry, "name" | "color"> & { readonly shape: Markup })[];
}

/** A figure element. */
export class Figure extends Markup {
  /** What is inside; undefined where there is nothing to show. */
  readonly content: FigureContent | undefined;

  /**
   * @param text The element.
   * @param content What is inside.
   */
  constructor({ text }: Markup, content?: FigureContent) {
    super(text);
    this.content = content;
  }
}

/** Edges of the plotting area in the view box. */
export interface Plot {
  /** Left edge. */
  readonly left: number;
  /** Right edge. */
  readonly right: number;
  /** Upper edge. */
  readonly top: number;
  /** Lower edge. */
  readonly bottom: number;
}

/**
 * Wraps a drawing into a figure with heading, note and legend.
 *
 * @param kind Name of the chart, for the style sheet and for tests.
 * @param text Words around it.
 * @param height Height of the view box.
 * @param drawing SVG elements.
 * @param legend Entries; none are shown for an empty list.
 * @returns A figure element.
 */
export function figure(
  kind: string,
  text: ChartText,
  height: number,
  drawing: Markup,
  legend: readonly LegendEntry[] = [],
): Figure {
  const note = text.note && html`<p class="note">${text.note}</p>`;
  const description = text.description ?? text.note ?? "";
  const entries = legend.map(({ name, color, mark }) => ({ name, color, shape: shapeOf(mark) }));
  const element = html`
    <figure class="chart" data-chart="${kind}">
    <figcaption><h3>${text.title}</h3>${note}</figcaption>
    ${entries.length > 0 && html`<ul class="legend">${entries.map(legendItem)}</ul>`}
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" preserveAspectRatio="xMidYMid meet">
    <title>${text.title}</title><desc>${description}</desc>
    ${drawing}
    </svg>
    </figure>
  `;
  const { title } = text;
  return new Figure(element, { title, description, height, drawing, legend: entries });
}

/**
 * The figure of a chart that has nothing to show.
 *
 * @param kind Name of the chart.
 * @param text Words around it.
 * @returns A figure element that says so.
 */
export function emptyFigure(kind: string, text: ChartText): Figure {
  return new Figure(html`
    <figure class="chart" data-chart="${kind}">
      <figcaption>
        <h3>${text.title}</h3>
      </figcaption>
      <p class="empty">Nothing was recorded.</p>
    </figure>
  `);
}

function legendItem({ name, color, shape }: FigureContent["legend"][number]): Markup {
  return html`
    <li
      class="${colorClass(
        color,
      )}"><svg viewBox="0 0 22 12" width="22" height="12" aria-hidden="true">${shape}</svg>${name}</li>
  `;
}

/** How an entry of a legend is drawn. */
function shapeOf(mark: LegendEntry["mark"]): Markup {
  const dots = html`
    <circle cx="11" cy="6" r="3.5" class="dot" />
  `;
  return {
    line: html`
      <path class="line" d="M0 6H22" />
    `,
    dashed: html`
      <path class="line dashed" d="M0 6H22" />
    `,
    dots: html`
      <path class="line" d="M0 6H22" />${dots}
    `,
    block: html`
      <rect class="bar" x="5" y="0" width="12" height="12" rx="2" />
    `,
  }[mark];
}

/**
 * Plotting area that leaves room for the labels of the axes.
 *
 * @param x The horizontal axis, whose last label may reach beyond its end.
 * @param y The vertical axis, whose labels stand on the left.
 * @param height Height of the view box.
 * @returns The area.
 */
export function plotArea(x: Axis, y: Axis, height: number): Plot {
  const longest = Math.max(1, ...y.ticks.map((tick) => y.label(tick).length));
  const last = x.ticks.length > 0 ? x.label(x.ticks[x.ticks.length - 1]).length : 0;
  return {
    left: 12 + 0.58 * LARGE_TEXT * longest,
    right: WIDTH - Math.max(14, 0.33 * LARGE_TEXT * last),
    top: 30,
    bottom: height - 42,
  };
}

/**
 * Draws grid lines, ticks and the names of both axes.
 *
 * @param plot The plotting area.
 * @param x Horizontal axis.
 * @param y Vertical axis.
 * @param names What the axes show, with units.
 * @returns SVG elements.
 */
export function drawAxes(
  plot: Plot,
  x: Axis,
  y: Axis,
  names: { readonly x: string; readonly y: string },
): Markup {
  const { left, right, bottom } = plot;
  const rows = y.ticks.map((tick) => {
    const level = toY(plot, y, tick);
    const text = attributes({ x: left - 7, y: level, dy: "0.34em", "text-anchor": "end" });
    return html`
      <path class="grid" d="${pathData`M${left} ${level}H${right}`}" />
      <text class="tick" ${text}>${y.label(tick)}</text>
    `;
  });
  const columns = x.ticks.map((tick) => {
    const place = toX(plot, x, tick);
    const text = attributes({ x: place, y: bottom + 17, "text-anchor": "middle" });
    return html`
      <path class="notch" d="${pathData`M${place} ${bottom}v4`}" />
      <text class="tick" ${text}>${x.label(tick)}</text>
    `;
  });
  const middle = attributes({
    x: (left + right) / 2,
    y: bottom + 36,
    "text-anchor": "middle",
  });
  return html`<g class="axes">${rows}${columns}<path class="base" d="${pathData`M${left} ${bottom}H${right}`}"/>
<text class="axis-name" x="2" y="14">${names.y}</text>
<text class="axis-name" ${middle}>${names.x}</text></g>`;
}

/**
 * Horizontal place of a value.
 *
 * @param plot The plotting area.
 * @param axis The horizontal axis.
 * @param value A value on it.
 * @returns Units of the view box.
 */
export function toX(plot: Plot, axis: Axis, value: number): number {
  return plot.left + axis.place(value) * (plot.right - plot.left);
}

/**
 * Vertical place of a value.
 *
 * @param plot The plotting area.
 * @param axis The vertical axis.
 * @param value A value on it.
 * @returns Units of the view box, growing downwards.
 */
export function toY(plot: Plot, axis: Axis, value: number): number {
  return plot.bottom - axis.place(value) * (plot.bottom - plot.top);
}

/**
 * Class name of a colour.
 *
 * @param color 0 for the muted colour, otherwise counted through the palette from 1.
 * @returns The class.
 */
export function colorClass(color: number): string {
  return color === 0 ? "c0" : `c${(color - 1) % COLORS + 1}`;
}
