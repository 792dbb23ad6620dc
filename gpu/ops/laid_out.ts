/** Elements put in order in memory, for kernels that then read neighbours at once. */

import { type InlineOp, record } from "../node.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";

/** Seen through no view: kernels that read by strides get it as memory of its own. */
const laidOutOp: InlineOp = {
  kind: "inline",
  name: "laidOut",
  gradients: [(g) => g],
  cost: 0,
  emit: (emitter, { inputs: [x] }, index) => emitter.value(x, index),
};

/** The same elements, row-major in memory: a kernel that copies, where x is a view. */
export function laidOut(x: Tensor): Tensor {
  return wrap(record(laidOutOp, [nodeOf(x)], x.shape, x.dtype));
}
