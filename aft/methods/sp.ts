/** Similarity-preserving distillation (Tung and Mori 2019, arXiv 1907.09682). */

import { mean, square, sub, type Tensor } from "../../gpu/mod.ts";
import type { Method } from "./method.ts";
import { computed, gram, unitRows } from "./rows.ts";

/** Mean squared difference between products of rows, each row of products at length 1. */
export const sp: Method = {
  name: "sp",
  summary: "match products of rows, neither centred nor scaled, row by row at length 1",
  formula: "mean((G(phi) - G(psi))^2), G(x) = x x^T with rows at length 1",
  source: "Tung and Mori 2019 (arXiv 1907.09682), equations 2 to 4",
  learns: "nothing",
  beta: 3000,
  usesTeachers: true,
  options: [],
  create: () => ({
    parameters: {},
    constants: {},
    rate: "student",
    loss: ({ features, teacher }) => mean(square(sub(products(features), products(teacher)))),
  }),
};

function products(x: Tensor): Tensor {
  return unitRows(gram(computed(x)));
}
