/** Kernel knowledge distillation: the gap of AFT without scales, after a learned map. */

import { ones, similarityGap } from "../../gpu/mod.ts";
import { Linear } from "../../nn/mod.ts";
import type { Method } from "./method.ts";
import { named } from "./rows.ts";

/** The similarity gap between mapped student features and teacher features as they are. */
export const kkd: Method = {
  name: "kkd",
  summary: "match the similarity of rows to that of teacher features, after a learned linear map",
  formula: "sqrt(mean((K(phi G^T + g) - K(psi))^2) + 1e-8)",
  source: "kernel KD of arXiv 2406.07337",
  learns: "the map G, g",
  rate: "regulariser",
  beta: 30,
  usesTeachers: true,
  options: [],
  create({ features, teacher, seed }) {
    const map = new Linear(features, features, { seed });
    const scales = ones([teacher]);
    return {
      parameters: named("map", map.parameters()),
      constants: {},
      rate: "regulariser",
      loss: (batch) => similarityGap(map.forward(batch.features), batch.teacher, scales),
    };
  },
};
