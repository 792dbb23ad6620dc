/** Similarity of the rows of a batch, in the forms that aft can compare. */

import { add, div, mul, reshape, type Tensor } from "../../gpu/mod.ts";
import { diagonalOf, kernels } from "./kernels.ts";
import { doublyCentred } from "./distance.ts";
import type { MethodOptions } from "./options.ts";
import { centred, gram, guardedRows, LENGTH_GUARD, safeRoot } from "./rows.ts";

/**
 * Similarity of rows: columns centred, rows at length 1, products, kernel; each as options say.
 *
 * @param blocks Weighted features, `[B, d]` each. Several stand for their row-wise outer product,
 * `[B, d1 d2 ...]`, which is never built.
 * @param options Which of the steps are taken, and the kernel.
 * @returns `[B, B]`.
 */
export function similarityOf(
  blocks: readonly Tensor[],
  options: Required<MethodOptions>,
): Tensor {
  const { kernel } = options;
  if (kernel === "none") throw new TypeError("No kernel has no similarity");
  const products = blocks.length === 1 ? ofRows(blocks[0], options) : ofProducts(blocks, options);
  return kernels[kernel](products, options);
}

/** Products of the rows of one block. Centred before they are made: an offset costs no digits. */
function ofRows(x: Tensor, { centre, normalise }: Required<MethodOptions>): Tensor {
  const rows = centre ? centred(x) : x;
  return gram(normalise ? guardedRows(rows) : rows);
}

/**
 * Products of the rows of the blocks' outer product: the element-wise product of their products,
 * centred as H K H and divided by the lengths on its diagonal.
 */
function ofProducts(
  blocks: readonly Tensor[],
  { centre, normalise }: Required<MethodOptions>,
): Tensor {
  const plain = blocks.map(gram).reduce((a, b) => mul(a, b));
  const products = centre ? doublyCentred(plain) : plain;
  if (!normalise) return products;
  const lengths = add(safeRoot(diagonalOf(products)), LENGTH_GUARD); // [B]
  return div(products, mul(reshape(lengths, [-1, 1]), lengths));
}
