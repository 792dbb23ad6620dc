/** Kinds of configuration fields: what a value has to be, and how a flag's text is read. */

import { methodOf, methods, type MethodText } from "./methods/mod.ts";

/** Where a field belongs in help texts. */
export type ConfigGroup = "data" | "method" | "student" | "optimiser" | "run";

/** One field of the configuration. */
export interface ConfigField<T> {
  /** Name on the command line and in `config.json`, such as `batch-size`. */
  readonly flag: string;
  /** What stands behind the flag in help texts, such as `N`; undefined for a switch. */
  readonly placeholder?: string;
  /** What it does, for help texts. */
  readonly help: string;
  /** Part of the help it stands in. */
  readonly group: ConfigGroup;
  /** Value where none is given; undefined where there is no fixed one. */
  readonly default?: T;
  /** What `default` is where it is not fixed, for help texts. */
  readonly defaultText?: string;
  /** Which values are allowed, in words that follow "must be". */
  readonly range: string;
  /** The allowed values, where they can be listed. */
  readonly choices?: readonly string[];
  /** Whether a run may be continued with another value. */
  readonly mayChange?: boolean;
  /** The value that a flag's text stands for; not checked yet. */
  readonly fromText: (text: string) => unknown;
  /** The value itself where it is of the field's type and in range, or else undefined. */
  readonly accept: (value: unknown) => T | undefined;
}

/** What a field says beside its kind. */
type Told<T> = Pick<ConfigField<T>, "flag" | "help" | "group"> & Partial<ConfigField<T>>;

function numberField(
  told: Told<number>,
  range: string,
  holds: (n: number) => boolean,
): ConfigField<number> {
  return {
    placeholder: "N",
    range,
    fromText: (text) => text.trim() === "" ? undefined : Number(text),
    accept: (value) => typeof value === "number" && holds(value) ? value : undefined,
    ...told,
  };
}

/** An integer, both ends of the range included. */
export function integer(from: number, to: number, told: Told<number>): ConfigField<number> {
  const range = `an integer from ${from} to ${to}`;
  return numberField(told, range, (n) => Number.isSafeInteger(n) && n >= from && n <= to);
}

/** A number from one to the other end of a range; `below` takes the upper end out. */
export function real(
  [from, to]: readonly [number, number],
  told: Told<number>,
  { below = false } = {},
): ConfigField<number> {
  const range = `a number from ${from} to ${below ? "below " : ""}${to}`;
  return numberField(told, range, (n) => n >= from && (below ? n < to : n <= to));
}

/** A count, or a fraction of something. */
export function share(told: Told<number>): ConfigField<number> {
  const range = "an integer from 0, or a fraction above 0 and below 1";
  return numberField(told, range, (n) => (n > 0 && n < 1) || (Number.isSafeInteger(n) && n >= 0));
}

/** A text, by default any but the empty one. */
export function text(
  told: Told<string>,
  holds = (value: string) => value !== "",
): ConfigField<string> {
  return {
    range: "a text",
    fromText: (text) => text,
    accept: (value) => typeof value === "string" && holds(value) ? value : undefined,
    ...told,
  };
}

/** One of some names. */
export function choice<T extends string>(choices: readonly T[], told: Told<T>): ConfigField<T> {
  return {
    placeholder: "NAME",
    choices,
    range: `one of ${choices.join(", ")}`,
    fromText: (text) => text,
    accept: (value) => choices.find((known) => known === value),
    ...told,
  };
}

/** A switch. */
export function toggle(told: Told<boolean>): ConfigField<boolean> {
  return {
    default: false,
    range: "true or false",
    fromText: (text) => text === "true" ? true : text === "false" ? false : undefined,
    accept: (value) => typeof value === "boolean" ? value : undefined,
    ...told,
  };
}

/** Paths. */
export function list(told: Told<string[]>): ConfigField<string[]> {
  const isPath = (part: unknown) => typeof part === "string" && part !== "";
  return {
    range: "paths, with commas between them",
    fromText: (text) => text === "" ? [] : text.split(",").map((part) => part.trim()),
    accept: (value) => Array.isArray(value) && value.every(isPath) ? value : undefined,
    ...told,
  };
}

/** The name of a method, or those of several. */
export function methodText(told: Told<MethodText>): ConfigField<MethodText> {
  const isKnown = (value: unknown): value is MethodText => {
    if (typeof value !== "string") return false;
    try {
      return methodOf(value) !== undefined;
    } catch {
      return false;
    }
  };
  return {
    placeholder: "NAME[+NAME...]",
    choices: Object.keys(methods),
    range: `one of ${Object.keys(methods).join(", ")}, or several of them with + between`,
    fromText: (text) => text,
    accept: (value) => isKnown(value) ? value : undefined,
    ...told,
  };
}

/** A number, or one for each method of a combination. */
export function numbers(
  [from, to]: readonly [number, number],
  told: Told<number | number[]>,
): ConfigField<number | number[]> {
  const fits = (n: unknown) => typeof n === "number" && n >= from && n <= to;
  const numberOf = (text: string) => text.trim() === "" ? NaN : Number(text);
  return {
    placeholder: "N[,N...]",
    range: `a number from ${from} to ${to}, or one for each method of a combination`,
    fromText: (text) => text.includes(",") ? text.split(",").map(numberOf) : numberOf(text),
    accept: (value) => {
      const all = Array.isArray(value) ? value : [value];
      return all.length > 0 && all.every(fits) ? value as number | number[] : undefined;
    },
    ...told,
  };
}
