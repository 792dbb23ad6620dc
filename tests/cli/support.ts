/** What tests of the command share: running it here or in a process, and small data. */

import { runCommand } from "../../cli/main.ts";
import type { Streams } from "../../cli/output.ts";
import { encodeSafetensors } from "../../nn/safetensors.ts";
import { fromRoot } from "../../tools/root.ts";
import { importMapFlag } from "../../tools/run_deno.ts";

/** How a command ended, and what it wrote. */
export interface Ended {
  exit: number;
  stdout: string;
  stderr: string;
}

/** Streams that keep what is written. */
export function keepingStreams(
  { terminal = false, colours = false, columns = 100 } = {},
): Streams & { texts: { stdout: string; stderr: string } } {
  const texts = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    isTerminal: terminal,
    columns,
    write: (text: string) => void (texts[name] += text),
  });
  return { stdout: stream("stdout"), stderr: stream("stderr"), colours, texts };
}

/** Runs the command in this process. */
export async function here(args: readonly string[], how = {}): Promise<Ended> {
  const streams = keepingStreams(how);
  const exit = await runCommand(args, streams);
  return { exit, ...streams.texts };
}

/** The command as a process of its own, with the permissions of its task. */
export function command(args: readonly string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command("deno", {
    args: [
      ...["run", ...importMapFlag(), "--no-prompt", "--quiet", "--allow-read", "--allow-write"],
      ...["--allow-env=AFT_TUNE_CACHE,NO_COLOR", fromRoot("cli.ts"), ...args],
    ],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the command in a process of its own. */
export async function apart(args: readonly string[], env = {}): Promise<Ended> {
  const { code, stdout, stderr } = await command(args, env).output();
  const text = new TextDecoder();
  return { exit: code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The JSON lines of a text. */
// deno-lint-ignore no-explicit-any -- tests look into whatever a line holds
export function events(text: string): any[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Runs `action` in a folder that goes afterwards. */
export async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aft_cli_" });
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const CLASSES = ["low", "high"];

/**
 * Writes `data/train.csv`, `data/test.csv`, `new.csv` without labels, and `teacher.safetensors`
 * into a folder: 64 training and 16 test rows, whose class follows from the first column.
 */
export async function writeSmallData(folder: string): Promise<void> {
  const row = (i: number) => [(i * 7) % 16, (i * 5) % 11];
  const labelled = (count: number) =>
    Array.from({ length: count }, (_, i) => [...row(i), CLASSES[row(i)[0] < 8 ? 0 : 1]].join(","));
  await Deno.mkdir(`${folder}/data`);
  for (const [name, count] of [["train", 64], ["test", 16]] as const) {
    const lines = ["size,noise,label", ...labelled(count)];
    await Deno.writeTextFile(`${folder}/data/${name}.csv`, `${lines.join("\n")}\n`);
  }
  await Deno.writeTextFile(`${folder}/new.csv`, "noise,size\n3,0\n4,15\n");
  const values = Float32Array.from({ length: 64 * 3 }, (_, i) => {
    const [size] = row(Math.floor(i / 3));
    return [size / 8 - 1, size < 8 ? 1 : -1, 0.5][i % 3];
  });
  const train = { dtype: "F32", shape: [64, 3], values } as const;
  const notes = { model: "ruler" };
  await Deno.writeFile(`${folder}/teacher.safetensors`, encodeSafetensors({ train }, notes));
}

/** Flags of a training run on the small data that takes a moment. */
const SMALL: Readonly<Record<string, string>> = {
  student: "mlp:8",
  lr: "0.02",
  "batch-size": "32",
  beta: "1",
};

/** Arguments of such a run, with other values of its flags, and further ones. */
export function smallRun(
  folder: string,
  changes: Readonly<Record<string, string>> = {},
  ...more: readonly string[]
): string[] {
  const flags = {
    data: `${folder}/data`,
    features: `${folder}/teacher.safetensors`,
    out: `${folder}/run`,
    ...SMALL,
    ...changes,
  };
  const given = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return ["train", ...given, ...more];
}
