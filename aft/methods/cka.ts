/** Linear centred kernel alignment as a loss (Kornblith et al. 2019, arXiv 1905.00414). */

import type { Method } from "./method.ts";
import { alignmentGap } from "./distance.ts";
import { centred, computed, gram } from "./rows.ts";

/** One minus the alignment of centred student and teacher features. */
export const cka: Method = {
  name: "cka",
  summary: "align centred student and teacher features up to rotation and scale",
  formula: "1 - ||Yc^T Xc||^2 / (||Xc^T Xc|| ||Yc^T Yc||), Frobenius norms",
  source: "Kornblith et al. 2019 (arXiv 1905.00414), equation 5",
  learns: "nothing",
  beta: 10,
  usesTeachers: true,
  options: [],
  create: () => ({
    parameters: {},
    constants: {},
    rate: "student",
    // Through products of rows: ||Yc^T Xc||^2 is the sum over pairs of rows of both their products.
    loss: ({ features, teacher }) =>
      alignmentGap(gram(centred(computed(features))), gram(centred(computed(teacher)))),
  }),
};
