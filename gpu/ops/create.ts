/** Tensors that follow from a shape alone, and tensors made of others. */

import type { DType } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { type InlineOp, record } from "../node.ts";
import { checkShape, resolveAxis, sameShape, type Shape, showShape } from "../shape.ts";
import { constant, type Tensor, wrap } from "../tensor.ts";
import { castTo } from "./define.ts";
import { add, where } from "./binary.ts";
import { broadcastTo, pad, reshape } from "./view.ts";

/**
 * A tensor of one value.
 *
 * @param shape Its shape.
 * @param value The value of every element.
 * @param dtype Its type; default f32.
 * @returns The tensor; it takes no memory until something keeps it.
 *
 * @example
 * ```ts
 * import { full, openGpu } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await full([2], 7).toArray(), [7, 7]);
 * ```
 */
export function full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
  checkShape(shape, "make a tensor of shape");
  return broadcastTo(constant(value, dtype), shape);
}

/**
 * Zeros.
 *
 * @param shape Shape of the tensor.
 * @param dtype Its type; default f32.
 * @returns The tensor.
 */
export function zeros(shape: Shape, dtype?: DType): Tensor {
  return full(shape, 0, dtype);
}

/**
 * Ones.
 *
 * @param shape Shape of the tensor.
 * @param dtype Its type; default f32.
 * @returns The tensor.
 */
export function ones(shape: Shape, dtype?: DType): Tensor {
  return full(shape, 1, dtype);
}

const arangeOp: InlineOp = {
  kind: "inline",
  name: "arange",
  gradients: [],
  cost: 0,
  emit: (emitter, { dtype }, index) => {
    const flat = emitter.flat(index);
    return dtype === "u32" ? flat : emitter.let(`${dtype}(${flat})`, dtype);
  },
};

/**
 * 0, 1, … count - 1.
 *
 * @param count How many.
 * @param dtype Type of the numbers; default f32.
 * @returns The tensor; it takes no memory until something keeps it.
 */
export function arange(count: number, dtype: DType = "f32"): Tensor {
  checkShape([count], "make a tensor of shape");
  const computed = dtype === "f16" ? "f32" : dtype;
  return castTo(wrap(record(arangeOp, [], [count], computed)), dtype);
}

/**
 * Joins tensors along an axis that they have.
 *
 * @param tensors One or more, equal in every other axis and in type.
 * @param axis The axis, counted from the end where negative; default 0.
 * @returns The joined tensor.
 * @throws {ShapeError} Where shapes or types differ, or there are no tensors.
 *
 * @example
 * ```ts
 * import { concat, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await concat([tensor([1, 2]), tensor([3])]).toArray(), [1, 2, 3]);
 * ```
 */
export function concat(tensors: readonly Tensor[], axis: number = 0): Tensor {
  refuseNone("concatenate", tensors);
  const [first] = tensors;
  const along = resolveAxis(axis, first.rank, "concatenate");
  const odd = tensors.find((x) =>
    x.dtype !== first.dtype || x.rank !== first.rank ||
    !sameShape(x.shape.toSpliced(along, 1), first.shape.toSpliced(along, 1))
  );
  if (odd !== undefined) {
    throw new ShapeError(
      `Cannot concatenate ${first.dtype} ${showShape(first.shape)} and ${odd.dtype} ${
        showShape(odd.shape)
      } on axis ${along}: types and other sizes must match`,
      { shapes: [first.shape, odd.shape] },
    );
  }
  const total = tensors.reduce((sum, x) => sum + x.shape[along], 0);
  let start = 0;
  const parts = tensors.map((x) => {
    const before = x.shape.map((_, i) => i === along ? start : 0);
    start += x.shape[along];
    return pad(x, before, x.shape.map((_, i) => i === along ? total - start : 0));
  });
  // Zeros everywhere else: adding puts the parts side by side.
  if (first.dtype !== "bool") return parts.reduce((joined, part) => add(joined, part));
  return parts.reduce((joined, part) => where(part, part, joined));
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @param tensors One or more.
 * @param axis Place of the new axis in the result; default 0.
 * @returns A tensor with one axis more.
 * @throws {ShapeError} Where shapes or types differ, or there are no tensors.
 *
 * @example
 * ```ts
 * import { openGpu, stack, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await stack([tensor([1, 2]), tensor([3, 4])], 1).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function stack(tensors: readonly Tensor[], axis: number = 0): Tensor {
  refuseNone("stack", tensors);
  const at = resolveAxis(axis, tensors[0].rank + 1, "stack");
  return concat(tensors.map((x) => reshape(x, x.shape.toSpliced(at, 0, 1))), at);
}

function refuseNone(action: string, tensors: readonly Tensor[]): void {
  if (tensors.length === 0) throw new ShapeError(`Cannot ${action} 0 tensors: give one or more`);
}
