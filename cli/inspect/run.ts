/** What a run folder, a configuration and a log hold. */

import { configToJson } from "../../aft/config.ts";
import type { Score } from "../../aft/evaluate.ts";
import { lookAt, readText } from "../../aft/files.ts";
import { readConfig } from "../../aft/run.ts";
import { FormatError } from "../../gpu/errors.ts";
import { bytes, count, duration, number } from "../format.ts";
import { scoreText } from "../score.ts";
import { inspectCheckpoint } from "./checkpoint.ts";
import type { Finding } from "./finding.ts";

const FILES = {
  config: "config.json",
  log: "metrics.jsonl",
  checkpoint: "checkpoint.safetensors",
  report: "report.html",
} as const;

/** Whether a folder with these files is a run's. */
export function isRun(names: readonly string[]): boolean {
  return names.includes(FILES.checkpoint) ||
    (names.includes(FILES.config) && names.includes(FILES.log));
}

/**
 * Reads a run folder: its checkpoint, log and configuration.
 *
 * @param folder The folder.
 * @param names Files in it.
 * @returns What it holds.
 * @throws {FormatError} If one of its files is damaged.
 */
export async function inspectRun(folder: string, names: readonly string[]): Promise<Finding> {
  const at = (name: string) => `${folder.replace(/\/+$/, "")}/${name}`;
  const has = (name: string) => names.includes(name);
  const checkpoint = has(FILES.checkpoint) ? await inspectCheckpoint(at(FILES.checkpoint)) : null;
  const log = has(FILES.log) ? await inspectLog(at(FILES.log)) : null;
  const config = !checkpoint && has(FILES.config) ? await inspectConfig(at(FILES.config)) : null;
  const sizes: Record<string, number> = {};
  for (const name of Object.values(FILES)) {
    if (has(name)) sizes[name] = (await lookAt(at(name))).size;
  }
  const finished = log?.facts.finished === true || checkpoint?.facts.finished === true;
  return {
    kind: "run",
    facts: {
      finished,
      files: sizes,
      ...config && { config: config.facts.config },
      ...log && { log: log.facts },
      ...checkpoint && { checkpoint: checkpoint.facts },
    },
    print(output) {
      output.field("Run", finished ? "finished" : "not finished; aft train --resume goes on");
      const files = Object.entries(sizes).map(([name, size]) => `${name} (${bytes(size)})`);
      output.field("Files", files.join(", "));
      log?.print(output);
      (checkpoint ?? config)?.print(output);
    },
  };
}

/**
 * Reads a configuration, such as a run's.
 *
 * @param path JSON file.
 * @returns What it holds.
 * @throws {FormatError} If it is no JSON.
 * @throws {ConfigError} If a field does not exist or is out of range.
 */
export async function inspectConfig(path: string): Promise<Finding> {
  const config = configToJson(await readConfig(path));
  return {
    kind: "config",
    facts: { config },
    print(output) {
      output.field("Config", count(Object.keys(config).length, "field"));
      for (const [name, value] of Object.entries(config)) {
        output.line(`  ${name} ${Array.isArray(value) ? value.join(",") : value}`);
      }
    },
  };
}

/** What is read of a line of a log. */
interface LogLine {
  event: string;
  step: number;
  split?: string;
  seconds?: number;
  test?: Score;
}

/**
 * Reads the log of a run.
 *
 * @param path File of JSON lines.
 * @returns What it holds.
 * @throws {FormatError} If a line is no JSON.
 */
export async function inspectLog(path: string): Promise<Finding> {
  const texts = (await readText(path)).split("\n").filter((text) => text !== "");
  const lines = texts.map((text, i) => parseLine(text, path, i + 1));
  const last = lines.at(-1);
  const done = lines.findLast(({ event }) => event === "done");
  const seconds = lines.findLast((line) => line.seconds !== undefined)?.seconds;
  const evaluations = lines.filter(({ event }) => event === "evaluation");
  const facts = {
    lines: lines.length,
    lastStep: last?.step ?? 0,
    finished: done !== undefined,
    ...seconds !== undefined && { seconds },
    evaluations,
    ...done?.test && { test: done.test },
  };
  return {
    kind: "log",
    facts,
    print(output) {
      const time = seconds === undefined ? "" : ` in ${duration(seconds)}`;
      output.field(
        "Log",
        `${count(lines.length, "line")}, up to step ${number(facts.lastStep)}${time}`,
      );
      for (const { step, split, ...score } of evaluations as unknown as Evaluated[]) {
        output.field("", `step ${number(step)}, ${split}: ${scoreText(score)}`);
      }
    },
  };
}

type Evaluated = { step: number; split: string } & Score;

function parseLine(text: string, file: string, line: number): LogLine {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const place = `line ${line}`;
    throw new FormatError(`Cannot read ${file}: ${place} is no JSON`, { file, place, cause });
  }
}
