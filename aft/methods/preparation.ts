/** What a method may look at before training: the training rows in use, and never others. */

import type { WorkStep } from "../bit_by_bit.ts";
import type { Regulariser } from "./method.ts";

/** Training rows in use, by their position among them. */
export interface Preparation {
  /** Number of rows. */
  readonly rows: number;
  /** Class numbers, or standardised values, one per row. */
  readonly labels: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  /** Number of classes; 0 where labels are values. */
  readonly classes: number;
  /** Decides whatever a method draws here. */
  readonly seed: number;
  /**
   * Teacher features as the loss sees them, standardised where the run asks for that.
   *
   * @param positions Which rows; default all.
   * @returns `[positions, dPsi]`, row-major.
   */
  teacher(positions?: ArrayLike<number>): Float32Array<ArrayBuffer>;
  /**
   * Features of the student as it is now, before the first step.
   *
   * @returns `[rows, dPhi]`, row-major.
   */
  student(): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * Prepares a method, whether or not it says how far it is. Leaving the loop over this stops it.
 *
 * @param method The method at work.
 * @param rows The training rows in use.
 */
export async function* preparing(
  method: Pick<Regulariser, "prepare">,
  rows: Preparation,
): AsyncGenerator<WorkStep> {
  const work = method.prepare?.(rows);
  if (work !== undefined && Symbol.asyncIterator in work) yield* work;
  else await work;
}
