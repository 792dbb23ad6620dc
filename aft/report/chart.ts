/**
 * Charts as plain SVG: no script, no outside file, colours from the page's style sheet.
 *
 * @module
 */

export { type Bar, barChart, type BarChartOptions, type BarGroup } from "./bars.ts";
export { histogram, type HistogramOptions } from "./bars.ts";
export { lineChart, type LineChartOptions, type LineSeries, type Point } from "./line.ts";
export { type Reference } from "./line.ts";
export { scatter, type ScatterOptions, type ScatterPoint, type ScatterSeries } from "./scatter.ts";
