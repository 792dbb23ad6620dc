/** Adaptive Feature Transfer (arXiv 2406.07337). */

import { sigmoid, similarityGap, type Variable, variable, zeros } from "../../gpu/mod.ts";
import type { Method } from "./method.ts";

/**
 * The gap between the batch similarities of student features and of teacher features weighted by
 * rho = sigmoid(s). s starts at 0 and has its own learning rate; `rho: "fixed"` leaves it there.
 */
export const aft: Method = {
  name: "aft",
  summary: "match the similarity of rows to that of teacher features, weighted by learned scales",
  formula: "sqrt(mean((K(phi) - K(rho psi))^2) + 1e-8), rho = sigmoid(s)",
  beta: 30,
  usesTeachers: true,
  options: ["rho"],
  create({ teacher }, options = {}) {
    const s = variable(zeros([teacher]));
    const fixed = options.rho === "fixed";
    const own: Record<string, Variable> = { s };
    return {
      parameters: fixed ? {} : own,
      constants: fixed ? own : {},
      rate: "regulariser",
      loss: (batch) => similarityGap(batch.features, batch.teacher, sigmoid(s)),
    };
  },
};
