/** Sums of what a log line tells, kept on the device until it is due. */

import { add, type Tensor, type Variable, variable, zeros } from "../../gpu/mod.ts";

/** What is summed up in every step, in this order. */
const ENTRIES = ["task", "regulariser", "correct"] as const;

/** Means of a log line. */
export type Means = Record<typeof ENTRIES[number], number>;

/** Sums over steps: added to within a step, read once per log line. */
export class Meter {
  readonly #sums: Variable = variable(zeros([ENTRIES.length]));

  /** Starts at 0. */
  constructor() {
    this.load(new Array(ENTRIES.length).fill(0)); // made now, not within the first step
  }

  /** Records that a step adds `[task, regulariser, correct]`. */
  add(values: Tensor): void {
    this.#sums.assign(add(this.#sums, values));
  }

  /** The sums so far, in one readback. */
  async sums(): Promise<number[]> {
    return [...await this.#sums.data()];
  }

  /** Sets the sums. */
  load(sums: readonly number[]): void {
    this.#sums.write(Float32Array.from(sums));
  }

  /** Means over `steps` steps; the sums begin again at 0. */
  async take(steps: number): Promise<Means> {
    const sums = await this.sums();
    this.load(sums.map(() => 0));
    return Object.fromEntries(ENTRIES.map((name, i) => [name, sums[i] / steps])) as Means;
  }
}
