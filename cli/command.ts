/** What a command is: the entry that help texts, checks and dispatch follow from. */

import { type Arguments, type Signature, switchFlag } from "./flags.ts";
import type { Output } from "./output.ts";

/** A command of `aft`. */
export interface Command extends Signature {
  /** What it does, in a line. */
  readonly summary: string;
  /** What stands behind its name, such as `--data PATH [flags]`. */
  readonly usage: string;
  /** What else a user should know; one paragraph each. */
  readonly notes?: readonly string[];
  /** Command lines that work, each with what it is for. */
  readonly examples: readonly (readonly [purpose: string, line: string])[];
  /**
   * Does it.
   *
   * @param args Checked arguments.
   * @param output Where its words go.
   * @returns The exit code.
   */
  run(args: Arguments, output: Output): Promise<number>;
}

/** Flags that every command has. */
export const common = {
  json: switchFlag("json", "print JSON lines for machines"),
  help: switchFlag("help", "print this text"),
} as const;

/** Exit code of a run that was stopped from outside: 128 and the number of SIGINT. */
export const INTERRUPTED = 130;
