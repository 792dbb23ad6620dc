/** What one row of inputs is. */

import type { Vocabulary } from "../../aft/data/types.ts";
import { count, shape } from "../format.ts";

/**
 * Says what one row of inputs is.
 *
 * @param inputShape Extents of the row.
 * @param vocabulary Which token ids there are, where the row is made of them.
 * @returns Such as `75 columns`, `images [3, 32, 32]`, or `24 tokens of 8,000`.
 */
export function rowText(inputShape: readonly number[], vocabulary?: Vocabulary): string {
  const [length] = inputShape;
  if (vocabulary) return `${count(length, "token")} of ${count(vocabulary.size, "id")}`;
  return inputShape.length === 1 ? count(length, "column") : `images ${shape(inputShape)}`;
}
