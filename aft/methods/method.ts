/** What a transfer method is: the entry that commands, help and checks follow from. */

import type { Tensor, Variable } from "../../gpu/mod.ts";

/** One batch as a method sees it. */
export interface MethodBatch {
  /** Student features, `[B, dPhi]`: what the student's head is applied to. */
  features: Tensor;
  /** Output of the student's head, `[B, C]`. */
  logits: Tensor;
  /** Cached teacher features, `[B, dPsi]`, all teachers side by side; f32 or f16. */
  teacher: Tensor;
  /** Class numbers (i32) or values (f32), one per row. */
  labels: Tensor;
}

/** A method at work: what it has learned so far, and its loss. */
export interface Regulariser {
  /** What the method learns, by name. */
  readonly parameters: Record<string, Variable>;
  /** Whose learning rate those parameters take. They never decay. */
  readonly rate: "regulariser" | "student";
  /** What the method holds fixed, by name, worth keeping beside the parameters. */
  readonly constants: Record<string, Variable>;
  /**
   * The loss that is added to the task loss, before its strength beta.
   *
   * @param batch Features, logits and labels of one batch.
   * @returns A scalar.
   */
  loss(batch: MethodBatch): Tensor;
}

/** Settings that methods may have; each method names the ones it takes. */
export interface MethodOptions {
  /** aft: scales that learn from the start 0.5, or that stay there. */
  rho?: "learned" | "fixed";
}

/** Sizes that a method builds its parameters for. */
export interface MethodShape {
  /** Columns of the student's features, dPhi. */
  features: number;
  /** Columns of all teachers together, dPsi. */
  teacher: number;
  /** Seed of whatever the method draws. */
  seed: number;
}

/** A transfer method. */
export interface Method {
  /** Name on the command line. */
  readonly name: string;
  /** What it does, in a sentence for help texts. */
  readonly summary: string;
  /** The loss it adds, as a formula. */
  readonly formula: string;
  /** Strength when none is given. */
  readonly beta: number;
  /** False for a method that works without teachers. */
  readonly usesTeachers: boolean;
  /** The {@link MethodOptions} it takes. */
  readonly options: readonly (keyof MethodOptions)[];
  /**
   * Makes the method's parameters.
   *
   * @param shape Columns of student and teachers, and the seed.
   * @param options Settings; those the method does not name are ignored.
   * @returns The method at work, or undefined where it adds nothing to the task loss.
   */
  create(shape: MethodShape, options?: MethodOptions): Regulariser | undefined;
}
