/** Rows by number. */

import { ShapeError } from "../errors.ts";
import { type InlineOp, record } from "../node.ts";
import { checkShape, showShape } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { cast, equal } from "./binary.ts";
import { arange } from "./create.ts";
import { scatterRows } from "./scatter.ts";
import { reshape } from "./view.ts";

const takeOp: InlineOp = {
  kind: "inline",
  name: "take",
  gradients: [(g, { inputs: [x, rows] }) => scatterRows(g, rows, x.shape), null],
  cost: 1,
  emit(emitter, { inputs: [x, rows] }, index) {
    const coordinates = emitter.coordinates(index);
    const at = emitter.value(rows, {
      shape: rows.shape,
      coordinates: coordinates.slice(0, rows.shape.length),
    });
    const last = emitter.param(x.shape[0] - 1);
    const row = emitter.let(`min(u32(${at}), ${last})`, "u32");
    const rest = coordinates.slice(rows.shape.length);
    return emitter.value(x, { shape: x.shape, coordinates: [row, ...rest] });
  },
};

/**
 * Rows of a tensor, in any order and any number of times. The gradient adds up what repeated rows
 * get, in the order of `rows`, so that it is the same in every run.
 *
 * @param x `[rows, ...rest]`.
 * @param rows Row numbers, i32 or u32, of any shape; numbers outside are held at the last row.
 * @returns `[...rows.shape, ...rest]`.
 * @throws {ShapeError} Where `rows` does not hold integers, `x` has no axis, or the result too many axes or
 * elements.
 *
 * @example
 * ```ts
 * import { openGpu, take, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const picked = take(tensor([[1, 2], [3, 4]]), tensor([1, 1, 0], { dtype: "i32" }));
 * assertEquals(await picked.toArray(), [[3, 4], [3, 4], [1, 2]]);
 * ```
 */
export function take(x: Tensor, rows: Tensor): Tensor {
  if ((rows.dtype !== "i32" && rows.dtype !== "u32") || x.rank === 0) {
    throw new ShapeError(
      `Cannot take rows ${rows.dtype} ${showShape(rows.shape)} of ${
        showShape(x.shape)
      }: row numbers are i32 or u32`,
    );
  }
  const shape = [...rows.shape, ...x.shape.slice(1)];
  checkShape(shape, "make a tensor of shape");
  return wrap(record(takeOp, [nodeOf(x), nodeOf(rows)], shape, x.dtype));
}

/**
 * Rows with a single 1.
 *
 * @param labels Class numbers, i32 or u32, of any shape.
 * @param classes Length of a row; a label outside gives zeros.
 * @returns f32 `[...labels.shape, classes]`.
 * @throws {ShapeError} Where labels are not integers.
 *
 * @example
 * ```ts
 * import { oneHot, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const rows = oneHot(tensor([2, 0], { dtype: "i32" }), 3);
 * assertEquals(await rows.toArray(), [[0, 0, 1], [1, 0, 0]]);
 * ```
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  if (labels.dtype !== "i32" && labels.dtype !== "u32") {
    throw new ShapeError(`Cannot make one-hot rows of ${labels.dtype} labels: cast them to i32`);
  }
  return cast(equal(reshape(labels, [...labels.shape, 1]), arange(classes, labels.dtype)), "f32");
}
