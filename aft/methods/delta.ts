/** DELTA in its form for vectors: the student's features are held near those of its start. */

import { add, mean, mul, ones, square, sub, sum, take, variable, zeros } from "../../gpu/mod.ts";
import { channelAttention } from "./channel_attention.ts";
import type { Method } from "./method.ts";
import { withDefaults } from "./options.ts";
import { placesOf } from "./rows.ts";
import { halfSquares, headOf } from "./student_weights.ts";

/**
 * What the head is applied to stays where it was before training, the more so in columns that matter
 * for the labels. DELTA compares maps of several layers; a student's features are one layer whose
 * maps have a single place, where its mean over places falls away. Inputs are the same in every
 * epoch, so that the features of the start are worked out once for all training rows, as outside
 * training (batch norms by their running statistics), instead of by a second student in every step.
 */
export const delta: Method = {
  name: "delta",
  summary: "hold the student's features near those it starts from, by column; no teacher",
  formula: "a/2 mean over rows(sum_j m_j (phi_j - phi0_j)^2) + b/2 ||head||^2, phi0 the features " +
    "at the start, m = dPhi softmax(r / 5), r_j the standardised rise in loss of a linear head " +
    "on phi0 without column j",
  source: "Li et al. 2019 (arXiv 1901.09229), for one layer of one place",
  learns: "nothing; keeps phi0 of the training rows, and m",
  beta: 1,
  usesTeachers: false,
  options: ["startStrength", "headStrength"],
  create({ features, rows = 1, student = {} }, options) {
    const { startStrength, headStrength } = withDefaults(options);
    const start = variable(zeros([rows, features]));
    const attention = variable(ones([features]));
    const head = Object.values(headOf(student));
    return {
      parameters: {},
      constants: { start, attention },
      rate: "regulariser",
      loss(batch) {
        const moved = square(sub(batch.features, take(start, placesOf(batch)))); // [B, dPhi]
        const held = mean(sum(mul(moved, attention), { axes: 1 }));
        return add(mul(held, startStrength / 2), halfSquares(head, headStrength));
      },
      async prepare(given) {
        const values = await given.student();
        start.write(values);
        attention.write(channelAttention(values, given));
      },
    };
  },
};
