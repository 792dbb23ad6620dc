/** What the checks share: starting Deno, temporary folders, saying aloud what happened. */

import { fromRoot, root } from "./root.ts";

/** How a Deno process ended. */
export interface Outcome {
  success: boolean;
  /** stdout, then stderr. */
  output: string;
}

/** Where and how long a Deno process runs. */
export interface RunOptions {
  /** Working folder; the repository unless given. */
  cwd?: string;
  /** Variables added to this process's own. */
  env?: Record<string, string>;
  /** Seconds after which it is ended; 600 unless given. */
  seconds?: number;
}

/** Runs Deno and waits for it. */
export async function deno(args: string[], options: RunOptions = {}): Promise<Outcome> {
  const { stdout, stderr, success } = await new Deno.Command("deno", {
    args,
    cwd: options.cwd ?? root,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    signal: AbortSignal.timeout((options.seconds ?? 600) * 1000),
  }).output();
  const text = new TextDecoder();
  return { success, output: text.decode(stdout) + text.decode(stderr) };
}

/** The flag that points Deno to npm's copy of std, with an absolute path; none where JSR answers. */
export function importMapFlag(): string[] {
  const flag = Deno.env.get("NPM_ONLY");
  return flag ? [`--import-map=${fromRoot(flag.replace("--import-map=", ""))}`] : [];
}

/** Runs `body` in a new temporary folder, which is removed afterwards. */
export async function inTemporaryFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aft-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Prints one line that says what a check found. */
export function say(check: string, text: string): void {
  console.log(`${check}: ${text}`);
}

/** Prints why a check failed, with the output that shows it, and exits 1. */
export function fail(check: string, text: string, output = ""): never {
  if (output) console.error(output.trimEnd());
  console.error(`${check}: failed: ${text}`);
  Deno.exit(1);
}
