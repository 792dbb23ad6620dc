/** One call of a comparison at work: which runs it does, and what it says of them. */

import { ConfigError, FormatError, ShapeError } from "../../gpu/errors.ts";
import { betaOf, chosenRuns, trialsOf } from "./choice.ts";
import type { Plan } from "./plan.ts";
import { fitProbe } from "./probes.ts";
import type { Runner } from "./runner.ts";
import { shareOf } from "./shares.ts";
import type { CompareFolder } from "./store.ts";
import type { CompareProgress } from "./progress.ts";
import type { Cell, CellRun, RunSpec, Shard } from "./types.ts";
import { type Hand, work, type WorkEvent } from "./work.ts";

/** Errors that would meet every run alike: what was asked for cannot be done. */
const REFUSALS = [ConfigError, FormatError, ShapeError];

/** What runs are for. */
type Purpose = "tune" | "final";

/** What a session works with. */
export interface SessionOptions {
  /** All runs. */
  readonly plan: Plan;
  /** Where they are kept. */
  readonly folder: CompareFolder;
  /** The part to do. */
  readonly shard: Shard | undefined;
  /** Stops it. */
  readonly signal: AbortSignal | undefined;
}

/** One call at work. */
export class Session {
  readonly #plan: Plan;
  readonly #folder: CompareFolder;
  readonly #shard: Shard | undefined;
  readonly #share: ReturnType<typeof shareOf>;
  readonly #signal: AbortSignal | undefined;
  #done = 0;
  #total = 0;

  /** @param options Runs, folder, part, stop signal. */
  constructor({ plan, folder, shard, signal }: SessionOptions) {
    this.#plan = plan;
    this.#folder = folder;
    this.#shard = shard;
    this.#share = shareOf(plan.comparison, shard);
    this.#signal = signal;
  }

  /** Says what will be done. */
  planned(jobs: number): CompareProgress {
    const { comparison } = this.#plan;
    const tune = this.#tuneRuns();
    const { runs, open } = this.#finalRuns();
    const finished = new Set([...tune, ...runs].filter((key) => this.#knows(key))).size;
    this.#total = new Set([...tune, ...runs]).size + open - finished;
    const more = runs.filter((key) => !tune.includes(key)).length + open;
    const counts = { tune: tune.length, final: more, finished, jobs };
    return { event: "plan", ...counts, comparison, ...this.#shard && { shard: this.#shard } };
  }

  /** Says that it was stopped. */
  interrupted(): CompareProgress {
    return { event: "interrupted", ...this.#counts };
  }

  /** Does the runs that strengths are chosen by; returns false where it was stopped. */
  async *tune(hands: readonly Hand[]): AsyncGenerator<CompareProgress, boolean> {
    yield* this.#work(hands, this.#tuneRuns(), "tune");
    if (this.#signal?.aborted) return false;
    await this.#folder.refresh();
    const { records } = this.#folder;
    for (const cell of this.#plan.comparison.cells) {
      const trials = trialsOf(cell, records);
      if (cell.tune.length === 0 || trials === undefined) continue;
      const beta = betaOf(cell, records)!;
      yield { event: "chosen", method: cell.method, ...cell.setting, beta, trials };
    }
    return true;
  }

  /** Does the runs of the table whose strength is chosen. */
  async *finish(hands: readonly Hand[]): AsyncGenerator<CompareProgress> {
    const { runs } = this.#finalRuns();
    this.#total = this.#done + runs.filter((key) => !this.#knows(key)).length;
    yield* this.#work(hands, runs, "final");
    await this.#folder.refresh();
  }

  /** Fits the linear probes that are missing; of several parts the first one does. */
  async *probe({ dataset, teachers }: Runner): AsyncGenerator<CompareProgress> {
    if (this.#shard && this.#shard.index > 1) return;
    for (const [key, spec] of this.#plan.probes) {
      if (this.#folder.probes.has(key)) continue;
      if (this.#signal?.aborted) return;
      const start = performance.now();
      const test = fitProbe(spec, dataset, teachers);
      await this.#folder.addProbe({ key, test });
      const { trainSize, seed } = spec;
      const names = spec.teachers.map((i) => teachers[i].name);
      const seconds = (performance.now() - start) / 1000;
      yield { event: "probe", teachers: names, trainSize, seed, test, seconds };
    }
  }

  async *#work(
    hands: readonly Hand[],
    keys: readonly string[],
    purpose: Purpose,
  ): AsyncGenerator<CompareProgress> {
    const folder = this.#folder;
    const specs = keys.map((key) => this.#plan.specs.get(key)!);
    const todo = specs.filter((spec) => !folder.knows(spec));
    const isThere = (spec: RunSpec) => folder.has(spec);
    for await (const event of work(hands, todo, { signal: this.#signal, isThere })) {
      if (event.kind === "result") await folder.save(event.spec, event.result);
      if (event.kind !== "step") this.#done++;
      const told = this.#told(event, purpose);
      if (told) yield told;
    }
  }

  /** What is said of an event. */
  #told(event: WorkEvent, purpose: Purpose): CompareProgress | undefined {
    const { spec } = event;
    const about = this.#about(spec, purpose);
    switch (event.kind) {
      case "there":
        return undefined;
      case "step":
        return { event: "progress", text: textOf(about, spec, event.step), ...this.#counts };
      case "error": {
        const { error } = event;
        if (REFUSALS.some((kind) => error instanceof kind)) throw error;
        const message = error instanceof Error ? error.message : String(error);
        return { event: "failed", ...about, message, kept: false, ...this.#counts };
      }
      case "result": {
        const { result } = event;
        if ("failed" in result) {
          return { event: "failed", ...about, message: result.failed, kept: true, ...this.#counts };
        }
        const { test, val, seconds } = result;
        return { event: "run", ...about, test, ...val && { val }, seconds, ...this.#counts };
      }
    }
  }

  get #counts(): { done: number; total: number } {
    return { done: this.#done, total: this.#total };
  }

  /** What is said of a run: the first of the methods and settings that it belongs to. */
  #about({ key }: RunSpec, purpose: Purpose) {
    const isOf = (run: CellRun) => run.key === key;
    const cell = this.#plan.comparison.cells.find((cell) => cell[purpose].some(isOf))!;
    const { beta, seed } = cell[purpose].find(isOf)!;
    return { method: cell.method, ...cell.setting, purpose, beta, seed };
  }

  #knows(key: string): boolean {
    return this.#folder.knows(this.#plan.specs.get(key)!);
  }

  /** Own runs that strengths are chosen by, seed by seed, so that an early end leaves whole seeds. */
  #tuneRuns(): string[] {
    const runs = this.#plan.comparison.cells.flatMap(({ tune }) => tune);
    const keys = runs.toSorted((a, b) => a.seed - b.seed).map(({ key }) => key);
    return [...new Set(keys)].filter(this.#share.tune);
  }

  /** Own runs of the table, seed by seed, and how many more there will be once all is chosen. */
  #finalRuns(): { runs: string[]; open: number } {
    const { cells } = this.#plan.comparison;
    const chosen = cells.map((cell) => chosenRuns(cell, this.#folder.records));
    const runs = chosen.flatMap((runs) => runs ?? []).toSorted((a, b) => a.seed - b.seed);
    const keys = [...new Set(runs.map(({ key }) => key))].filter(this.#share.final);
    const open = cells.filter((_, i) => chosen[i] === undefined)
      .reduce((sum, cell) => sum + this.#openRuns(cell), 0);
    return { runs: keys, open };
  }

  /** Own runs of a cell whose strength is not chosen, but for those that choose it themselves. */
  #openRuns({ tune, final }: Cell): number {
    const tuned = new Set(tune.map(({ key }) => key));
    const done = new Set(final.filter(({ key }) => tuned.has(key)).map(({ seed }) => seed));
    const own = final.filter(({ key, seed }) => this.#share.final(key) && !done.has(seed));
    return new Set(own.map(({ seed }) => seed)).size;
  }
}

/** A run while it goes on, for a progress line. */
function textOf(
  about: { method: string; trainSize: number; noise: number; beta: number; seed: number },
  { settings: { steps } }: RunSpec,
  step: number,
): string {
  const { method, trainSize, noise, beta, seed } = about;
  const where = noise > 0 ? `${trainSize} rows, ${noise} noise columns` : `${trainSize} rows`;
  const strength = beta === 0 ? "" : `, beta ${beta}`;
  return `${method}, ${where}${strength}, seed ${seed}: step ${step} of ${steps}`;
}
