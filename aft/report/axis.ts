/**
 * Axes: which numbers stand beside a chart, and where a value lies on it.
 *
 * @module
 */

/** One axis of a chart. */
export interface Axis {
  /** Smallest value shown. */
  readonly min: number;
  /** Largest value shown. */
  readonly max: number;
  /** Values that get a tick, rising, all within the axis. */
  readonly ticks: readonly number[];
  /**
   * Place of a value as a fraction of the axis, 0 at `min` and 1 at `max`.
   *
   * @param value A value on the axis.
   * @returns The fraction; values outside are clamped.
   */
  place(value: number): number;
  /**
   * Text of a tick.
   *
   * @param tick One of `ticks`.
   * @returns The text.
   */
  label(tick: number): string;
}

/** How an axis is made. */
export interface AxisOptions {
  /** Equal distances mean equal differences or equal ratios; `log` needs positive values. */
  readonly scale?: "linear" | "log";
  /** Whether the ends move outwards to the nearest ticks (good for y, wasteful for steps). */
  readonly round?: boolean;
  /** About how many ticks. */
  readonly ticks?: number;
  /** Whether the axis starts at 0 although the data does not, when it is positive. */
  readonly zero?: boolean;
  /** Fixed ends. */
  readonly range?: readonly [number, number];
  /** Text of a tick; by default the number with as many decimals as the distance of ticks needs. */
  readonly format?: (tick: number) => string;
}

/**
 * Makes an axis that holds all values.
 *
 * @param values Data; numbers that are not finite are passed over.
 * @param options Scale, rounding, ticks.
 * @returns The axis; from 0 to 1 where there are no values.
 */
export function axisFor(values: Iterable<number>, options: AxisOptions = {}): Axis {
  const log = options.scale === "log";
  let [min, max] = options.range ?? extent(values, log);
  if (!log && options.zero && min > 0 && !options.range) min = 0;
  if (log) return logAxis(min, max, options);
  if (min === max) [min, max] = widened(min);
  const step = niceStep((max - min) / (options.ticks ?? 5));
  if (options.round && !options.range) {
    min = step * Math.floor(min / step + 1e-9);
    max = step * Math.ceil(max / step - 1e-9);
  }
  const ticks = multiples(step, min, max);
  const span = max - min;
  return {
    min,
    max,
    ticks,
    place: (value) => clamp((value - min) / span),
    label: options.format ?? ((tick) => signed(tick, formatTick(Math.abs(tick), step))),
  };
}

function logAxis(min: number, max: number, options: AxisOptions): Axis {
  if (min === max) [min, max] = [min / 2, max * 2];
  const first = Math.floor(Math.log10(min) + 1e-9);
  const last = Math.ceil(Math.log10(max) - 1e-9);
  // Below two decades powers of ten alone would leave one or two ticks.
  const marks = last - first <= 2 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil((last - first) / 6));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += stride) {
    for (const mark of marks) ticks.push(Number(`${mark}e${power}`));
  }
  const inside = ticks.filter((tick) => tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9));
  const [low, span] = [Math.log(min), Math.log(max) - Math.log(min)];
  return {
    min,
    max,
    ticks: inside,
    place: (value) => value > 0 ? clamp((Math.log(value) - low) / span) : 0,
    label: options.format ?? ((tick) => formatTick(tick, tick)),
  };
}

function extent(values: Iterable<number>, positive: boolean): [number, number] {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (positive && value <= 0)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min <= max) return [min, max];
  return positive ? [0.1, 1] : [0, 1];
}

function widened(value: number): [number, number] {
  if (value === 0) return [0, 1];
  const half = Math.abs(value) / 2;
  return [value - half, value + half];
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((f) => f * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function multiples(step: number, min: number, max: number): number[] {
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

/** With a minus sign as wide as a plus, which a hyphen is not. */
function signed(tick: number, text: string): string {
  return tick < 0 ? `\u2212${text}` : text;
}

function formatTick(tick: number, step: number): string {
  if (tick === 0) return "0";
  if (tick >= 1e6) return `${Number((tick / 1e6).toPrecision(4))}M`;
  if (step < 1e-4) return tick.toExponential(1).replace(".0e", "e").replace("e+", "e");
  const decimals = [0, 1, 2, 3, 4, 5].find((d) => {
    const shifted = step * 10 ** d;
    return Math.abs(shifted - Math.round(shifted)) < 1e-6 * shifted;
  }) ?? 6;
  return tick.toLocaleString("en", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}
