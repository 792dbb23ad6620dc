/**
 * Types for `parseArgs`. Values are `unknown` on purpose: code that narrows them also compiles
 * against the finer types of JSR's copy.
 */

/** Which flags there are and what they take. */
export interface ParseOptions {
  /** Put what follows `--` into `"--"` instead of `_`. */
  "--"?: boolean;
  /** Further names of a flag. */
  alias?: Record<string, string | readonly string[]>;
  /** Flags that take no value; `true`: all of them. */
  boolean?: boolean | string | readonly string[];
  /** Values of flags that are not given. */
  default?: Record<string, unknown>;
  /** Flags whose values are strings. */
  string?: string | readonly string[];
  /** Flags that may be given several times. */
  collect?: string | readonly string[];
  /** Flags that `--no-NAME` turns off. */
  negatable?: string | readonly string[];
  /** Stop at the first positional argument. */
  stopEarly?: boolean;
  /** Called for what is not described; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Flags by name, positional arguments in `_`. */
export interface Args {
  _: Array<string | number>;
  [name: string]: unknown;
}

export function parseArgs(args: string[], options?: ParseOptions): Args;
