/** What a student is, and the entry that text, help and checks follow from. */

import type { Tensor } from "../../gpu/mod.ts";
import type { Context, Module } from "../../nn/mod.ts";

/** What a student's forward pass gives. */
export interface StudentOutput {
  /** Head output, `[batch, outputs]`. */
  readonly logits: Tensor;
  /** What the head is applied to, `[batch, width]`. */
  readonly features: Tensor;
}

/** A model that is trained, with its features beside its logits. */
export interface Student extends Module {
  /**
   * Applies the model.
   *
   * @param x Normalised inputs, `[batch, ...inputShape]`.
   * @param context Whether this is training, and the step's seed.
   * @returns Logits and features.
   */
  forward(x: Tensor, context?: Context): StudentOutput;
}

/** Sizes that a student is built for. */
export interface StudentShape {
  /** Extents of one input row. */
  readonly inputShape: readonly number[];
  /** Numbers in one row of logits: the classes, or 1 for a value. */
  readonly outputs: number;
  /** Decides all start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Number of token ids, where inputs are those. */
  readonly vocabulary?: number;
}

/** A student that text described, not built yet. */
export interface StudentPlan {
  /** Columns of the features. */
  readonly width: number;
  /** True for one that takes token ids; others take numbers. */
  readonly takesTokens?: boolean;
  /** Builds it. */
  readonly make: (shape: StudentShape) => Student;
}

/** A kind of student that text can name. */
export interface StudentEntry {
  /** How it is written, such as `mlp:WIDTH[,WIDTH...]`. */
  readonly usage: string;
  /** What it is, for help texts. */
  readonly summary: string;
  /** Reads what stands behind the colon; undefined where that is not as `usage` says. */
  readonly parse: (text: string) => StudentPlan | undefined;
}
