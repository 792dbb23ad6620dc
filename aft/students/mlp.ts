/** The multi-layer perceptron as a student. */

import { ConfigError } from "../../gpu/errors.ts";
import { MLP } from "../../nn/mod.ts";
import type { StudentEntry } from "./entry.ts";
import { MOST_SIZE, sizesOf } from "./sizes.ts";

/** `mlp:128,128`: hidden layers with ReLU; images are taken as rows of numbers. */
export const mlp: StudentEntry = {
  usage: "mlp:WIDTH[,WIDTH...]",
  summary: `hidden layers with ReLU, each 1 to ${MOST_SIZE} wide; the last one is the features`,
  parse: (text) => {
    const hidden = sizesOf(text);
    return hidden && {
      width: hidden[hidden.length - 1],
      make: ({ inputShape, outputs, seed, vocabulary }) => {
        if (vocabulary !== undefined) refuseTokens(`mlp:${text}`);
        const inputs = inputShape.reduce((a, b) => a * b, 1);
        return new MLP({ inputs, hidden, outputs, seed });
      },
    };
  },
};

function refuseTokens(student: string): never {
  throw new ConfigError(
    `Cannot make the student ${student} for token ids: they name words and are no amounts, a ` +
      "student that reads them is text:WIDTH,DEPTH,HEADS",
    { field: "student", value: student },
  );
}
