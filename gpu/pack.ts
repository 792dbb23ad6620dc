/** Ranges of one buffer, each filled by the kernel that computes it: joining costs no copy. */

import { type InlineOp, type PackOp, record } from "./node.ts";
import { nodeOf, type Tensor, wrap } from "./tensor.ts";

/** Ranges start at multiples of this many elements: kernels bind ranges of 256 bytes. */
export const ALIGNMENT = 64;

const packOp: PackOp = { kind: "pack", name: "pack", gradients: [] };

/** Gives a value that is packed a kernel of its own, which then writes straight into the pack. */
const placedOp: InlineOp = {
  kind: "inline",
  name: "placed",
  gradients: [null],
  cost: 0,
  pointwise: true,
  // Packed twice, a value needs two places.
  distinct: true,
  emit: (emitter, vertex, index) => emitter.value(vertex.inputs[0], index),
};

/**
 * Joins tensors in one buffer; they are computed in this order. No gradient flows through.
 *
 * @param tensors f32, of any shapes.
 * @param offsets Element at which each starts, a multiple of {@link ALIGNMENT}; ranges do not overlap.
 * @param size Elements in all.
 * @param zeroGaps Whether what no tensor fills is 0, which takes a buffer of its own for as long as
 * the plan is kept; else it is anything.
 * @returns f32 `[size]`.
 */
export function packed(
  tensors: readonly Tensor[],
  offsets: readonly number[],
  size: number,
  zeroGaps = false,
): Tensor {
  const placed = tensors.map((x, i) =>
    record(placedOp, [nodeOf(x)], x.shape, x.dtype, { offset: offsets[i] })
  );
  return wrap(record(packOp, placed, [size], "f32", { offsets, zeroGaps }));
}
