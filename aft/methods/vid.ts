/** Variational information distillation (Ahn et al. 2019, arXiv 1904.05835). */

import { add, div, full, log, mean, mul, softplus, square, sub, variable } from "../../gpu/mod.ts";
import { Linear } from "../../nn/mod.ts";
import type { Method } from "./method.ts";
import { named } from "./rows.ts";

/** Smallest variance. */
const LEAST = 1e-5;
/** Variance of every column at the start. */
const START = 5;

/** Likelihood of teacher features under a normal distribution around mapped student features. */
export const vid: Method = {
  name: "vid",
  summary: "predict the teacher features with a learned variance for each column",
  formula: "mean(((mu(phi) - psi)^2 / v + log v) / 2), mu affine, v = softplus(p) + 1e-5",
  source: "Ahn et al. 2019 (arXiv 1904.05835), equations 4 to 6",
  learns: "the map mu and p, a variance per teacher column that starts at 5",
  rate: "student",
  beta: 1,
  usesTeachers: true,
  options: [],
  create({ features, teacher, seed }) {
    const map = new Linear(features, teacher, { seed });
    const p = variable(full([teacher], Math.log(Math.expm1(START - LEAST))));
    return {
      parameters: { ...named("map", map.parameters()), p },
      constants: {},
      rate: "student",
      loss(batch) {
        const v = add(softplus(p), LEAST);
        const error = square(sub(map.forward(batch.features), batch.teacher));
        return mul(mean(add(div(error, v), log(v))), 0.5);
      },
    };
  },
};
