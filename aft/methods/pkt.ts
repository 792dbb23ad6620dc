/** Probabilistic knowledge transfer (Passalis and Tefas 2018, arXiv 1803.10837). */

import { add, div, log, mean, mul, sum, type Tensor } from "../../gpu/mod.ts";
import type { Method } from "./method.ts";
import { computed, gram, guardedRows } from "./rows.ts";

/** Guards lengths and logarithms. */
const GUARD = 1e-7;

/** Divergence between the chances of rows to be neighbours, from their cosines. */
export const pkt: Method = {
  name: "pkt",
  summary: "match the chances of rows to be neighbours, from their cosines",
  formula: "mean(p(psi) log(p(psi) / p(phi))), p = (1 + cos) / 2 with rows that sum to 1",
  source: "Passalis and Tefas 2018 (arXiv 1803.10837), equations 6 to 8",
  learns: "nothing",
  beta: 30_000,
  usesTeachers: true,
  options: [],
  create: () => ({
    parameters: {},
    constants: {},
    rate: "student",
    loss({ features, teacher }) {
      const [student, wanted] = [neighbours(features), neighbours(teacher)];
      return mean(mul(wanted, log(div(add(wanted, GUARD), add(student, GUARD)))));
    },
  }),
};

/** Chance of each row to be the neighbour of each other, `[B, d]` -> `[B, B]`. */
function neighbours(x: Tensor): Tensor {
  const likeness = mul(add(gram(guardedRows(computed(x), GUARD)), 1), 0.5);
  return div(likeness, sum(likeness, { axes: 1, keepDims: true }));
}
