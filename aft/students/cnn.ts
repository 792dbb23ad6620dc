/** The small convolutional network as a student. */

import { CNN } from "../../nn/mod.ts";
import type { StudentEntry } from "./entry.ts";
import { imageOf } from "./images.ts";
import { sizesOf } from "./sizes.ts";

/** `cnn:16,32,64:128`: convolutions that halve the image, then a linear layer or the mean. */
export const cnn: StudentEntry = {
  usage: "cnn:CHANNELS[,CHANNELS...][:WIDTH]",
  summary:
    "3x3 convolutions with stride 2 and ReLU, then a linear layer with ReLU of that width, " +
    "or without one the mean of every channel; what the head gets is the features",
  parse: (text) => {
    const [before, behind, ...more] = text.split(":");
    const channels = sizesOf(before);
    const hidden = behind === undefined ? undefined : sizesOf(behind);
    const whole = more.length === 0 && (behind === undefined || hidden?.length === 1);
    if (channels === undefined || !whole) return undefined;
    const width = hidden?.[0];
    return {
      width: width ?? channels[channels.length - 1],
      make: ({ inputShape, outputs, seed }) => {
        const image = imageOf(`cnn:${text}`, inputShape);
        return new CNN({ image, channels, hidden: width, outputs, seed });
      },
    };
  },
};
