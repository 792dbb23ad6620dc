/** The engines that are compared, each in a process of its own. */

import type { Line } from "../measure.ts";

/** An engine: how a process of it runs one workload. */
export interface Engine {
  /** Name of the library. */
  lib: string;
  /** Arguments of `deno` for a workload. */
  args(workload: string): string[];
}

const here = (path: string) => new URL(path, import.meta.url).href;
const peer = (lib: string): Engine => ({
  lib,
  args: (workload) => [
    "run",
    `--config=${new URL("libraries.json", import.meta.url).pathname}`,
    ...["--frozen", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys"],
    ...[here("main.ts"), lib, workload],
  ],
});

/** Ours first, then its peers. */
export const engines: readonly Engine[] = [
  {
    lib: "aft",
    args: (workload) => [
      "run",
      ...["--no-prompt", "--allow-read", "--allow-env=AFT_TUNE_CACHE,NO_COLOR"],
      ...[here("../main.ts"), "--json", workload],
    ],
  },
  peer("jax-js"),
  peer("tfjs"),
];

/** What a process said: its line, or why there is none. */
export type Outcome = { line: Line } | { failure: string };

/**
 * Runs a workload on an engine in a process of its own.
 *
 * @param engine Which.
 * @param workload Its name.
 * @param cold Whether the driver may not use kernels that it compiled before.
 */
export async function runApart(engine: Engine, workload: string, cold: boolean): Promise<Outcome> {
  const { stdout, stderr, success } = await new Deno.Command("deno", {
    args: engine.args(workload),
    env: { NO_COLOR: "1", ...cold && { MESA_SHADER_CACHE_DISABLE: "true" } },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const [said, complaint] = [stdout, stderr].map((bytes) => text.decode(bytes).trim());
  const last = said.split("\n").at(-1)!;
  if (success && last.startsWith("{")) return { line: JSON.parse(last) as Line };
  const reason = complaint.split("\n").find((line) => /error|wrong|not/i.test(line));
  return { failure: reason ?? complaint.split("\n").at(-1) ?? "it printed nothing" };
}
