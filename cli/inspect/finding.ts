/** What an inspection finds. */

import type { Told } from "../../aft/bit_by_bit.ts";
import type { Output } from "../output.ts";

/** Kinds of things that files and folders hold. */
export type Kind = "data" | "features" | "checkpoint" | "tensors" | "run" | "config" | "log";

/** What one path holds. */
export interface Finding {
  /** What it is. */
  readonly kind: Kind;
  /** All that was found, as JSON has it. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Says it to people. */
  print(output: Output): void;
}

/** How data is read where content and names must not decide. */
export interface Reading {
  /** Name of the format; `auto` finds it. */
  readonly format: string;
  /** Name of the label's column in tables; empty to find it. */
  readonly label: string;
  /** Name of the column of sentences in tables; empty to find it. */
  readonly text: string;
  /** Height and width that images are brought to; 0 for the one that all have. */
  readonly imageSize: number;
  /** What labels mean; `auto` finds it. */
  readonly task: string;
  /** Is told how far a long reading is. */
  readonly told?: Told;
}
