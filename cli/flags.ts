/** What flags a command has, and how its arguments are read. */

import { parseArgs } from "@std/cli/parse-args";
import type { ConfigField } from "../aft/config_kinds.ts";
import { nearestName } from "../aft/nearest.ts";
import { ConfigError } from "../gpu/errors.ts";

/** One flag of a command. */
export interface Flag<T = unknown> {
  /** Name without dashes. */
  readonly flag: string;
  /** What stands for its value in help texts; undefined for a switch. */
  readonly placeholder?: string;
  /** What it does. */
  readonly help: string;
  /** Which values are allowed, in words that follow "must be". */
  readonly range: string;
  /** The allowed values, where they can be listed. */
  readonly choices?: readonly string[];
  /** Value where none is given. */
  readonly default?: T;
  /** What `default` is, where its value does not say it. */
  readonly defaultText?: string;
  /** Heading that it stands under in help texts. */
  readonly group?: string;
  /** Whether it may be given several times; values are joined with commas. */
  readonly many?: boolean;
  /** The value of a text, or undefined where it is not allowed. */
  readonly read: (text: string) => T | undefined;
}

/** What stands behind a command: flags that were given, and the other arguments. */
export interface Arguments {
  /**
   * The value of a flag.
   *
   * @param flag One of the command's.
   * @returns What was given, or else the flag's default.
   */
  get<T>(flag: Flag<T>): T | undefined;
  /**
   * The value of a flag that has to be given.
   *
   * @param flag One of the command's.
   * @returns What was given.
   * @throws {ConfigError} Where it was not given.
   */
  need<T>(flag: Flag<T>): T;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  /** Arguments that belong to no flag. */
  readonly rest: readonly string[];
}

/** The part of a command that reading its arguments needs. */
export interface Signature {
  /** Name of the command. */
  readonly name: string;
  /** Its flags. */
  readonly flags: readonly Flag[];
  /** What its other arguments are, where it takes any. */
  readonly rest?: string;
}

/** A field of the configuration as a flag, under the heading of its group or under none. */
export function flagOf<T>(field: ConfigField<T>, { grouped = false } = {}): Flag<T> {
  return {
    ...field,
    group: grouped ? field.group : undefined,
    many: Array.isArray(field.default),
    read: (text) => field.accept(field.fromText(text)),
  };
}

/** A flag without a value. */
export function switchFlag(flag: string, help: string): Flag<boolean> {
  return {
    flag,
    help,
    default: false,
    range: "true or false",
    read: (text) => text === "true" ? true : text === "false" ? false : undefined,
  };
}

/** A flag whose value is a path or another text that is not empty. */
export function textFlag(flag: string, placeholder: string, help: string): Flag<string> {
  return { flag, placeholder, help, range: "a text", read: (text) => text || undefined };
}

/** A flag whose value is one of a few names; the first is the default. */
export function choiceFlag<T extends string>(
  flag: string,
  choices: readonly T[],
  help: string,
): Flag<T> {
  return {
    flag,
    placeholder: "NAME",
    help,
    choices,
    default: choices[0],
    range: `one of ${choices.join(", ")}`,
    read: (text) => choices.find((choice) => choice === text),
  };
}

/** A flag whose value is an integer within two ends. */
export function integerFlag(
  flag: string,
  [from, to, initial]: readonly [from: number, to: number, initial: number],
  help: string,
): Flag<number> {
  const isAllowed = (n: number) => Number.isInteger(n) && n >= from && n <= to;
  return {
    flag,
    placeholder: "N",
    help,
    default: initial,
    range: `an integer from ${from} to ${to}`,
    read: (text) => text.trim() !== "" && isAllowed(Number(text)) ? Number(text) : undefined,
  };
}

/** A flag with several values, which may also be given one by one. */
export function listFlag<T>(
  flag: string,
  placeholder: string,
  { help, range, one }: { help: string; range: string; one: (text: string) => T | undefined },
): Flag<T[]> {
  return {
    ...{ flag, placeholder, help, range },
    many: true,
    read(text) {
      const values = text.split(",").map((part) => one(part.trim()));
      return values.every((value) => value !== undefined) ? values : undefined;
    },
  };
}

/**
 * Reads the arguments of a command.
 *
 * @param signature What the command takes.
 * @param args What stands behind its name.
 * @returns Flags and other arguments, every value checked.
 * @throws {ConfigError} For an unknown flag, one without its value, one given twice, a value out of
 * range, or an argument that belongs to nothing.
 */
export function readArguments(signature: Signature, args: readonly string[]): Arguments {
  const { flags, rest, name } = signature;
  const known = new Map(flags.map((flag) => [flag.flag, flag]));
  const parsed = parseArgs(joinValues(args, known), {
    string: ["_", ...flags.filter(({ placeholder }) => placeholder).map(({ flag }) => flag)],
    boolean: flags.filter(({ placeholder }) => !placeholder).map(({ flag }) => flag),
    collect: [...known.keys()],
    unknown: (argument, key) => {
      if (key === undefined) return true;
      return refuseUnknown(argument, name, flags);
    },
  });
  const found = new Map<string, unknown>();
  for (const flag of flags) {
    const texts = (parsed[flag.flag] as unknown[] | undefined ?? []).map(String);
    if (texts.length > 0) found.set(flag.flag, readValue(flag, texts));
  }
  const others = parsed._.map(String);
  if (!rest && others.length > 0) {
    refuse(`Cannot use ${others[0]}: aft ${name} takes flags alone, see aft ${name} --help`);
  }
  return argumentsOf(name, found, others);
}

function argumentsOf(
  name: string,
  found: ReadonlyMap<string, unknown>,
  rest: readonly string[],
): Arguments {
  const get = <T>(flag: Flag<T>) =>
    (found.has(flag.flag) ? found.get(flag.flag) : flag.default) as T | undefined;
  return {
    get,
    need(flag) {
      const value = get(flag);
      if (value !== undefined) return value;
      return refuse(
        `Cannot run aft ${name} without --${flag.flag} ${flag.placeholder}: ${flag.help}`,
        flag.flag,
      );
    },
    given: new Set(found.keys()),
    rest,
  };
}

/**
 * Writes `--beta -1` as `--beta=-1`, since a parser cannot know that -1 is no flag, and refuses
 * flags whose value is missing.
 */
function joinValues(args: readonly string[], known: ReadonlyMap<string, Flag>): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") return [...joined, ...args.slice(i)];
    const [, name, , value] = /^--([^=]+)(=([\s\S]*))?$/.exec(arg) ?? [];
    const opposite = name?.startsWith("no-") ? known.get(name.slice(3)) : undefined;
    if (opposite && opposite.placeholder === undefined && value === undefined) {
      joined.push(`--${opposite.flag}=false`);
      continue;
    }
    const flag = name === undefined ? undefined : known.get(name);
    if (flag?.placeholder === undefined) {
      if (flag && value !== undefined && flag.read(value) === undefined) readValue(flag, [value]);
      joined.push(arg);
    } else if (value !== undefined) joined.push(arg);
    else if (i + 1 < args.length && isValue(args[i + 1])) joined.push(`${arg}=${args[++i]}`);
    else refuse(`Cannot use --${name} without a value: write --${name} ${flag.placeholder}`, name);
  }
  return joined;
}

function isValue(arg: string): boolean {
  return !arg.startsWith("-") || arg === "-" || /^-[.\d]/.test(arg);
}

function readValue(flag: Flag, texts: readonly string[]): unknown {
  const name = flag.flag;
  if (texts.length > 1 && !flag.many) {
    const values = flag.placeholder ? `: it is given as ${texts.join(" and as ")}` : "";
    refuse(`Cannot use --${name} twice${values}`, name, texts[1]);
  }
  const text = texts.join(",");
  const value = flag.read(text);
  if (value !== undefined) return value;
  const nearest = flag.choices && nearestName(text, flag.choices);
  return refuse(
    `Cannot use --${name} ${text || '""'}: it must be ${flag.range}` +
      (nearest ? `; did you mean ${nearest}?` : ""),
    name,
    text,
  );
}

function refuseUnknown(argument: string, command: string, flags: readonly Flag[]): never {
  const name = argument.replace(/^--?/, "").replace(/=.*$/s, "");
  const nearest = nearestName(name, flags.map(({ flag }) => flag));
  return refuse(
    `Cannot use ${argument.replace(/=.*$/s, "")}: aft ${command} has no such flag` +
      (nearest ? `; did you mean --${nearest}?` : `, see aft ${command} --help`),
    name,
  );
}

function refuse(message: string, field?: string, value?: unknown): never {
  throw new ConfigError(message, { field, value });
}
