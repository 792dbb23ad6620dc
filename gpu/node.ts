/** What recording leaves behind: nodes, and the entries that say what each one means. */

import { type DType, scalarType } from "./dtype.ts";
import { type Shape, sizeOf } from "./shape.ts";
import type { Emitter } from "./plan/emitter.ts";
import type { KernelWriter } from "./plan/kernel_writer.ts";
import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** Settings of one use of an op: plain numbers, strings and arrays of numbers. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Where the elements of an evaluated node are. */
export interface Value {
  /** Host values that are not on the device yet, in the node's type (f16 as half bits). */
  host?: ArrayBufferView;
  /** Place on the device. */
  storage?: Storage;
  /** Version of the storage that this node reads: updates raise it. */
  version: number;
  /** Whether the storage is a variable's, whose values are replaced. */
  isReplaced?: boolean;
}

/** One recorded op: nothing has run, only shapes and types are known. */
export interface Node {
  readonly op: Op;
  /** Let go once the node has a value, so that old steps can be forgotten. */
  inputs: readonly Node[];
  readonly shape: Shape;
  readonly dtype: DType;
  readonly attributes: Attributes;
  /** Rises from node to node, as they are recorded. */
  readonly born: number;
  /** Op, attributes, type and shape as text: equal for nodes that differ in their inputs only. */
  readonly signature: string;
  value?: Value;
}

/** A node of one plan: equal nodes have become one. Entries write kernels from these. */
export interface Vertex {
  readonly op: Op;
  readonly inputs: readonly Vertex[];
  readonly shape: Shape;
  readonly dtype: DType;
  readonly attributes: Attributes;
  /** Place in the plan's topological order. */
  readonly order: number;
  /**
   * Where its elements are before the plan runs: in a variable's storage, or in one that comes with
   * each request, by its number there. What the plan computes has neither.
   */
  readonly given?: Storage | number;
}

/** Place of an element: row-major number, one coordinate per axis, or both, as WGSL expressions. */
export interface Index {
  readonly shape: Shape;
  readonly flat?: string;
  readonly coordinates?: readonly string[];
}

/** What a gradient rule sees of the op's use. */
export interface GradientContext {
  inputs: readonly Tensor[];
  output: Tensor;
  attributes: Attributes;
}

/** Gradient with respect to one input, from the gradient `g` with respect to the output. */
export type Gradient = (g: Tensor, context: GradientContext) => Tensor;

/** How elements of an input are found when it is a view of something in memory. */
export interface Strided {
  base: Vertex;
  offset: number;
  strides: readonly number[];
}

interface EntryBase {
  readonly name: string;
  /** One rule per input; `null` where no gradient flows. */
  readonly gradients: readonly (Gradient | null)[];
}

/** Data that is there before the plan runs. */
export interface SourceOp extends EntryBase {
  readonly kind: "source";
}

/** An op whose elements are computed one by one, wherever they are needed. */
export interface InlineOp extends EntryBase {
  readonly kind: "inline";
  /** Writes the expression of the element at `index`. */
  readonly emit: (emitter: Emitter, vertex: Vertex, index: Index) => string;
  /** Arithmetic per element, or per tap, to weigh computing again against keeping; 0 for views. */
  readonly cost: number;
  /** Elements of every input that one element is computed from; default 1. */
  readonly taps?: (vertex: Vertex) => number;
  /** True where element i of the output needs only the elements i of the inputs, in row-major order. */
  readonly pointwise?: boolean;
  /** True where equal uses have to stay apart. */
  readonly distinct?: boolean;
  /** For views: the input's strided form seen through this view, or null where there is none. */
  readonly strided?: (vertex: Vertex, input: Strided) => Strided | null;
  /** For changes of type: the same for kernels that read stored operands in whatever float type. */
  readonly stored?: (vertex: Vertex, input: Strided) => Strided | null;
}

/** An op with a kernel of its own. */
export interface KernelOp extends EntryBase {
  readonly kind: "kernel";
  /**
   * Per input: computed inside the kernel, element by element; or read from memory through strides;
   * or the same as it is stored, f16 included.
   */
  readonly operands: readonly ("inline" | "strided" | "stored")[];
  /** Writes the kernel. */
  readonly write: (writer: KernelWriter, vertex: Vertex) => void;
  /** Rough multiplications and additions of one run; default one for each input element. */
  readonly operations?: (vertex: Vertex) => number;
}

/** Ranges of one buffer, each filled by the kernel that makes it: no copy. */
export interface PackOp extends EntryBase {
  readonly kind: "pack";
}

/** Every kind of entry. */
export type Op = SourceOp | InlineOp | KernelOp | PackOp;

/** An element-wise op: its expression over scalars, its slope, where it is tested. */
export interface PointwiseSpec {
  /** Scalar expression of the inputs' expressions. */
  wgsl: (...inputs: string[]) => string;
  /** One rule per input. */
  gradients: readonly (Gradient | null)[];
  /** WGSL functions that the expression calls. */
  prelude?: string;
  /** Interval of the inputs on which the op is tested against plain numbers. */
  interval: readonly [number, number];
  /** Rough cost in simple instructions; default 1. */
  cost?: number;
}

/** Node for one use of an op. */
export function record(
  op: Op,
  inputs: readonly Node[],
  shape: Shape,
  dtype: DType,
  attributes: Attributes = {},
): Node {
  const settings = op === constantOp ? "" : JSON.stringify(attributes);
  const signature = `${op.name}#${numberOf(op)}${settings}:${dtype}[${shape.join(",")}]`;
  return { op, inputs, shape, dtype, attributes, born: born++, signature };
}

let born = 0;

/** Nodes recorded so far: those to come are not born before it. */
export function nodesBorn(): number {
  return born;
}

const numbers = new WeakMap<Op, number>();
let named = 0;

/** Two entries may have one name; their numbers differ. */
function numberOf(op: Op): number {
  let number = numbers.get(op);
  if (number === undefined) numbers.set(op, number = named++);
  return number;
}

/** Tensors with values of their own. */
export const sourceOp: SourceOp = { kind: "source", name: "source", gradients: [] };

/** A number: its value travels in the params block, never in a kernel's text. */
export const constantOp: InlineOp = {
  kind: "inline",
  name: "constant",
  gradients: [],
  cost: 0,
  // Two numbers that are equal today may differ tomorrow: each keeps its own place.
  distinct: true,
  emit: (emitter, vertex) => emitter.constant(vertex),
};

/** Whether a node is zeros all over: the number 0, or a view of it. */
export function isZeros({ op, inputs, attributes, value }: Node): boolean {
  if (value !== undefined || op.kind !== "inline") return false;
  if (op === constantOp) return Object.is(attributes.value, 0);
  return op.strided !== undefined && isZeros(inputs[0]);
}

/** Elements of a node. */
export function nodeSize(node: { shape: Shape }): number {
  return sizeOf(node.shape);
}

/** Elements of every input that one element of an inlined op is computed from. */
export function tapCount(vertex: Vertex): number {
  return vertex.op.kind === "inline" ? vertex.op.taps?.(vertex) ?? 1 : 1;
}

/** Entry of an element-wise op. */
export function pointwise(name: string, spec: PointwiseSpec): InlineOp {
  return {
    kind: "inline",
    name,
    gradients: spec.gradients,
    cost: spec.cost ?? 1,
    pointwise: true,
    emit(emitter, vertex, index) {
      if (spec.prelude !== undefined) emitter.prelude(spec.prelude);
      const inputs = vertex.inputs.map((input) => emitter.value(input, index));
      return emitter.let(spec.wgsl(...inputs), scalarType(vertex.dtype));
    },
  };
}
