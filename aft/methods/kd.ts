/** Knowledge distillation of features: predict the teachers' columns from the student's. */

import { mean, square, sub } from "../../gpu/mod.ts";
import { Linear } from "../../nn/mod.ts";
import type { Method } from "./method.ts";
import { named } from "./rows.ts";

/** Mean squared error of a learned linear map from student features to teacher features. */
export const kd: Method = {
  name: "kd",
  summary: "predict the teacher features from the student's by a learned linear map",
  formula: "mean((phi V^T + c - psi)^2)",
  source: "Romero et al. 2015 (arXiv 1412.6550), as the baseline KD of arXiv 2406.07337",
  learns: "the map V, c",
  rate: "student",
  beta: 10,
  usesTeachers: true,
  options: [],
  create({ features, teacher, seed }) {
    const map = new Linear(features, teacher, { seed });
    return {
      parameters: named("map", map.parameters()),
      constants: {},
      rate: "student",
      loss: (batch) => mean(square(sub(map.forward(batch.features), batch.teacher))),
    };
  },
};
