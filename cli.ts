/**
 * The command `aft`: trains a student on labelled data with the help of pre-trained models'
 * features, evaluates it, applies it, explains files, and shows all of it in a demonstration.
 *
 * ```sh
 * deno run --allow-read --allow-write jsr:@aft/aft/cli --help
 * ```
 *
 * @module
 */

import { isRunWorker } from "./aft/compare/worker.ts";
import { runCommand } from "./cli/main.ts";

/**
 * Runs the command as from a terminal, with the words going to this process's stdout and stderr.
 *
 * @param args Arguments, such as `["train", "--data", "data/cifar10", "--method", "stl"]`.
 * @returns The exit code: 0 done, 1 failed, 2 refused input, 130 stopped by Ctrl-C.
 *
 * @example
 * ```ts
 * import { main } from "@aft/aft/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["--version"]), 0);
 * assertEquals(await main(["train", "--stepps", "3"]), 2);
 * ```
 */
export function main(args: readonly string[]): Promise<number> {
  return runCommand(args);
}

// Bundled into one file, a worker of `aft compare` begins here too, and only answers.
if (import.meta.main && !isRunWorker()) Deno.exit(await main(Deno.args));
