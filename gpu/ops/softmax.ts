/** Normalised exponentials: one kernel forward and one backward, beside their composition. */

import { type KernelOp, record, type Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { resolveAxis } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { mul, sub } from "./binary.ts";
import { asComputed, refuseType } from "./define.ts";
import { sum } from "./reduce.ts";
import {
  EXPONENTIALS,
  rowPlaces,
  rowsOf,
  sumFold,
  takeExponential,
  writeRows,
} from "./row_kernel.ts";
import { rulesFrom } from "./second_order.ts";
import { shifted } from "./statistics.ts";
import { exp, log } from "./unary.ts";

const softmaxOp: KernelOp = {
  kind: "kernel",
  name: "softmax",
  operands: ["inline"],
  gradients: [(g, { output, attributes }) => backward(softmaxGradientOp, output, g, attributes)],
  write: (writer, vertex) => {
    writeForward(writer, vertex, "1.0 / total", (v, rest) => `exp(${v} - top) * ${rest}`);
  },
};

const logSoftmaxOp: KernelOp = {
  kind: "kernel",
  name: "logSoftmax",
  operands: ["inline"],
  gradients: [(g, { output, attributes }) => backward(logSoftmaxGradientOp, output, g, attributes)],
  write: (writer, vertex) => {
    // The shift comes off before the logarithm: adding it back would cost the digits of small ones.
    writeForward(writer, vertex, "log(total)", (v, rest) => `(${v} - top) - ${rest}`);
  },
};

/** y (g - sum(g y)), from the result y and the gradient g with respect to it. */
const softmaxGradientOp: KernelOp = {
  kind: "kernel",
  name: "softmaxGradient",
  operands: ["inline", "inline"],
  gradients: rulesFrom(([y, g], { axis }) => {
    return mul(y, sub(g, sum(mul(g, y), { axes: axis as number, keepDims: true })));
  }, [true, true]),
  write: (writer, vertex) => {
    writeBackward(writer, vertex, (y, g) => `${g} * ${y}`, (y, g) => `${y} * (${g} - total)`);
  },
};

/** g - exp(y) sum(g), from the result y and the gradient g with respect to it. */
const logSoftmaxGradientOp: KernelOp = {
  kind: "kernel",
  name: "logSoftmaxGradient",
  operands: ["inline", "inline"],
  gradients: rulesFrom(([y, g], { axis }) => {
    return sub(g, mul(exp(y), sum(g, { axes: axis as number, keepDims: true })));
  }, [true, true]),
  write: (writer, vertex) => {
    writeBackward(writer, vertex, (_, g) => g, (y, g) => `${g} - exp(${y}) * total`);
  },
};

/**
 * exp(x) divided by its sum along one axis.
 *
 * @param x f32 or f16.
 * @param axis Axis along which the results add up to 1; default the last.
 * @returns A tensor of the same shape.
 * @throws {ShapeError} For an axis that `x` does not have.
 *
 * @example
 * ```ts
 * import { openGpu, softmax, tensor } from "@aft/aft/gpu";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const [half] = await softmax(tensor([3, 3])).data();
 * assertAlmostEquals(half, 0.5, 1e-6);
 * ```
 */
export function softmax(x: Tensor, axis: number = -1): Tensor {
  return forward(softmaxOp, x, axis);
}

/**
 * x minus the log-sum-exp along one axis.
 *
 * @param x f32 or f16.
 * @param axis Axis along which the exponentials add up to 1; default the last.
 * @returns A tensor of the same shape.
 * @throws {ShapeError} For an axis that `x` does not have.
 */
export function logSoftmax(x: Tensor, axis: number = -1): Tensor {
  return forward(logSoftmaxOp, x, axis);
}

/**
 * The same as {@link softmax}, composed from plain ops: slower, and a check on the kernels.
 *
 * @param x f32 or f16.
 * @param axis Axis along which the results add up to 1; default the last.
 * @returns A tensor of the same shape.
 * @throws {ShapeError} For an axis that `x` does not have.
 */
export function softmaxFromOps(x: Tensor, axis: number = -1): Tensor {
  return exp(logSoftmaxFromOps(x, axis));
}

/**
 * The same as {@link logSoftmax}, composed from plain ops.
 *
 * @param x f32 or f16.
 * @param axis Axis along which the exponentials add up to 1; default the last.
 * @returns A tensor of the same shape.
 * @throws {ShapeError} For an axis that `x` does not have.
 */
export function logSoftmaxFromOps(x: Tensor, axis: number = -1): Tensor {
  refuseType("logSoftmax", "float", x.dtype);
  const { below, total } = shifted(x, [resolveAxis(axis, x.rank, "take the softmax")]);
  return sub(below, log(total));
}

function forward(op: KernelOp, x: Tensor, axis: number): Tensor {
  refuseType(op.name, "float", x.dtype);
  const input = asComputed(x);
  const along = resolveAxis(axis, x.rank, "take the softmax");
  return wrap(record(op, [nodeOf(input)], input.shape, "f32", { axis: along }));
}

function backward(op: KernelOp, y: Tensor, g: Tensor, attributes: KernelAttributes): Tensor {
  return wrap(record(op, [y, g].map(nodeOf), y.shape, "f32", attributes));
}

type KernelAttributes = Vertex["attributes"];

function writeForward(
  writer: KernelWriter,
  vertex: Vertex,
  rest: string,
  result: (value: string, rest: string) => string,
): void {
  const { inputs: [x], shape, attributes } = vertex;
  const axis = attributes.axis as number;
  writeRows(writer, rowsOf(shape, axis), shape[axis], (team) => {
    const place = rowPlaces(writer, shape, axis, team.row);
    team.fold(EXPONENTIALS, (c) => takeExponential(writer, writer.value(x, place(c))));
    writer.line(`let rest = ${rest};`);
    team.each((c) => {
      const value = writer.value(x, place(c));
      writer.store(place(c), vertex, `(${result(value, "rest")})`);
    });
  });
}

function writeBackward(
  writer: KernelWriter,
  vertex: Vertex,
  term: (y: string, g: string) => string,
  result: (y: string, g: string) => string,
): void {
  const { inputs: [y, g], shape, attributes } = vertex;
  const axis = attributes.axis as number;
  writeRows(writer, rowsOf(shape, axis), shape[axis], (team) => {
    const place = rowPlaces(writer, shape, axis, team.row);
    team.fold(sumFold("total"), (c) => {
      const [own, slope] = [y, g].map((side) => writer.value(side, place(c)));
      writer.line(`total += ${term(own, slope)};`);
    });
    team.each((c) => {
      const [own, slope] = [y, g].map((side) => writer.value(side, place(c)));
      writer.store(place(c), vertex, `(${result(own, slope)})`);
    });
  });
}
