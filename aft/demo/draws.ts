/** Random numbers one after the other, from the engine's own generator: the same on every machine. */

import { type RandomSource, seedWords, threefry } from "../../gpu/random_host.ts";

/** A sequence of random numbers that depends on seed and stream alone. */
export class Draws {
  readonly #key: readonly [number, number];
  readonly #stream: number;
  #counter = 0;
  #spare: number | undefined;

  /**
   * Starts the sequence.
   *
   * @param source Seed and stream.
   */
  constructor({ seed, stream = 0 }: RandomSource) {
    this.#key = seedWords(seed);
    this.#stream = stream >>> 0;
  }

  /**
   * Draws evenly from an interval.
   *
   * @param low Smallest value.
   * @param high Bound that is not reached.
   * @returns A number.
   */
  uniform(low: number, high: number): number {
    return low + (high - low) * (this.#word() / 2 ** 32);
  }

  /** One call of the generator gives two words. */
  #word(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    const [first, second] = threefry(...this.#key, this.#counter++, this.#stream);
    this.#spare = second;
    return first;
  }
}
