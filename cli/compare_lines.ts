/** What `aft compare` says to people while it goes on, and its table. */

import type { CompareProgress } from "../aft/compare/progress.ts";
import type { CompareRow, Setting, Shard } from "../aft/compare/types.ts";
import type { TaskKind } from "../aft/data/types.ts";
import { count, duration, number, percent, table } from "./format.ts";
import type { Output } from "./output.ts";
import { readingText } from "./reading.ts";
import { scoreText } from "./score.ts";

type Of<E extends CompareProgress["event"]> = Extract<CompareProgress, { event: E }>;

/** Turns progress into lines. */
export class CompareLines {
  readonly #output: Output;
  readonly #start: number = performance.now();
  #plan: Of<"plan"> | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Says one event. */
  show(progress: CompareProgress): void {
    switch (progress.event) {
      case "reading":
        return this.#output.passing(readingText(progress));
      case "plan":
        return this.#planned(progress);
      case "note":
        return this.#output.note(progress.text);
      case "progress":
        return this.#output.progress(`${this.#place(progress)}  ${progress.text}`);
      case "run":
        return this.#output.line(
          `${this.#place(progress)}  ${this.#about(progress)}: ${scoreText(progress.test)}${
            progress.val ? `; val ${scoreText(progress.val)}` : ""
          }  ${duration(progress.seconds)}${this.#left(progress)}`,
        );
      case "failed":
        return this.#output.line(
          `${this.#place(progress)}  ${this.#about(progress)} failed: ${progress.message}`,
        );
      case "probe": {
        const { teachers, trainSize, seed, test } = progress;
        const rows = count(trainSize, "training row");
        const about = `${teachers.join(" + ")}, ${rows}, seed ${seed}`;
        return this.#output.field("Probe", `${about}: ${scoreText(test)}`);
      }
      case "chosen":
        return this.#chosen(progress);
      case "interrupted":
        return this.#output.line(
          `Stopped after ${count(progress.done, "run")}, which are kept; the same command goes on`,
        );
      case "done":
        return this.#done(progress);
    }
  }

  #planned(plan: Of<"plan">): void {
    this.#plan = plan;
    const { tune, final, finished, jobs, comparison, shard } = plan;
    const methods = [...new Set(comparison.cells.map(({ method }) => method))];
    const settings = new Set(comparison.cells.map(({ setting }) => JSON.stringify(setting))).size;
    this.#output.field(
      "Compare",
      `${methods.join(", ")}; ${count(settings, "setting")}, ` +
        `${count(new Set(comparison.cells[0].final.map(({ seed }) => seed)).size, "seed")}`,
    );
    const part = shard ? `, part ${partOf(shard)}` : "";
    this.#output.field(
      "Runs",
      `${number(tune)} to choose beta, ${number(final)} more for the table${part}; ${
        number(finished)
      } are there${jobs > 1 ? `; ${jobs} at a time` : ""}`,
    );
  }

  #chosen({ method, beta, trials, ...setting }: Of<"chosen">): void {
    const tried = trials.map(({ beta, error }) =>
      `${number(beta)}: ${error === null ? "diverged" : this.#error(error)}`
    );
    const last = Math.max(...trials.map(({ beta }) => beta));
    const edge = beta === last ? "; the largest of the list, a larger one may be better" : "";
    this.#output.field(
      "Beta",
      `${method}${this.#where(setting)}: ${number(beta)} (validation error ${
        tried.join(", ")
      })${edge}`,
    );
  }

  #error(error: number): string {
    return this.#plan?.comparison.task === "regression" ? number(error) : percent(error);
  }

  #done({ rows, task, files, missing, seconds }: Of<"done">): void {
    const output = this.#output;
    if (rows.length > 0) {
      output.line();
      for (const line of rowLines(rows, task)) output.line(line);
      output.line();
    }
    if (missing > 0) {
      const shard = this.#plan?.shard;
      output.field(
        "Missing",
        `${count(missing, "run")} of the table; ${
          shard
            ? "once all parts have ended, the same commands again do what a choice of beta kept " +
              "waiting, and the one without --shard does the rest"
            : "the same command tries again what was not kept"
        }`,
      );
    }
    output.field("Time", duration(seconds));
    if (files.length > 0) output.field("Saved", files.join(", "));
  }

  #place({ done, total }: { done: number; total: number }): string {
    const all = String(total);
    return `run ${String(done).padStart(all.length)}/${all}`;
  }

  #about(run: Of<"run"> | Of<"failed">): string {
    const purpose = run.purpose === "tune" ? "tune " : "";
    const beta = run.beta === 0 ? "" : `, beta ${number(run.beta)}`;
    return `${purpose}${run.method}${this.#where(run)}${beta}, seed ${run.seed}`;
  }

  /** The parts of a setting that are not the same for all. */
  #where({ trainSize, noise, teachers }: Setting): string {
    const settings = this.#plan?.comparison.cells.map(({ setting }) => setting) ?? [];
    const several = (part: keyof Setting) =>
      new Set(settings.map((setting) => JSON.stringify(setting[part]))).size > 1;
    return [
      ...several("trainSize") ? [`, ${count(trainSize, "row")}`] : [],
      ...several("noise") ? [`, ${count(noise, "noise column")}`] : [],
      ...several("teachers") ? [`, ${teachers.join(" + ")}`] : [],
    ].join("");
  }

  /** Remaining time by the pace so far. */
  #left({ done, total }: { done: number; total: number }): string {
    const seconds = (performance.now() - this.#start) / 1000;
    return done < total ? `, ${duration(seconds / done * (total - done))} left` : "";
  }
}

function partOf({ index, count }: Shard): string {
  return `${index} of ${count}`;
}

/** A column of the table. */
interface Column {
  readonly head: string;
  readonly cell: (row: CompareRow) => string;
  /** Whether it stands aside where all rows have the same. */
  readonly onlyWhereItDiffers?: boolean;
  /** Whether it holds words, which stand left. */
  readonly isText?: boolean;
}

/** The table as lines: percentages and points for accuracies, R2 as it is. */
export function rowLines(rows: readonly CompareRow[], task: TaskKind): string[] {
  const shown = columnsOf(task).filter(({ cell, onlyWhereItDiffers }) =>
    !onlyWhereItDiffers || new Set(rows.map(cell)).size > 1
  );
  const lines = rows.map((row) => shown.map(({ cell }) => cell(row)));
  const words = shown.filter(({ isText }) => isText).length;
  return table([shown.map(({ head }) => head), ...lines], words);
}

function columnsOf(task: TaskKind): Column[] {
  const isShare = task === "classification";
  const value = (x: number) => isShare ? (100 * x).toFixed(1) : x.toFixed(3);
  const signed = (x: number | null) =>
    x === null ? "-" : `${x < 0 ? "-" : "+"}${value(Math.abs(x))}`;
  const spread = ({ accuracyMean: mean, accuracySd: sd }: CompareRow) =>
    mean === null ? "-" : value(mean) + (sd === null ? "" : ` +- ${value(sd)}`);
  return [
    { head: "method", cell: ({ method }) => method, isText: true },
    {
      head: "teachers",
      cell: ({ teachers }) => teachers.join("+"),
      onlyWhereItDiffers: true,
      isText: true,
    },
    { head: "rows", cell: ({ trainSize }) => number(trainSize) },
    { head: "noise", cell: ({ noise }) => number(noise), onlyWhereItDiffers: true },
    { head: "beta", cell: ({ beta }) => beta === null ? "-" : number(beta) },
    { head: "seeds", cell: ({ seeds }) => number(seeds) },
    { head: isShare ? "accuracy %" : "R2", cell: spread },
    { head: "difference", cell: ({ diffMean }) => signed(diffMean) },
    {
      head: "95 % interval",
      cell: ({ diffLow, diffHigh }) =>
        diffLow === null ? "-" : `${signed(diffLow)} to ${signed(diffHigh)}`,
    },
    {
      head: "better:worse",
      cell: ({ signs, signsAgainst }) => signs === null ? "-" : `${signs}:${signsAgainst}`,
    },
    { head: "norm. error", cell: ({ normalisedError }) => normalisedError?.toFixed(3) ?? "-" },
    { head: "loss", cell: ({ lossMean }) => lossMean?.toFixed(3) ?? "-" },
  ];
}
