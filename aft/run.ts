/** The run folder: configuration, log, checkpoint, report. */

import { ConfigError } from "../gpu/errors.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { configFromJson, configToJson, type TrainConfig } from "./config.ts";
import {
  appendLine,
  exists,
  lookAt,
  makeFolder,
  readJson,
  readText,
  writeAtomic,
} from "./files.ts";
import type { DoneProgress, EvaluationProgress, Progress, StepProgress } from "./progress.ts";

/** A line of `metrics.jsonl`. */
export type LogLine = StepProgress | EvaluationProgress | DoneProgress;

/**
 * Reads a configuration file, such as a run's `config.json`.
 *
 * @param path A JSON file.
 * @returns The fields that it gives, checked.
 * @throws {FormatError} If it is no JSON object.
 * @throws {ConfigError} If a field does not exist or is out of range.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 *
 * @example
 * ```ts
 * import { readConfig, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/run.json`;
 * await writeAtomic(path, '{ "batch-size": 64 }');
 * assertEquals(await readConfig(path), { batchSize: 64 });
 * ```
 */
export async function readConfig(path: string): Promise<Partial<TrainConfig>> {
  return configFromJson(await readJson(path), path);
}

/** A run folder. Nothing is written before {@linkcode RunFolder.open}. */
export class RunFolder {
  /** The folder. */
  readonly path: string;
  readonly #lines: LogLine[] = [];

  /**
   * Names the folder.
   *
   * @param path The folder; it need not be there yet.
   */
  constructor(path: string) {
    this.path = path.replace(/(.)[/\\]+$/, "$1");
  }

  /** The configuration that the run began with. */
  get config(): string {
    return `${this.path}/config.json`;
  }

  /** Progress, one line of JSON each. */
  get metrics(): string {
    return `${this.path}/metrics.jsonl`;
  }

  /** Weights and all that is needed to go on. */
  get checkpoint(): string {
    return `${this.path}/checkpoint.safetensors`;
  }

  /** The page to look at. */
  get report(): string {
    return `${this.path}/report.html`;
  }

  /** Lines of the log that hold for this run. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Seconds of training that the log knows of. */
  get seconds(): number {
    return this.#lines.reduce((most, line) => "seconds" in line ? line.seconds : most, 0);
  }

  /**
   * Looks for a run to go on with.
   *
   * @param resume Whether to go on with what is there.
   * @returns Its checkpoint, where there is one, and the configuration it began with.
   * @throws {ConfigError} If there is a checkpoint and it is not to be resumed, or the path is a file.
   */
  async find(
    resume: boolean,
  ): Promise<{ checkpoint?: Checkpoint; begun: Partial<TrainConfig> }> {
    const refuse = (reason: string) => {
      throw new ConfigError(`Cannot train into ${this.path}: ${reason}`, {
        field: "out",
        value: this.path,
      });
    };
    if (await exists(this.path) && !(await lookAt(this.path)).isFolder) refuse("it is a file");
    const hasCheckpoint = await exists(this.checkpoint);
    if (!resume) {
      if (hasCheckpoint) refuse("it holds a checkpoint; resume it, or choose another folder");
      return { begun: {} };
    }
    const begun = await exists(this.config) ? await readConfig(this.config) : {};
    if (!hasCheckpoint) return { begun };
    const checkpoint = await readCheckpoint(this.checkpoint);
    await this.#readLines(checkpoint.step);
    return { checkpoint, begun: { ...begun, ...checkpoint.config } };
  }

  /**
   * Makes the folder, or makes one that is there ready to go on: what the log says beyond the
   * checkpoint is cut off, since it will happen again.
   *
   * @param config The whole configuration.
   */
  async open(config: TrainConfig): Promise<void> {
    await makeFolder(this.path);
    await writeAtomic(this.config, `${JSON.stringify(configToJson(config), null, 2)}\n`);
    await writeAtomic(this.metrics, this.#lines.map((line) => `${JSON.stringify(line)}\n`));
  }

  /** Adds a line to the log, where the event belongs there. */
  async log(progress: Progress): Promise<void> {
    if (!isLogLine(progress)) return;
    this.#lines.push(progress);
    await appendLine(this.metrics, JSON.stringify(progress));
  }

  /** Replaces the checkpoint. */
  async save(checkpoint: Checkpoint): Promise<string> {
    await writeCheckpoint(this.checkpoint, checkpoint);
    return this.checkpoint;
  }

  /** Lines up to a step, each once; a line that was cut off by a crash is dropped. */
  async #readLines(step: number): Promise<void> {
    if (!await exists(this.metrics)) return;
    for (const text of (await readText(this.metrics)).split("\n")) {
      const line = parseLine(text);
      if (line && isLogLine(line) && line.step <= step) this.#lines.push(line);
    }
  }
}

function parseLine(text: string): Progress | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLogLine(progress: Progress): progress is LogLine {
  return ["step", "evaluation", "done"].includes(progress.event);
}
