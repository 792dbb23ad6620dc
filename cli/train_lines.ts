/** What `aft train` says to people while it goes on. */

import { folderOf } from "../aft/files.ts";
import type { InitProgress, Progress, StartProgress, StepProgress } from "../aft/progress.ts";
import type { ScaleReport } from "../aft/rho.ts";
import { RunFolder } from "../aft/run.ts";
import { count, duration, loss, number, percent, shape } from "./format.ts";
import type { Output } from "./output.ts";
import { readingText } from "./reading.ts";
import { energyText } from "./scales.ts";
import { scoreText } from "./score.ts";

/** Turns progress into lines, and knows how fast it goes. */
export class TrainLines {
  readonly #output: Output;
  #steps = 0;
  #method = "";
  #scales: ScaleReport | undefined;
  /** Where the last stretch between two lines of the log began. */
  #before = { step: 0, seconds: 0 };

  constructor(output: Output) {
    this.#output = output;
  }

  /** Says one event. */
  show(progress: Progress): void {
    switch (progress.event) {
      case "reading":
        return this.#output.passing(readingText(progress));
      case "init":
        return this.#init(progress);
      case "start":
        return this.#start(progress);
      case "step":
        return this.#step(progress);
      case "preparation":
        return this.#output.passing(`${this.#method} prepares, ${progress.done}/${progress.of}`);
      case "evaluation": {
        const { step, split, scales } = progress;
        this.#scales = scales;
        if (step === this.#steps && split === "test") return; // said again when all is done
        return this.#output.line(`${this.#place(step)}  ${split}: ${scoreText(progress)}`);
      }
      case "checkpoint":
        return this.#output.line(`${this.#place(progress.step)}  saved ${progress.checkpoint}`);
      case "interrupted":
        return this.#output.line(
          `${this.#place(progress.step)}  stopped, saved ${progress.checkpoint}; ` +
            "the same command with --resume goes on",
        );
      case "done":
        this.#output.field("Test", scoreText(progress.test));
        if (this.#scales) this.#output.field("Energy", energyText(this.#scales));
        this.#output.field("Time", duration(progress.seconds));
        return this.#saved(progress.checkpoint);
    }
  }

  #saved(checkpoint: string | undefined): void {
    if (checkpoint === undefined) return;
    this.#output.field("Saved", checkpoint);
    const folder = new RunFolder(folderOf(checkpoint));
    this.#output.field("Report", folder.report);
  }

  /** Which weights the student starts from, and which it does not. */
  #init({ file, matched, differing, missing, unused }: InitProgress): void {
    const output = this.#output;
    output.field("Init", `${file}, ${count(matched.length, "weight")} matched`);
    for (const { name, from, shape: own } of matched) {
      output.field("", `${name} ${shape(own)} from ${from}`);
    }
    for (const { name, from, shape: own, found } of differing) {
      output.field("", `not ${name} ${shape(own)}: ${from} is ${shape(found)}`);
    }
    for (const { name, shape: own } of missing) {
      output.field("", `not ${name} ${shape(own)}: the file has no such weight`);
    }
    for (const { name, shape: own } of unused) {
      output.field("", `left ${name} ${shape(own)} of the file: the student has no such weight`);
    }
  }

  #start(progress: StartProgress): void {
    const { step, steps, method, student, lora, parameters, rows, teachers, device } = progress;
    this.#steps = steps;
    this.#method = method;
    this.#before = { step, seconds: NaN };
    const output = this.#output;
    const counts = [rows.train, rows.val, rows.test].map((n) => number(n));
    output.field("Rows", `${counts[0]} train, ${counts[1]} val, ${counts[2]} test`);
    for (const { name, columns } of teachers) {
      output.field("Teacher", `${name}, ${count(columns, "column")}`);
    }
    const rank = lora === undefined ? "" : `LoRA of rank ${number(lora)}, `;
    output.field("Student", `${student}, ${rank}${count(parameters, "parameter")}`);
    output.field("Method", method);
    output.field("Device", device);
    if (step > 0) output.field("Resumed", `after step ${number(step)} of ${number(steps)}`);
  }

  /** The progress line on a terminal, a line of its own elsewhere. */
  #step(progress: StepProgress): void {
    const { step, taskLoss, regulariser, accuracy, learningRate } = progress;
    const parts = [
      this.#place(step),
      `task ${loss(taskLoss)}`,
      regulariser === undefined ? undefined : `${this.#method} ${loss(regulariser)}`,
      accuracy === undefined ? undefined : `accuracy ${percent(accuracy)}`,
      `lr ${number(learningRate, 3)}`,
      ...this.#pace(progress),
    ];
    this.#output.passing(parts.filter((part) => part !== undefined).join("  "));
  }

  /** Rate and remaining time, from the stretch since the line before. */
  #pace({ step, seconds }: StepProgress): string[] {
    const { step: from, seconds: began } = this.#before;
    this.#before = { step, seconds };
    if (Number.isNaN(began) || seconds <= began) return [];
    const rate = (step - from) / (seconds - began);
    const left = (this.#steps - step) / rate;
    return [`${number(rate, 3)} steps/s`, ...left > 0 ? [`${duration(left)} left`] : []];
  }

  #place(step: number): string {
    const steps = String(this.#steps);
    return `step ${String(step).padStart(steps.length)}/${steps}`;
  }
}
