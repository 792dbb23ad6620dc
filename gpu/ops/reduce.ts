/** Reductions over any axes, each one kernel; very long ones two. */

import type { DType } from "../dtype.ts";
import { type Gradient, type InlineOp, type KernelOp, record, type Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { resolveAxes, resolveAxis, type Shape, sizeOf } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { cast, div, equal, mul } from "./binary.ts";
import { asComputed, refuseType } from "./define.ts";
import { broadcastTo, pad, reshape, transpose } from "./view.ts";

/** Settings of a reduction. */
export interface ReduceOptions {
  /** Axes to reduce, counted from the end where negative; default all. */
  axes?: number | readonly number[];
  /** Whether reduced axes stay with size 1; default false. */
  keepDims?: boolean;
}

/** Threads of a workgroup that reduces one element together. */
const TEAM = 64;
/** Outputs from which every thread reduces one alone: enough to keep the adapter busy. */
const MANY_OUTPUTS = 64;
/** Longest sum that a thread does alone however few there are: a team's barriers cost more. */
const SHORT = 128;
/** Longest sum that one workgroup does; longer ones take two kernels. */
const LONG = 32768;
/** Elements that each workgroup of the first of two kernels reduces. */
const CHUNK = 4096;

/** What is carried along while reducing: variables, how a new element enters, how two combine. */
interface Reducer {
  /** Declarations of the carried variables, from the first element `v` at position `r`. */
  start: (v: string, r: string) => string[];
  /** Statements that take in element `v` at position `r`. */
  take: (v: string, r: string) => string;
  /** Statements that take in the carried values of another thread: their names end in `other`. */
  join: (other: (name: string) => string) => string;
  /** Names and types of the carried variables. */
  carried: readonly [string, string][];
  /** The result. */
  result: string;
}

function simple(type: string, combine: (a: string, b: string) => string): Reducer {
  return {
    start: (v) => [`var acc: ${type} = ${v};`],
    take: (v) => `acc = ${combine("acc", v)};`,
    join: (other) => `acc = ${combine("acc", other("acc"))};`,
    carried: [["acc", type]],
    result: "acc",
  };
}

const REDUCERS: Record<string, (type: string) => Reducer> = {
  sum: (type) => simple(type, (a, b) => `${a} + ${b}`),
  max: (type) => simple(type, (a, b) => `max(${a}, ${b})`),
  min: (type) => simple(type, (a, b) => `min(${a}, ${b})`),
  // The first of equal elements wins, whichever thread saw it.
  argmax: (type) => ({
    start: (v, r) => [`var best: ${type} = ${v};`, `var at: u32 = ${r};`],
    take: (v, r) => `if (${v} > best) { best = ${v}; at = ${r}; }`,
    join: (other) => {
      const [value, place] = [other("best"), other("at")];
      const wins = `${value} > best || (${value} == best && ${place} < at)`;
      return `if (${wins}) { best = ${value}; at = ${place}; }`;
    },
    carried: [["best", type], ["at", "u32"]],
    result: "i32(at)",
  }),
};

function reduceOp(name: keyof typeof REDUCERS, gradient: Gradient | null): KernelOp {
  return {
    kind: "kernel",
    name,
    gradients: [gradient],
    operands: ["inline"],
    write: (writer, vertex) => writeReduction(writer, vertex, REDUCERS[name]),
  };
}

const sumOp = reduceOp(
  "sum",
  (g, { inputs: [x], attributes }) => spread(g, x.shape, attributes.axes as number[]),
);
const maxOp = reduceOp("max", shareAmongEqual);
const minOp = reduceOp("min", shareAmongEqual);
const argmaxOp = reduceOp("argmax", null);

/** Gradient of an extreme: the elements that attain it share it evenly. */
function shareAmongEqual(
  g: Tensor,
  { inputs: [x], output, attributes }: Parameters<Gradient>[1],
): Tensor {
  const axes = attributes.axes as number[];
  const attained = cast(equal(x, spread(output, x.shape, axes)), "f32");
  const share = div(g, sum(attained, { axes }));
  return mul(attained, spread(share, x.shape, axes));
}

/** Repeats a reduced tensor over the axes it lost. */
function spread(x: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return broadcastTo(reshape(x, shape.map((size, axis) => axes.includes(axis) ? 1 : size)), shape);
}

function writeReduction(
  writer: KernelWriter,
  vertex: Vertex,
  reducerOf: (type: string) => Reducer,
): void {
  const [x] = vertex.inputs;
  const axes = vertex.attributes.axes as readonly number[];
  const outputs = sizeOf(vertex.shape);
  const length = sizeOf(axes.map((axis) => x.shape[axis]));
  const reducer = reducerOf(x.dtype === "f16" ? "f32" : x.dtype);
  const element = elementOf(writer, vertex, axes);
  if (outputs >= MANY_OUTPUTS || length <= SHORT) {
    writer.launch(Math.ceil(outputs / TEAM), TEAM);
    writer.line(`let o = group * ${TEAM}u + lid;`);
    writer.line(`if (o >= ${writer.param(outputs)}) { return; }`);
    reduceAlone(writer, reducer, length, element);
    writer.store({ shape: vertex.shape, flat: "o" }, vertex, reducer.result);
  } else {
    writer.launch(outputs, TEAM);
    writer.line("let o = group;");
    reduceTogether(writer, reducer, length, element);
    writer.block("if (lid == 0u)", () => {
      writer.store({ shape: vertex.shape, flat: "o" }, vertex, reducer.result);
    });
  }
}

/** Expression of the element at position `r` of the axes that output `o` reduces. */
function elementOf(
  writer: KernelWriter,
  vertex: Vertex,
  axes: readonly number[],
): (r: string) => string {
  const [x] = vertex.inputs;
  const rank = x.shape.length;
  const length = sizeOf(axes.map((axis) => x.shape[axis]));
  const inner = axes.every((axis, i) => axis === rank - axes.length + i);
  const outer = axes.every((axis, i) => axis === i);
  const keptShape = x.shape.filter((_, axis) => !axes.includes(axis));
  return (r) => {
    const flat = inner
      ? writer.let(`o * ${writer.param(length)} + ${r}`, "u32")
      : outer
      ? writer.let(`${r} * ${writer.param(sizeOf(keptShape))} + o`, "u32")
      : undefined;
    const kept = writer.coordinates({ shape: keptShape, flat: "o" });
    const reduced = writer.coordinates({ shape: axes.map((axis) => x.shape[axis]), flat: r });
    let [nextKept, nextReduced] = [0, 0];
    const coordinates = x.shape.map((_, axis) =>
      axes.includes(axis) ? reduced[nextReduced++] : kept[nextKept++]
    );
    return writer.value(x, { shape: x.shape, flat, coordinates });
  };
}

function reduceAlone(
  writer: KernelWriter,
  reducer: Reducer,
  length: number,
  element: (r: string) => string,
): void {
  for (const [name, type] of reducer.carried) writer.line(`var ${name}: ${type};`);
  writer.block("", () => {
    const first = element("0u");
    assign(writer, reducer.start(first, "0u"));
  });
  writer.block(`for (var r = 1u; r < ${writer.param(length)}; r++)`, () => {
    const v = element("r");
    writer.line(reducer.take(v, "r"));
  });
}

/** A strided pass by every thread, then a tree: the order of the sum is always the same. */
function reduceTogether(
  writer: KernelWriter,
  reducer: Reducer,
  length: number,
  element: (r: string) => string,
): void {
  for (const [name, type] of reducer.carried) {
    writer.line(`var ${name}: ${type};`);
    writer.shared(`team_${name}`, `array<${type}, ${TEAM}>`);
  }
  const count = writer.param(length);
  writer.block(`if (lid < ${count})`, () => {
    const first = element("lid");
    assign(writer, reducer.start(first, "lid"));
  });
  writer.block(`for (var r = lid + ${TEAM}u; r < ${count}; r += ${TEAM}u)`, () => {
    const v = element("r");
    writer.line(reducer.take(v, "r"));
  });
  for (const [name] of reducer.carried) writer.line(`team_${name}[lid] = ${name};`);
  writer.line("workgroupBarrier();");
  writer.line(`for (var half = ${TEAM / 2}u; half > 0u; half >>= 1u) {`);
  writer.line(`if (lid < half && lid + half < ${count}) {`);
  writer.line(reducer.join((name) => `team_${name}[lid + half]`));
  for (const [name] of reducer.carried) writer.line(`team_${name}[lid] = ${name};`);
  writer.line("}");
  writer.line("workgroupBarrier();");
  writer.line("}");
}

/** The declarations of a reducer as assignments to variables declared further out. */
function assign(writer: KernelWriter, declarations: readonly string[]): void {
  for (const text of declarations) writer.line(text.replace(/^var (\w+): \w+/, "$1"));
}

function reduce(op: KernelOp, x: Tensor, options: ReduceOptions, dtype?: DType): Tensor {
  const axes = resolveAxes(options.axes, x.rank, `take the ${op.name}`);
  const input = asComputed(x);
  const shape = input.shape.filter((_, axis) => !axes.includes(axis));
  const result = wrap(record(op, [nodeOf(input)], shape, dtype ?? input.dtype, { axes }));
  return options.keepDims ? reshape(result, keptDims(x.shape, axes)) : result;
}

function keptDims(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((size, axis) => axes.includes(axis) ? 1 : size);
}

/** The result of chunks, with the slope of the whole: equals in different chunks share it too. */
const chunkedOp: InlineOp = {
  kind: "inline",
  name: "chunked",
  gradients: [shareAmongEqual, null],
  cost: 0,
  pointwise: true,
  emit: (emitter, { inputs: [, total] }, index) => emitter.value(total, index),
};

/** A few very long reductions: chunks first, so that the whole adapter takes part. */
function reduceLong(op: KernelOp, x: Tensor, options: ReduceOptions, fill: number): Tensor {
  const axes = resolveAxes(options.axes, x.rank, `take the ${op.name}`);
  const length = sizeOf(axes.map((axis) => x.shape[axis]));
  const outputs = x.size / length;
  if (length <= LONG || outputs >= MANY_OUTPUTS) return reduce(op, x, options);
  const kept = x.shape.flatMap((_, axis) => axes.includes(axis) ? [] : [axis]);
  const rows = reshape(transpose(x, [...kept, ...axes]), [outputs, length]);
  const chunks = Math.ceil(length / CHUNK);
  const padded = pad(rows, [0, 0], [0, chunks * CHUNK - length], fill);
  const parts = reduce(op, reshape(padded, [outputs, chunks, CHUNK]), { axes: 2 });
  const total = reduce(op, parts, { axes: 1 });
  const whole = op === sumOp
    ? total
    : wrap(record(chunkedOp, [nodeOf(x), nodeOf(total)], [outputs], x.dtype, { axes }));
  return reshape(
    whole,
    options.keepDims ? keptDims(x.shape, axes) : kept.map((axis) => x.shape[axis]),
  );
}

/**
 * Adds up elements, in an order that does not change from run to run.
 *
 * @param x Numbers of any shape.
 * @param options Axes, and whether they stay.
 * @returns The sums.
 * @throws {ShapeError} For axes that `x` does not have.
 *
 * @example
 * ```ts
 * import { openGpu, sum, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await sum(tensor([[1, 2], [3, 4]]), { axes: 0 }).toArray(), [4, 6]);
 * ```
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  refuseType("sum", "number", x.dtype);
  return reduceLong(sumOp, x, options, 0);
}

/**
 * Largest elements; those that share a maximum share its gradient. Whether NaN wins depends on its place and
 * on the driver.
 *
 * @param x Numbers of any shape.
 * @param options Axes, and whether they stay.
 * @returns The maxima.
 * @throws {ShapeError} For axes that `x` does not have.
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  refuseType("max", "number", x.dtype);
  return x.dtype === "f32" ? reduceLong(maxOp, x, options, -Infinity) : reduce(maxOp, x, options);
}

/**
 * Smallest elements; those that share a minimum share its gradient. Whether NaN wins depends on its place and
 * on the driver.
 *
 * @param x Numbers of any shape.
 * @param options Axes, and whether they stay.
 * @returns The minima.
 * @throws {ShapeError} For axes that `x` does not have.
 */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  refuseType("min", "number", x.dtype);
  return x.dtype === "f32" ? reduceLong(minOp, x, options, Infinity) : reduce(minOp, x, options);
}

/**
 * Position of the largest element; the first of equal ones.
 *
 * @param x Numbers of any shape.
 * @param options The axis, default the last, and whether it stays.
 * @returns Positions, i32.
 * @throws {ShapeError} For an axis that `x` does not have.
 *
 * @example
 * ```ts
 * import { argmax, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await argmax(tensor([[1, 5, 5], [9, 0, 2]])).toArray(), [1, 0]);
 * ```
 */
export function argmax(x: Tensor, options: { axis?: number; keepDims?: boolean } = {}): Tensor {
  refuseType("argmax", "number", x.dtype);
  const axis = resolveAxis(options.axis ?? -1, x.rank, "take the argmax");
  return reduce(argmaxOp, x, { axes: axis, keepDims: options.keepDims }, "i32");
}
