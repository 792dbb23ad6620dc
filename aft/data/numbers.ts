/** Cached features as numbers, whatever they are stored as. */

import type { FeatureSplit } from "./types.ts";

/** The values of a split; bits of half precision are seen as the halves that they are. */
export function numbersOf({ values }: Pick<FeatureSplit, "values">) {
  return values instanceof Uint16Array
    ? new Float16Array(values.buffer, values.byteOffset, values.length)
    : values;
}
