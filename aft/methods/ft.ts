/** Factor transfer (Kim et al. 2018, arXiv 1802.04977): codes of the teachers' features. */

import { abs, mean, relu, sub, sum, type Tensor } from "../../gpu/mod.ts";
import { deriveSeed, Linear, Sequential } from "../../nn/mod.ts";
import { codeColumns, encoderOf, trainEncoder } from "./autoencoder.ts";
import type { Method, Regulariser } from "./method.ts";
import { withDefaults } from "./options.ts";
import { computed, named, unitRows } from "./rows.ts";

/**
 * The distance between a learned translation of the student's features and codes of the teachers',
 * both as rows of length 1. The codes are those of an auto-encoder of all teacher columns, trained
 * before the first step on the training rows in use and then left as it is.
 */
export const ft: Method = {
  name: "ft",
  summary:
    "translate the student's features into codes that an auto-encoder makes of the teachers'",
  formula: "mean over rows of || t(phi)/||t(phi)|| - e(psi)/||e(psi)|| ||_1, e the encoder",
  source: "Kim et al. 2018 (arXiv 1802.04977), as the baseline FT of arXiv 2406.07337",
  learns: "before training the encoder e, then the translator t, three layers",
  rate: "student",
  beta: 10,
  usesTeachers: true,
  options: ["codeEpochs"],
  create({ features, teacher, seed }, options) {
    const { codeEpochs } = withDefaults(options);
    const encoder = encoderOf(teacher, deriveSeed(seed, "encoder"));
    const codesOf = (psi: Tensor) => encoder.forward(psi);
    return {
      ...translation({ features, code: codeColumns(teacher), seed }, codesOf),
      constants: named("encoder", encoder.parameters()),
      prepare: (rows) => trainEncoder(encoder, rows, { most: codeEpochs }),
    };
  },
};

/**
 * Translates student features into codes: dPhi -> dPhi -> dCode -> dCode, with a ReLU between two.
 * The last weight starts at 0, so that all rows start at the same code.
 *
 * @param shape Columns of student features and of codes.
 * @param codesOf Codes of teacher features, `[B, dPsi]` -> `[B, dCode]`.
 */
export function translation(
  { features, code, seed }: { features: number; code: number; seed: number },
  codesOf: (psi: Tensor) => Tensor,
): Regulariser {
  const seeds = [0, 1, 2].map((layer) => deriveSeed(seed, layer));
  const translator = new Sequential([
    ...[new Linear(features, features, { seed: seeds[0] }), relu],
    ...[new Linear(features, code, { seed: seeds[1] }), relu],
    new Linear(code, code, { seed: seeds[2], init: "zeros" }),
  ]);
  return {
    parameters: named("translator", translator.parameters()),
    constants: {},
    rate: "student",
    loss({ features, teacher }) {
      const wanted = unitRows(codesOf(computed(teacher)));
      const found = unitRows(translator.forward(features));
      return mean(sum(abs(sub(found, wanted)), { axes: 1 })); // [B, dCode] -> [B] -> []
    },
  };
}
