/** Models of an image's patches as students. */

import { Mixer, ViT } from "../../nn/mod.ts";
import type { StudentEntry } from "./entry.ts";
import { imageOf } from "./images.ts";
import { sizesOf } from "./sizes.ts";

/** `vit:4,64,4,4`: a vision transformer; the mean over its patches is the features. */
export const vit: StudentEntry = {
  usage: "vit:PATCH,WIDTH,DEPTH,HEADS",
  summary:
    "a vision transformer on patches of PATCH x PATCH, a divisor of rows and columns; WIDTH " +
    "is a multiple of HEADS; the mean over patches is the features",
  parse: (text) => {
    const sizes = sizesOf(text);
    if (sizes?.length !== 4 || sizes[1] % sizes[3] !== 0) return undefined;
    const [patch, width, depth, heads] = sizes;
    return {
      width,
      make: ({ inputShape, outputs, seed }) => {
        const image = imageOf(`vit:${text}`, inputShape);
        return new ViT({ image, patch, width, depth, heads, outputs, seed });
      },
    };
  },
};

/** `mixer:4,64,4`: an MLP-mixer; the mean over its patches is the features. */
export const mixer: StudentEntry = {
  usage: "mixer:PATCH,WIDTH,DEPTH",
  summary:
    "an MLP-mixer on patches of PATCH x PATCH, a divisor of rows and columns; the mean over " +
    "patches is the features",
  parse: (text) => {
    const sizes = sizesOf(text);
    if (sizes?.length !== 3) return undefined;
    const [patch, width, depth] = sizes;
    return {
      width,
      make: ({ inputShape, outputs, seed }) => {
        const image = imageOf(`mixer:${text}`, inputShape);
        return new Mixer({ image, patch, width, depth, outputs, seed });
      },
    };
  },
};
