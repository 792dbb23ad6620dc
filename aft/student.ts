/** Students by name: the small models that are trained. */

import { ConfigError } from "../gpu/errors.ts";
import { nearestName } from "./nearest.ts";
import { cnn } from "./students/cnn.ts";
import type { StudentEntry, StudentPlan } from "./students/entry.ts";
import { mlp } from "./students/mlp.ts";
import { mixer, vit } from "./students/patches.ts";
import { resnet } from "./students/resnet.ts";
import { text as textStudent } from "./students/text.ts";

export type {
  Student,
  StudentEntry,
  StudentOutput,
  StudentPlan,
  StudentShape,
} from "./students/entry.ts";

/** Names of the entries of {@linkcode students}. */
export type StudentName = "mlp" | "cnn" | "resnet" | "vit" | "mixer" | "text";

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
  mlp,
  cnn,
  resnet,
  vit,
  mixer,
  text: textStudent,
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
