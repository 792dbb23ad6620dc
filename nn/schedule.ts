/** Schedules: what every rate is multiplied by, step by step. */

import { ConfigError } from "../gpu/errors.ts";
import { checkNotNegative, checkSize } from "./check.ts";

/**
 * Factor of the rates at a step.
 *
 * @param step Updates taken before this one, from 0 to total - 1.
 * @param total Updates of the whole run, from 1.
 * @returns A factor, usually from 0 to 1.
 */
export type Schedule = (step: number, total: number) => number;

/**
 * The rates as they are.
 *
 * @returns 1.
 *
 * @example
 * ```ts
 * import { constant } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(constant(3, 10), 1);
 * ```
 */
export function constant(_step: number, _total: number): number {
  return 1;
}

/**
 * Half a cosine from 1 to 0 (Loshchilov and Hutter 2017, equation 5, one period); 0 after the end.
 *
 * @param step Updates taken before this one, from 0.
 * @param total Updates of the whole run, from 1.
 * @returns (1 + cos(pi step / total)) / 2.
 *
 * @example
 * ```ts
 * import { cosine } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([cosine(0, 10), cosine(5, 10), cosine(10, 10)], [1, 0.5, 0]);
 * ```
 */
export function cosine(step: number, total: number): number {
  const done = Math.min(step / total, 1);
  // Half way the cosine of the rounded pi/2 is not quite 0; halves are what a reader expects.
  return done === 0.5 ? 0.5 : 0.5 * (1 + Math.cos(Math.PI * done));
}

/**
 * Rates that fall at once by a factor, again and again.
 *
 * @param every Updates between two falls, an integer from 1.
 * @param factor What the rates are multiplied by at each fall, from 0; default 0.1.
 * @returns factor^floor(step / every).
 * @throws {ConfigError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { stepDecay } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = stepDecay(100, 0.5);
 * assertEquals([schedule(99, 500), schedule(100, 500), schedule(200, 500)], [1, 0.5, 0.25]);
 * ```
 */
export function stepDecay(every: number, factor = 0.1): Schedule {
  checkSize("make a step decay", "every", every);
  checkNotNegative("make a step decay", "factor", factor);
  return (step) => factor ** Math.floor(step / every);
}

/**
 * A straight rise to 1 before another schedule: the first update has 1/count, the last of the rise 1.
 * The other schedule then runs over the steps that are left.
 *
 * @param count Updates of the rise, an integer from 1.
 * @param after What follows; default {@linkcode constant}.
 * @returns (step + 1) / count, then the other schedule's factors.
 * @throws {ConfigError} If the count is out of range.
 *
 * @example
 * ```ts
 * import { cosine, warmup } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = warmup(2, cosine);
 * assertEquals([0, 1, 2, 4].map((step) => schedule(step, 6)), [0.5, 1, 1, 0.5]);
 * ```
 */
export function warmup(count: number, after: Schedule = constant): Schedule {
  checkSize("make a warm-up", "count", count);
  return (step, total) =>
    step < count ? (step + 1) / count : after(step - count, Math.max(total - count, 1));
}

/** A schedule that text can name. */
export interface ScheduleEntry {
  /** How it is written, such as `step:EVERY[:FACTOR]`. */
  readonly usage: string;
  /** What it does, for help texts. */
  readonly summary: string;
  /** Makes it from the numbers behind the name, and from the schedule after the comma. */
  readonly make: (numbers: readonly number[], after?: Schedule) => Schedule;
  /** Fewest and most numbers behind the name. */
  readonly numbers: readonly [number, number];
  /** Whether another schedule may follow after a comma. */
  readonly leads?: boolean;
}

/** Names of the entries of {@linkcode schedules}. */
export type ScheduleName = "constant" | "cosine" | "step" | "warmup";

/**
 * Schedules by the name that {@linkcode parseSchedule} knows them by.
 *
 * @example
 * ```ts
 * import { schedules } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(schedules.step.usage, "step:EVERY[:FACTOR]");
 * ```
 */
export const schedules: Readonly<Record<ScheduleName, ScheduleEntry>> = {
  constant: {
    usage: "constant",
    summary: "the rates as they are",
    numbers: [0, 0],
    make: () => constant,
  },
  cosine: {
    usage: "cosine",
    summary: "half a cosine from 1 to 0 over the run",
    numbers: [0, 0],
    make: () => cosine,
  },
  step: {
    usage: "step:EVERY[:FACTOR]",
    summary: "times FACTOR (0.1) after every EVERY steps",
    numbers: [1, 2],
    make: ([every, factor]) => stepDecay(every, factor),
  },
  warmup: {
    usage: "warmup:COUNT[,SCHEDULE]",
    summary: "a straight rise over COUNT steps, then SCHEDULE (constant)",
    numbers: [1, 1],
    leads: true,
    make: ([count], after) => warmup(count, after),
  },
};

/**
 * Reads a schedule from text.
 *
 * @param text A name of {@linkcode schedules} with its numbers behind colons: `constant`, `cosine`,
 * `step:100`, `step:100:0.5`, `warmup:100,cosine`.
 * @returns The schedule.
 * @throws {ConfigError} If the text names no schedule, or its numbers do not fit.
 *
 * @example
 * ```ts
 * import { parseSchedule } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseSchedule("warmup:4,cosine")(0, 100), 0.25);
 * ```
 */
export function parseSchedule(text: string): Schedule {
  const comma = text.indexOf(",");
  const [name, ...words] = (comma < 0 ? text : text.slice(0, comma)).split(":");
  if (!Object.hasOwn(schedules, name)) {
    throw refusal(text, `known are ${Object.values(schedules).map((s) => s.usage).join(", ")}`);
  }
  const entry = schedules[name as ScheduleName];
  const [fewest, most] = entry.numbers;
  const numbers = words.map((word) => word.trim() === "" ? NaN : Number(word));
  if (numbers.length < fewest || numbers.length > most || numbers.some(Number.isNaN)) {
    throw refusal(text, `it is written ${entry.usage}`);
  }
  if (comma < 0) return entry.make(numbers);
  if (!entry.leads) throw refusal(text, `nothing can follow ${name}`);
  return entry.make(numbers, parseSchedule(text.slice(comma + 1)));
}

function refusal(text: string, reason: string): ConfigError {
  return new ConfigError(`Cannot read the schedule ${text}: ${reason}`, {
    field: "schedule",
    value: text,
  });
}
