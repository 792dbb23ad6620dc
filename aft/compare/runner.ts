/** Does the runs of a comparison, with data and features that are read once. */

import { openGpu } from "../../gpu/mod.ts";
import type { Told } from "../bit_by_bit.ts";
import { readDataset } from "../data/dataset.ts";
import { readFeatures, type Teacher } from "../data/features.ts";
import type { Dataset, DatasetOptions } from "../data/types.ts";
import type { Score } from "../evaluate.ts";
import { type NameMap, startFrom } from "../start_weights.ts";
import { Trainer } from "../trainer.ts";
import { TrainingError } from "../training/error.ts";
import type { TeacherFeatures } from "../training/prepare.ts";
import { noiseTeacher } from "./noise.ts";
import type { RunResult, RunSpec } from "./types.ts";

/** Where data and features come from: plain values, which travel to workers. */
export interface RunSource {
  /** The labelled data. */
  readonly data: string;
  /** How they are read. */
  readonly reading: DatasetOptions;
  /** Feature files. */
  readonly features: readonly string[];
  /** Weights that every student starts from, and how their names are changed. */
  readonly start?: { readonly file: string; readonly names: NameMap };
}

/** Does runs one after the other. */
export class Runner {
  /** The labelled data. */
  readonly dataset: Dataset;
  /** The teachers. */
  readonly teachers: readonly Teacher[];
  /** The noise that was made last: runs with the same one follow each other. */
  #noise: { of: string; teacher: TeacherFeatures } | undefined;

  readonly #start: RunSource["start"];

  private constructor(
    dataset: Dataset,
    teachers: readonly Teacher[],
    start: RunSource["start"],
  ) {
    this.dataset = dataset;
    this.teachers = teachers;
    this.#start = start;
  }

  /**
   * Reads data and features.
   *
   * @param source Where they lie.
   * @param told Is told how far a long reading is.
   * @returns A runner.
   * @throws {FormatError} If a file is not as its format asks.
   */
  static async open(
    { data, reading, features, start }: RunSource,
    told?: Told,
  ): Promise<Runner> {
    const dataset = await readDataset(data, reading, told);
    return new Runner(dataset, await readFeatures(features, dataset), start);
  }

  /**
   * Trains and measures.
   *
   * @param spec The run.
   * @param options Stop signal, and who is told of steps.
   * @returns What came out; undefined where it was stopped.
   */
  async run(
    spec: RunSpec,
    { signal, told }: { signal?: AbortSignal; told?: (step: number) => void } = {},
  ): Promise<RunResult | undefined> {
    await openGpu(); // again, where a run before has lost it
    using trainer = new Trainer(this.dataset, { ...spec.settings, teachers: this.#teachers(spec) });
    if (this.#start) await startFrom(trainer.model.student, this.#start.file, this.#start.names);
    const scores: { val?: Score; test?: Score } = {};
    let device = "";
    try {
      for await (const progress of trainer.run({ signal })) {
        if (progress.event === "interrupted") return undefined;
        if (progress.event === "start") device = progress.device;
        if (progress.event === "step") told?.(progress.step);
        if (progress.event === "evaluation" && progress.split === "val") {
          const { event: _, step: _1, split: _2, scales: _3, ...score } = progress;
          scores.val = score as Score;
        }
        if (progress.event !== "done") continue;
        const scales = await trainer.scales();
        const { test, seconds } = progress;
        return { ...scores, test, ...scales && { scales }, seconds, device };
      }
    } catch (error) {
      // The same run would fail the same way: that is a result.
      if (error instanceof TrainingError) return { failed: error.message };
      throw error;
    }
  }

  #teachers({ teachers, noise }: RunSpec): readonly TeacherFeatures[] {
    const chosen = teachers.map((i) => this.teachers[i]);
    if (noise === 0) return chosen;
    const of = `${teachers}:${noise}`;
    if (this.#noise?.of !== of) this.#noise = { of, teacher: noiseTeacher(chosen, noise) };
    return [...chosen, this.#noise!.teacher];
  }
}
