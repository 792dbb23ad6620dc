/** How element-wise ops are declared: one entry each, from which function and kernel text follow. */

import { type DType, isFloat } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { type InlineOp, pointwise, type PointwiseSpec, record } from "../node.ts";
import { broadcastShapes, sameShape, type Shape } from "../shape.ts";
import { constant, nodeOf, Tensor, type TensorLike, wrap } from "../tensor.ts";
import { broadcastTo } from "./view.ts";

/** The entry behind an element-wise function. */
export interface Entry {
  /** Interval of the inputs on which it is tested against plain numbers. */
  readonly interval: readonly [number, number];
  /** Number of inputs. */
  readonly arity: number;
  /** Which inputs carry a gradient. */
  readonly differentiable: readonly boolean[];
}

/** An element-wise function of one tensor. */
export interface Unary {
  /** Applies it to every element. */
  (x: Tensor): Tensor;
  /** Its entry. */
  readonly entry: Entry;
}

/** An element-wise function of two tensors, or a tensor and a number, with NumPy's broadcasting. */
export interface Binary {
  /** Applies it to every pair of elements. */
  (a: TensorLike, b: TensorLike): Tensor;
  /** Its entry. */
  readonly entry: Entry;
}

/** Types that an op takes. */
export type Kinds = "float" | "signed" | "number" | "bool" | "any";

const ACCEPTED: Record<Kinds, readonly DType[]> = {
  float: ["f32", "f16"],
  signed: ["f32", "f16", "i32"],
  number: ["f32", "f16", "i32", "u32"],
  bool: ["bool"],
  any: ["f32", "f16", "i32", "u32", "bool"],
};

/** A function of one tensor. */
export function unary(name: string, kinds: Kinds, spec: PointwiseSpec): Unary {
  const op = pointwise(name, spec);
  const apply = (x: Tensor): Tensor => {
    refuseType(name, kinds, x.dtype);
    const input = asComputed(x);
    return wrap(record(op, [nodeOf(input)], input.shape, input.dtype));
  };
  return Object.assign(apply, { entry: entryOf(spec) });
}

/** A function of two tensors; `result` is the type of the outcome where that is not the inputs'. */
export function binary(name: string, kinds: Kinds, spec: PointwiseSpec, result?: DType): Binary {
  const op = pointwise(name, spec);
  const apply = (a: TensorLike, b: TensorLike): Tensor => {
    const [left, right] = together(name, [a, b]);
    refuseType(name, kinds, left.dtype);
    const dtype = result ?? left.dtype;
    return wrap(record(op, [nodeOf(left), nodeOf(right)], left.shape, dtype));
  };
  return Object.assign(apply, { entry: entryOf(spec) });
}

function entryOf({ interval, gradients }: PointwiseSpec): Entry {
  const differentiable = gradients.map((rule) => rule !== null);
  return { interval, arity: gradients.length, differentiable };
}

/** Operands of one type and shape: numbers take the tensors' type, shapes broadcast. */
export function together(name: string, operands: readonly TensorLike[]): Tensor[] {
  const tensors = operands.filter((operand) => operand instanceof Tensor);
  const given = tensors[0]?.dtype ?? "f32";
  const dtype = isFloat(given) ? "f32" : given;
  const cut = operands.find((x) => typeof x === "number" && !isFloat(dtype) && x % 1 !== 0);
  if (cut !== undefined) {
    throw new ShapeError(
      `Cannot apply ${name} to ${dtype} and the number ${cut}: cast the tensor to f32 first`,
    );
  }
  const typed = operands.map((x) => asComputed(x instanceof Tensor ? x : constant(x, dtype)));
  const other = typed.find((x) => x.dtype !== typed[0].dtype);
  if (other !== undefined) {
    throw new ShapeError(
      `Cannot apply ${name} to ${typed[0].dtype} and ${other.dtype}: cast one of them first`,
    );
  }
  const shape = typed.reduce<Shape>(
    (all, x) => broadcastShapes(all, x.shape, `apply ${name} to`),
    [],
  );
  return typed.map((x) => sameShape(x.shape, shape) ? x : broadcastTo(x, shape));
}

/** Refuses element types that an op is not made for. */
export function refuseType(name: string, kinds: Kinds, dtype: DType): void {
  if (!ACCEPTED[kinds].includes(dtype)) {
    throw new ShapeError(
      `Cannot apply ${name} to elements of type ${dtype}: it takes ${ACCEPTED[kinds].join(", ")}`,
    );
  }
}

/** Halves are a way to store: as soon as they are computed with they are f32. */
export function asComputed(x: Tensor): Tensor {
  return x.dtype === "f16" ? castTo(x, "f32") : x;
}

/** Rounds to the nearest half. Drivers drop a pack that an unpack undoes, so a zero comes between. */
const HALF = `fn half(x: f32, zero: u32) -> f32 {
  return unpack2x16float(pack2x16float(vec2<f32>(x, 0.0)) | zero).x;
}`;

const castOp: InlineOp = {
  kind: "inline",
  name: "cast",
  // Slopes stay f32 even for halves, whose range is too small for them.
  gradients: [(g) => castTo(g, "f32")],
  cost: 0,
  pointwise: true,
  stored: ({ dtype, inputs: [x] }, input) => dtype === "f32" && x.dtype === "f16" ? input : null,
  emit(emitter, vertex, index) {
    const [input] = vertex.inputs;
    const value = emitter.value(input, index);
    if (vertex.dtype === "f16") {
      emitter.prelude(HALF);
      return emitter.let(`half(${value}, ${emitter.param(0)})`, "f32");
    }
    if (isFloat(input.dtype) && isFloat(vertex.dtype)) return value;
    return emitter.let(`${vertex.dtype}(${value})`, vertex.dtype);
  },
};

/** From and to whole numbers and booleans: steps, through which no gradient flows. */
const stepOp: InlineOp = { ...castOp, gradients: [null] };

/** The same numbers in another type, without checks. */
export function castTo(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (dtype === "f16" && x.dtype !== "f32") x = castTo(x, "f32");
  const op = isFloat(x.dtype) && isFloat(dtype) ? castOp : stepOp;
  return wrap(record(op, [nodeOf(x)], x.shape, dtype));
}
