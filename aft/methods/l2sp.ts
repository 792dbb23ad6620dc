/** L2-SP: the student's weights are held near those that it started from. */

import { add, stopGradient, sub, submit, variable, zeros } from "../../gpu/mod.ts";
import type { Method } from "./method.ts";
import { withDefaults } from "./options.ts";
import { named } from "./rows.ts";
import { bodyOf, halfSquares, headOf } from "./student_weights.ts";

/** Weight decay towards the start instead of towards 0, and plain decay for the new head. */
export const l2sp: Method = {
  name: "l2sp",
  summary: "hold the student's weights near those it starts from, its head's near 0; no teacher",
  formula: "a/2 ||w - w0||^2 + b/2 ||head||^2, w all that is trained but the head, w0 its start",
  source: "Li, Grandvalet and Davoine 2018 (arXiv 1802.01483)",
  learns: "nothing; keeps w0",
  beta: 1,
  usesTeachers: false,
  options: ["startStrength", "headStrength"],
  create({ student = {} }, options) {
    const { startStrength, headStrength } = withDefaults(options);
    const body = Object.entries(bodyOf(student));
    const starts = body.map(([name, { shape }]) => [name, variable(zeros(shape))] as const);
    const head = Object.values(headOf(student));
    return {
      parameters: {},
      constants: named("start", Object.fromEntries(starts)),
      rate: "regulariser",
      loss() {
        const moved = body.map(([, weight], i) => sub(weight, starts[i][1]));
        return add(halfSquares(moved, startStrength), halfSquares(head, headStrength));
      },
      prepare() {
        body.forEach(([, weight], i) => starts[i][1].assign(stopGradient(weight)));
        submit();
        return Promise.resolve();
      },
    };
  },
};
