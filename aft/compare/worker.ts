/**
 * Runs in workers. This module is its own worker: it starts one from its own address, so that the
 * command also has workers as one bundled file or as a binary.
 *
 * @module
 */

import { ConfigError, FormatError, GpuError, ShapeError } from "../../gpu/errors.ts";
import { loadTuning, savedTuning } from "../../gpu/mod.ts";
import { Runner, type RunSource } from "./runner.ts";
import type { RunResult, RunSpec } from "./types.ts";

/** Name by which a worker knows that it is one of these. */
const NAME = "aft-compare-run";

/** What a worker is asked. */
type Asked =
  | {
    readonly kind: "run";
    readonly source: RunSource;
    readonly spec: RunSpec;
    /** Kernels that were measured or read here: the worker takes the same ones. */
    readonly tuning: ReturnType<typeof savedTuning>;
  }
  | { readonly kind: "stop" };

/** What a worker answers. */
type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "result"; readonly result: RunResult | undefined }
  | { readonly kind: "error"; readonly name: string; readonly message: string };

/** The part of a worker's globals that is used here. */
interface WorkerGlobals {
  name?: string;
  onmessage: ((event: { data: Asked }) => void) | null;
  postMessage(answer: Answer): void;
}

/** Whether this module was started as such a worker. */
export function isRunWorker(): boolean {
  return (globalThis as unknown as WorkerGlobals).name === NAME;
}

/** Errors whose kind matters to whoever waits for a run. */
const KINDS: Readonly<Record<string, (message: string) => Error>> = {
  ConfigError: (message) => new ConfigError(message, {}),
  FormatError: (message) => new FormatError(message, { file: "" }),
  ShapeError: (message) => new ShapeError(message),
  GpuError: (message) => new GpuError(message),
};

/** A worker that does one run at a time. One that broke is replaced at the next run. */
export class RunWorker {
  readonly #source: RunSource;
  #worker: Worker | undefined;

  /** @param source Data and features, which the worker reads itself. */
  constructor(source: RunSource) {
    this.#source = source;
  }

  /**
   * Starts the worker.
   *
   * @throws {Error} If this program cannot start one.
   */
  async start(): Promise<void> {
    const worker = new Worker(import.meta.url, { type: "module", name: NAME });
    try {
      await answered(worker, (answer) => answer.kind === "ready");
    } catch (error) {
      worker.terminate();
      throw error;
    }
    this.#worker = worker;
  }

  /**
   * Does a run.
   *
   * @param spec The run.
   * @param options Stop signal, and who is told of steps.
   * @returns What came out; undefined where it was stopped.
   * @throws {Error} What the run threw, or that the worker broke.
   */
  async run(
    spec: RunSpec,
    { signal, told }: { signal?: AbortSignal; told?: (step: number) => void } = {},
  ): Promise<RunResult | undefined> {
    if (this.#worker === undefined) await this.start();
    const worker = this.#worker!;
    const stop = () => worker.postMessage({ kind: "stop" } satisfies Asked);
    signal?.addEventListener("abort", stop);
    try {
      const asked: Asked = { kind: "run", source: this.#source, spec, tuning: savedTuning() };
      worker.postMessage(asked);
      const answer = await answered(worker, (answer) => {
        if (answer.kind === "step") told?.(answer.step);
        return answer.kind === "result" || answer.kind === "error";
      });
      if (answer.kind === "result") return answer.result;
      if (answer.kind === "error") throw revived(answer);
    } catch (error) {
      if (!(error instanceof WorkerBroke)) throw error;
      this.close();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Ends the worker. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** A worker ended by an error that it did not catch. */
class WorkerBroke extends Error {}

/** The first answer that `isLast` accepts. */
function answered(worker: Worker, isLast: (answer: Answer) => boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (isLast(data)) resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new WorkerBroke(event.message));
    };
  });
}

function revived({ name, message }: Extract<Answer, { kind: "error" }>): Error {
  return KINDS[name]?.(message) ?? new Error(`${name}: ${message}`);
}

/** Answers to what the worker is asked. */
function serve(globals: WorkerGlobals): void {
  let runner: Promise<Runner> | undefined;
  let asked = new AbortController();
  globals.onmessage = async ({ data }) => {
    if (data.kind === "stop") return asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const told = (step: number) => globals.postMessage({ kind: "step", step });
    try {
      loadTuning(data.tuning);
      runner ??= Runner.open(data.source);
      const result = await (await runner).run(data.spec, { signal, told });
      globals.postMessage({ kind: "result", result });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      globals.postMessage({ kind: "error", name, message });
    }
  };
  globals.postMessage({ kind: "ready" });
}

if (isRunWorker()) serve(globalThis as unknown as WorkerGlobals);
