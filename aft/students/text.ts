/** The transformer that reads sentences as a student. */

import { ConfigError } from "../../gpu/errors.ts";
import { TextTransformer } from "../../nn/mod.ts";
import type { StudentEntry } from "./entry.ts";
import { sizesOf } from "./sizes.ts";

/** `text:64,2,4`: a transformer of token ids; the mean over its tokens is the features. */
export const text: StudentEntry = {
  usage: "text:WIDTH,DEPTH,HEADS",
  summary:
    "a transformer that reads sentences, or token ids as integers [rows, tokens] with 0 for padding; " +
    "WIDTH is a multiple of HEADS; the mean over tokens is the features",
  parse: (sizes) => {
    const numbers = sizesOf(sizes);
    if (numbers?.length !== 3 || numbers[0] % numbers[2] !== 0) return undefined;
    const [width, depth, heads] = numbers;
    return {
      width,
      takesTokens: true,
      make: ({ inputShape, outputs, seed, vocabulary }) => {
        if (vocabulary === undefined) refuse(`text:${sizes}`);
        const [tokens] = inputShape;
        return new TextTransformer({ vocabulary, tokens, width, depth, heads, outputs, seed });
      },
    };
  },
};

function refuse(student: string): never {
  throw new ConfigError(
    `Cannot make the student ${student} for inputs that are no token ids: it takes ` +
      "sentences, or integers [rows, tokens]",
    { field: "student", value: student },
  );
}
