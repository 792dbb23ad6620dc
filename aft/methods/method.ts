/** What a transfer method is: the entry that commands, help and checks follow from. */

import type { Tensor, Variable } from "../../gpu/mod.ts";
import type { WorkStep } from "../bit_by_bit.ts";
import type { MethodOptions } from "./options.ts";
import type { Preparation } from "./preparation.ts";

/** One batch as a method sees it. */
export interface MethodBatch {
  /** Student features, `[B, dPhi]`: what the student's head is applied to. */
  features: Tensor;
  /** Output of the student's head, `[B, C]`. */
  logits: Tensor;
  /**
   * Cached teacher features, `[B, dPsi]`, all teachers side by side; f32 or f16. Zeros `[B, 1]` in a
   * run whose methods use no teachers.
   */
  teacher: Tensor;
  /** Class numbers (i32) or values (f32), one per row. */
  labels: Tensor;
  /** Places of the batch's rows among the training rows in use, u32 `[B]`. */
  positions?: Tensor;
  /** A number that differs in every step, for methods that draw in each; default 0. */
  seed?: number;
}

/** Whose learning rate a method's parameters take. */
export type MethodRate = "regulariser" | "student";

/** A method at work: what it has learned so far, and its loss. */
export interface Regulariser {
  /** What the method learns, by name. */
  readonly parameters: Record<string, Variable>;
  /** Whose learning rate those parameters take. They never decay. */
  readonly rate: MethodRate;
  /** What the method holds fixed or works out itself, by name; kept beside the parameters. */
  readonly constants: Record<string, Variable>;
  /** The methods of a combination, in order; missing for a single method. */
  readonly parts?: readonly MethodPart[];
  /** What a loss that is not finite means, where the method has a reason of its own. */
  readonly undefinedWhere?: string;
  /**
   * The loss that is added to the task loss, before its strength beta.
   *
   * @param batch Features, logits and labels of one batch.
   * @returns A scalar.
   */
  loss(batch: MethodBatch): Tensor;
  /**
   * Works out constants and start values from the training rows, once, before the first step. A
   * checkpoint holds them, so that a resumed run needs no second preparation.
   *
   * @param rows The training rows in use.
   * @returns When it is done; or, where it takes long, how far it is, and then leaving the loop over
   * that ends it.
   */
  prepare?(rows: Preparation): Promise<void> | AsyncIterable<WorkStep>;
}

/** One method of a combination. */
export interface MethodPart {
  /** Its name. */
  readonly name: string;
  /** The method at work. */
  readonly regulariser: Regulariser;
}

/** Sizes that a method builds its parameters for. */
export interface MethodShape {
  /** Columns of the student's features, dPhi. */
  features: number;
  /** Columns of all teachers together, dPsi. */
  teacher: number;
  /** Columns of each teacher, in order; default one teacher that has them all. */
  blocks?: readonly number[];
  /** Numbers in one row of logits: the classes, or 1 for a value; default 1. */
  outputs?: number;
  /** Training rows in use, for methods that keep something of each; default 1. */
  rows?: number;
  /**
   * What is trained of the student, by name, for methods that hold it near its start: names of the
   * head's weights begin with `head.`. Default nothing.
   */
  student?: Readonly<Record<string, Variable>>;
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
  /** Where the formula comes from. */
  readonly source: string;
  /** What it learns, or works out before training, in words. */
  readonly learns: string;
  /** Whose learning rate that takes, where it learns anything. */
  readonly rate?: MethodRate;
  /** Strength when none is given; one per method of a combination. */
  readonly beta: number | readonly number[];
  /** False for a method that works without teachers. */
  readonly usesTeachers: boolean;
  /** Whether teacher columns are standardised where the run does not say otherwise. */
  readonly standardises?: boolean;
  /** The {@link MethodOptions} it takes. */
  readonly options: readonly (keyof MethodOptions)[];
  /**
   * Says which option goes ill with the others.
   *
   * @param options Settings.
   * @returns The option and why it is refused, in words that follow its name; undefined where all
   * go together.
   */
  refuses?(options: MethodOptions): Refusal | undefined;
  /**
   * Makes the method's parameters.
   *
   * @param shape Columns of student and teachers, and the seed.
   * @param options Settings; those the method does not name are ignored.
   * @returns The method at work, or undefined where it adds nothing to the task loss.
   */
  create(shape: MethodShape, options?: MethodOptions): Regulariser | undefined;
}

/** An option that goes ill with others. */
export interface Refusal {
  /** The option. */
  readonly option: keyof MethodOptions;
  /** Why, in words that follow its name. */
  readonly reason: string;
}
