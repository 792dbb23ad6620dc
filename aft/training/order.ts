/** Which rows belong to which step. */

import { permutationOf } from "../../gpu/mod.ts";
import { deriveSeed } from "../../nn/mod.ts";

/**
 * The order of rows: shuffled anew in every epoch, the last short batch left out; where there are
 * fewer rows than a batch holds, all rows are the batch. It is a function of seed and step alone,
 * so that a resumed run needs no more than its step to go on.
 */
export class BatchOrder {
  /** Rows of one batch. */
  readonly size: number;
  /** Batches of one epoch. */
  readonly perEpoch: number;
  readonly #rows: number;
  readonly #seed: number;
  #epoch = -1;
  #order = new Uint32Array(0);

  /**
   * @param rows Number of rows, from 1.
   * @param batchSize Rows of a batch, from 1.
   * @param seed Seed of the run.
   */
  constructor(rows: number, batchSize: number, seed: number) {
    this.size = Math.min(rows, batchSize);
    this.perEpoch = Math.floor(rows / this.size);
    this.#rows = rows;
    this.#seed = deriveSeed(seed, "batches");
  }

  /** Row numbers of a step, counted from 0. */
  at(step: number): Uint32Array<ArrayBuffer> {
    const epoch = Math.floor(step / this.perEpoch);
    if (epoch !== this.#epoch) {
      this.#order = permutationOf(this.#rows, { seed: this.#seed, stream: epoch });
      this.#epoch = epoch;
    }
    const start = step % this.perEpoch * this.size;
    return this.#order.slice(start, start + this.size);
  }
}
