/** How errors are told: in one line with an exit code, or with their stack where none was expected. */

import { isTooLong } from "../aft/files.ts";
import { TrainingError } from "../aft/training/error.ts";
import { ConfigError, FormatError, GpuError, ShapeError } from "../gpu/errors.ts";

/** An error as the command reports it. */
export interface Failure {
  /** What to print: a line, or a stack. */
  readonly text: string;
  /** The message alone, in one line. */
  readonly message: string;
  /** The exit code. */
  readonly exit: number;
}

/** What went wrong in ways that were foreseen. */
const FAILED = [GpuError, TrainingError];

/** What was asked for cannot be done: the user can mend it. */
const REFUSED = [
  ShapeError,
  FormatError,
  ConfigError,
  Deno.errors.NotFound,
  Deno.errors.PermissionDenied,
  Deno.errors.NotCapable,
  Deno.errors.IsADirectory,
  Deno.errors.NotADirectory,
];

/**
 * Says how an error ends the command.
 *
 * @param error What was thrown.
 * @returns Text and exit code: 2 for what the user can mend, 1 for everything else; errors that
 * nobody expected keep their stack.
 */
export function explain(error: unknown): Failure {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  const text = `error: ${message}`;
  if (REFUSED.some((kind) => error instanceof kind) || isTooLong(error)) {
    return { text, message, exit: 2 };
  }
  if (FAILED.some((kind) => error instanceof kind)) return { text, message, exit: 1 };
  const stack = error instanceof Error ? error.stack : undefined;
  return { text: stack ?? text, message, exit: 1 };
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}
