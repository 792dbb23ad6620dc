/** Students by name: the small models that are trained. */

import type { Tensor, Variable } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { type Context, MLP, type State } from "../nn/mod.ts";
import { nearestName } from "./nearest.ts";

/** What a student's forward pass gives. */
export interface StudentOutput {
  /** Head output, `[batch, outputs]`. */
  readonly logits: Tensor;
  /** What the head is applied to, `[batch, width]`. */
  readonly features: Tensor;
}

/** A model that is trained, with its features beside its logits. */
export interface Student {
  /**
   * Applies the model.
   *
   * @param x Normalised inputs, `[batch, ...inputShape]`.
   * @param context Whether this is training, and the step's seed.
   * @returns Logits and features.
   */
  forward(x: Tensor, context?: Context): StudentOutput;
  /** Variables by name. */
  parameters(): Record<string, Variable>;
  /** Values of all parameters, in one readback. */
  state(): Promise<State>;
  /** Sets all parameters. */
  load(state: Readonly<State>): void;
}

/** Sizes that a student is built for. */
export interface StudentShape {
  /** Extents of one input row. */
  readonly inputShape: readonly number[];
  /** Numbers in one row of logits: the classes, or 1 for a value. */
  readonly outputs: number;
  /** Decides all start values: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
}

/** A student that text described, not built yet. */
export interface StudentPlan {
  /** Columns of the features. */
  readonly width: number;
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

/** Names of the entries of {@linkcode students}. */
export type StudentName = "mlp";

/** Widest layer that is believed to be meant. */
const MOST_WIDTH = 65_536;

/**
 * Kinds of students by the name that {@linkcode parseStudent} knows them by.
 *
 * @example
 * ```ts
 * import { students } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(students.mlp.usage, "mlp:WIDTH[,WIDTH...]");
 * ```
 */
export const students: Readonly<Record<StudentName, StudentEntry>> = {
  mlp: {
    usage: "mlp:WIDTH[,WIDTH...]",
    summary: `hidden layers with ReLU, each 1 to ${MOST_WIDTH} wide; the last one is the features`,
    parse: (text) => {
      const hidden = text.split(",").map((word) => /^\s*\d+\s*$/.test(word) ? Number(word) : NaN);
      if (!hidden.every((width) => width >= 1 && width <= MOST_WIDTH)) return undefined;
      return {
        width: hidden[hidden.length - 1],
        make: ({ inputShape, outputs, seed }) => {
          const inputs = inputShape.reduce((a, b) => a * b, 1);
          return new MLP({ inputs, hidden, outputs, seed });
        },
      };
    },
  },
};

/**
 * Reads what kind of student is meant.
 *
 * @param text A name of {@linkcode students} with its numbers behind a colon, such as `mlp:128,128`.
 * @returns A plan that builds it.
 * @throws {ConfigError} If the text names no student, or its numbers do not fit.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { parseStudent } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const plan = parseStudent("mlp:16,8");
 * const student = plan.make({ inputShape: [1, 4, 4], outputs: 3, seed: 0 });
 * const { logits, features } = student.forward(zeros([2, 1, 4, 4]));
 * assertEquals([logits.shape, features.shape], [[2, 3], [2, plan.width]]);
 * ```
 */
export function parseStudent(text: string): StudentPlan {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const refuse = (reason: string): never => {
    throw new ConfigError(`Cannot make the student ${text}: ${reason}`, {
      field: "student",
      value: text,
    });
  };
  if (!Object.hasOwn(students, name)) {
    const nearest = nearestName(name, Object.keys(students));
    const usages = Object.values(students).map(({ usage }) => usage).join(", ");
    return refuse(`${nearest ? `did you mean ${nearest}? ` : ""}Known are ${usages}`);
  }
  const { usage, summary, parse } = students[name as StudentName];
  return parse(text.slice(name.length + 1)) ?? refuse(`it is written ${usage}: ${summary}`);
}
