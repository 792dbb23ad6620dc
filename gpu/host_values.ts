/** Tensors of values that come from the host. */

import type { DType } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import { record, sourceOp } from "./node.ts";
import { checkShape, type Shape, showShape, sizeOf } from "./shape.ts";
import { constant, type Numbers, type Tensor, wrap } from "./tensor.ts";

/** Settings of {@link tensor}. */
export interface TensorOptions {
  /** Shape; by default that of the nested arrays, or one axis for a typed array. */
  shape?: Shape;
  /** Element type; by default f32 for numbers and the array's own for typed arrays. */
  dtype?: DType;
  /**
   * Whether a typed array is copied, so that it may change afterwards; default true. With false the
   * tensor keeps the array itself: for large data that nobody writes into any more.
   */
  copy?: boolean;
}

/**
 * Makes a tensor of host values.
 *
 * @param values Nested arrays of one depth, a number, or a typed array (Uint16Array and
 * Float16Array hold halves).
 * @param options Shape and type.
 * @returns The tensor; its values travel to the device when they are first needed.
 * @throws {ShapeError} Where arrays are ragged or the count does not fit the shape.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const labels = tensor(Int32Array.of(2, 0, 1));
 * assertEquals([labels.dtype, labels.shape], ["i32", [3]]);
 * ```
 */
export function tensor(
  values: Numbers | ArrayBufferView,
  options: TensorOptions = {},
): Tensor {
  if (typeof values === "number" && options.shape === undefined) {
    return constant(values, options.dtype ?? "f32");
  }
  const typed = ArrayBuffer.isView(values);
  const dtype = options.dtype ?? (typed ? typeOf(values) : "f32");
  const flat = typed ? values as ArrayBufferView & { length: number } : flatten(values);
  const shape = options.shape ?? (typed ? [flat.length] : shapeOf(values));
  checkShape(shape, "make a tensor of shape");
  if (flat.length !== sizeOf(shape)) {
    throw new ShapeError(
      `Cannot fill a tensor of shape ${showShape(shape)} with ${flat.length} values: it has ${
        sizeOf(shape)
      }`,
    );
  }
  const node = record(sourceOp, [], [...shape], dtype);
  const host = hostArray(flat, dtype);
  const isCaller = typed && host === flat && options.copy !== false;
  node.value = { host: isCaller ? copyOf(host) : host, version: 0 };
  return wrap(node);
}

function typeOf(values: ArrayBufferView): DType {
  if (values instanceof Float32Array) return "f32";
  if (values instanceof Int32Array) return "i32";
  if (values instanceof Uint32Array) return "u32";
  if (values instanceof Uint8Array) return "bool";
  if (values instanceof Uint16Array || values.constructor.name === "Float16Array") return "f16";
  throw new ShapeError(
    `Cannot make a tensor of a ${values.constructor.name}: use Float32Array, Float16Array, Int32Array, Uint32Array or Uint8Array`,
  );
}

function hostArray(values: ArrayLike<number> | ArrayBufferView, dtype: DType): ArrayBufferView {
  const numbers = values as ArrayLike<number>;
  switch (dtype) {
    case "f32":
      return values instanceof Float32Array ? values : Float32Array.from(numbers);
    case "i32":
      return values instanceof Int32Array ? values : Int32Array.from(numbers);
    case "u32":
      return values instanceof Uint32Array ? values : Uint32Array.from(numbers);
    case "bool":
      return Uint8Array.from(numbers, (v) => v ? 1 : 0);
    case "f16":
      return ArrayBuffer.isView(values) && typeOf(values) === "f16"
        ? values
        : Float16Array.from(numbers);
  }
}

function copyOf(array: ArrayBufferView): ArrayBufferView {
  return (array as Float32Array).slice();
}

function shapeOf(values: Numbers): number[] {
  return Array.isArray(values) ? [values.length, ...shapeOf(values[0])] : [];
}

function flatten(values: Numbers): number[] {
  const shape = shapeOf(values);
  const flat: number[] = [];
  const visit = (part: Numbers, depth: number) => {
    const size = Array.isArray(part) ? part.length : undefined;
    if (size !== shape[depth]) {
      throw new ShapeError(
        `Cannot make a tensor of ragged arrays: ${size ?? "a number"} at depth ${depth}, expected ${
          shape[depth] ?? "a number"
        }`,
      );
    }
    if (Array.isArray(part)) part.forEach((inner) => visit(inner, depth + 1));
    else flat.push(part as number);
  };
  visit(values, 0);
  return flat;
}
