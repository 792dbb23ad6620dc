/** What a method may look at before training: the training rows in use, and never others. */

import type { Tensor, Variable } from "../../gpu/mod.ts";

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

/** The student as methods may see it. */
export interface StudentAccess {
  /** What is trained of it, by name; the head's names begin with `head.`. */
  readonly parameters: Record<string, Variable>;
  /**
   * Makes a second student with the weights that this one has now.
   *
   * @returns Its variables, and its features of normalised inputs, as outside training.
   */
  copy(): StudentCopy;
}

/** A student that stays as it is. */
export interface StudentCopy {
  /** Its variables by name. */
  readonly parameters: Record<string, Variable>;
  /**
   * Applies it.
   *
   * @param inputs Normalised inputs, `[B, ...inputShape]`.
   * @returns Features, `[B, dPhi]`.
   */
  features(inputs: Tensor): Tensor;
}
