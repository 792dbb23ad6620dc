/** The residual network for small images as a student. */

import { ResNet } from "../../nn/mod.ts";
import type { StudentEntry } from "./entry.ts";
import { imageOf } from "./images.ts";

/** Depths that are offered: 6 n + 2 layers with weights. */
const DEPTHS = ["20", "32", "56"];

/** `resnet:20`: residual blocks with batch norm; the mean of 64 channels is the features. */
export const resnet: StudentEntry = {
  usage: `resnet:${DEPTHS.join("|")}`,
  summary:
    "residual blocks of 3x3 convolutions with batch norm, in the form for small images; the " +
    "means of the last 64 channels are the features",
  parse: (text) => {
    if (!DEPTHS.includes(text)) return undefined;
    return {
      width: 64,
      make: ({ inputShape, outputs, seed }) => {
        const image = imageOf(`resnet:${text}`, inputShape);
        return new ResNet({ image, depth: Number(text), outputs, seed });
      },
    };
  },
};
