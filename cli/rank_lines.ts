/** What `aft rank` says to people while it goes on. */

import type { RankDone, RankProgress, RankStart, TeacherScores } from "../aft/rank/rank.ts";
import { type ScoreName, teacherScores } from "../aft/rank/scores.ts";
import type { SelectProgress } from "../aft/rank/select.ts";
import { count, duration, number, percent, table } from "./format.ts";
import type { Output } from "./output.ts";
import { scoreText } from "./score.ts";

/** Turns progress into lines. */
export class RankLines {
  readonly #output: Output;
  #isClasses = true;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Says one event of the ranking. */
  showRank(progress: RankProgress): void {
    switch (progress.event) {
      case "start":
        return this.#start(progress);
      case "scoring":
        return this.#output.progress(`scoring ${progress.name}: ${progress.score}`);
      case "teacher":
        if (this.#output.showsProgress) return;
        return this.#output.line(`scored ${progress.name} in ${duration(total(progress))}`);
      case "ranking":
        return this.#table(progress);
      case "interrupted":
        return this.#output.line("Stopped; nothing is written");
    }
  }

  /** Says one event of the choice. */
  showSelect(progress: SelectProgress): void {
    const output = this.#output;
    switch (progress.event) {
      case "trial": {
        const { round, teachers, validation } = progress;
        const names = teachers.join(" + ") || "no teacher";
        if (round === 0) output.line();
        return output.line(`round ${round}  ${names}: ${scoreText(validation)}`);
      }
      case "round": {
        const { round, added } = progress;
        const what = added === undefined ? "no teacher lowers the loss by 1 %" : `added ${added}`;
        return output.line(output.styled("bold", `round ${round}  ${what}`));
      }
      case "selected": {
        const { teachers, validation } = progress;
        output.line();
        return output.field(
          "Selected",
          `${teachers.join(", ") || "no teacher"}: ${scoreText(validation)}`,
        );
      }
      case "interrupted":
        return output.line("Stopped; nothing is written");
    }
  }

  #start({ task, rows, teachers }: RankStart): void {
    this.#isClasses = task === "classification";
    const output = this.#output;
    output.field("Rows", `${number(rows.train)} to fit, ${number(rows.val)} to validate`);
    for (const { name, columns } of teachers) {
      output.field("Teacher", `${name}, ${count(columns, "column")}`);
    }
    const absent = Object.values(teacherScores).filter(({ forValues }) => !forValues);
    if (this.#isClasses) return;
    output.field(
      "Scores",
      `without ${absent.map(({ name }) => name).join(" and ")}, which are for classes; probe and ` +
        "knn are R2",
    );
  }

  #table({ ranking, score, seconds }: RankDone): void {
    const names = Object.keys(ranking[0].scores) as ScoreName[];
    const head = ["teacher", "columns", ...names.map((name) => name === score ? `${name}*` : name)];
    const rows = ranking.map(({ name, columns, scores }) => [
      name,
      number(columns),
      ...names.map((score) => this.#value(score, scores[score]!)),
    ]);
    const spent = names.map((name) => {
      return duration(ranking.reduce((sum, { seconds }) => sum + seconds[name]!, 0));
    });
    this.#output.line();
    for (const line of table([head, ...rows, ["time", "", ...spent]])) this.#output.line(line);
    this.#output.line(
      this.#output.styled("dim", `* orders the table, best first; all in ${duration(seconds)}`),
    );
  }

  #value(name: ScoreName, value: number): string {
    return teacherScores[name].isShare && this.#isClasses ? percent(value) : number(value);
  }
}

function total({ seconds }: TeacherScores): number {
  return Object.values(seconds).reduce((a, b) => a + b, 0);
}
