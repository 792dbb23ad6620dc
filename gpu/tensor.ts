/** Tensors: handles on recorded work, and variables that outlive a step. */

import { type DType, isFloat, toWords, type TypedArray } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import {
  hasUpdates,
  materialise,
  materialiseFirst,
  readNodes,
  recordUpdate,
  submitUpdates,
  upload,
} from "./evaluate.ts";
import { constantOp, type InlineOp, type Node, record, sourceOp } from "./node.ts";
import { checkShape, sameShape, type Shape, showShape, sizeOf } from "./shape.ts";
import type { Storage } from "./storage.ts";

/** Nested arrays of numbers, as deep as a tensor has axes. */
export type Numbers = number | readonly Numbers[];

/** What element-wise ops take: a number goes with any shape. */
export type TensorLike = Tensor | number;

/** Settings of {@link tensor}. */
export interface TensorOptions {
  /** Shape; by default that of the nested arrays, or one axis for a typed array. */
  shape?: Shape;
  /** Element type; by default f32 for numbers and the array's own for typed arrays. */
  dtype?: DType;
}

/** Reads the node behind a tensor. */
export let nodeOf: (tensor: Tensor) => Node;
/** Tells a tensor where its node comes from. */
let setNode: (tensor: Tensor, node: () => Node) => void;
/** Moves a variable's values to another place that already holds them. */
export let moveVariable: (variable: Variable, storage: Storage) => void;
/** The node a variable starts from, or its storage once it has one. */
export let originOf: (variable: Variable) => Node | Storage;

/**
 * Numbers in a regular grid of any rank. An op records what to do and returns at once; the work
 * runs when a value is asked for. Tensors never change and need no freeing.
 *
 * @example
 * ```ts
 * import { add, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const sum = add(tensor([[1, 2], [3, 4]]), 1);
 * assertEquals(sum.shape, [2, 2]);
 * assertEquals(await sum.toArray(), [[2, 3], [4, 5]]);
 * ```
 */
export class Tensor {
  static {
    nodeOf = (tensor) => tensor.#node();
    setNode = (tensor, node) => tensor.#node = node;
  }

  /** Sizes of the axes, outermost first. */
  readonly shape: Shape;
  /** Type of the elements. */
  readonly dtype: DType;
  #node!: () => Node;

  /**
   * For the engine: make tensors with {@link tensor}.
   *
   * @param shape Sizes of the axes.
   * @param dtype Type of the elements.
   */
  constructor(shape: Shape, dtype: DType) {
    this.shape = shape;
    this.dtype = dtype;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /**
   * Computes the elements and brings them to the host, row-major, in one readback.
   *
   * @returns Float32Array for f32 and f16, Int32Array, Uint32Array, or Uint8Array for bool.
   * @throws {GpuError} Where the device failed, or a variable below was updated since recording.
   */
  async data(): Promise<TypedArray> {
    return (await read([this]))[0];
  }

  /**
   * The only element of a tensor of size 1.
   *
   * @returns The number; 0 or 1 for bool.
   * @throws {ShapeError} Where there are more elements.
   */
  async item(): Promise<number> {
    if (this.size !== 1) {
      throw new ShapeError(
        `Cannot take the item of a tensor of shape ${showShape(this.shape)}: it has ${this.size}`,
      );
    }
    return (await this.data())[0];
  }

  /**
   * The elements as nested arrays.
   *
   * @returns A number for rank 0, else arrays as deep as the rank.
   */
  async toArray(): Promise<Numbers> {
    return nested(await this.data(), this.shape);
  }

  /** Frees device memory that this tensor holds; only ever worth it for large data. */
  dispose(): void {
    this.#node().value?.storage?.buffer.dispose();
  }

  /** Same as {@link Tensor.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * A tensor that keeps its place on the device from step to step: parameters, optimiser state,
 * inputs that are written each step, sums of metrics.
 *
 * @example
 * ```ts
 * import { add, openGpu, tensor, variable } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const count = variable(tensor([0, 10]));
 * count.assign(add(count, 1));
 * assertEquals(await count.toArray(), [1, 11]);
 * ```
 */
export class Variable extends Tensor {
  static {
    moveVariable = (variable, storage) => {
      variable.#storage = storage;
      variable.#recorded = undefined;
    };
    originOf = (variable) => variable.#storage ?? variable.#initial!;
  }

  #initial: Node | undefined;
  #storage: Storage | undefined;
  #recorded: Node | undefined;

  /**
   * Makes a variable; {@link variable} says the same in fewer words.
   *
   * @param initial Value at the start; it may be recorded and not computed yet.
   */
  constructor(initial: Tensor) {
    super(initial.shape, initial.dtype);
    if (initial.dtype === "f16") {
      throw new ShapeError("Cannot make a variable of type f16: cast it to f32");
    }
    this.#initial = nodeOf(initial);
    setNode(this, () => this.#current());
  }

  /**
   * Records an update. What was recorded before sees the old value, what comes after the new one;
   * the device does it at the next {@link submit}, {@link evaluate} or read.
   *
   * @param value New value, of the same shape and type.
   * @throws {ShapeError} Where shape or type differ.
   */
  assign(value: Tensor): void {
    if (!sameShape(value.shape, this.shape) || value.dtype !== this.dtype) {
      throw new ShapeError(
        `Cannot assign ${value.dtype} ${showShape(value.shape)} to a variable of ${this.dtype} ${
          showShape(this.shape)
        }`,
        { shapes: [value.shape, this.shape] },
      );
    }
    recordUpdate(record(assignOp, [nodeOf(value)], this.shape, this.dtype), this.#place());
  }

  /**
   * Replaces the values from the host at once, after whatever was recorded before.
   *
   * @param values As many elements as the variable has, in its type (0 and 1 for bool).
   * @throws {ShapeError} Where the count differs.
   */
  write(values: TypedArray): void {
    if (values.length !== this.size) {
      throw new ShapeError(
        `Cannot write ${values.length} values to a variable of shape ${
          showShape(this.shape)
        }: it has ${this.size}`,
      );
    }
    if (hasUpdates()) submitUpdates();
    const { handle, offset, buffer } = this.#place();
    buffer.owner.device.queue.writeBuffer(handle, offset, toWords(values, this.dtype));
    buffer.version++;
  }

  /** Frees the variable's memory; variables that share a buffer go together. */
  override dispose(): void {
    this.#storage?.buffer.dispose();
  }

  /** A node that reads the values as they are after everything recorded so far. */
  #current(): Node {
    const storage = this.#place();
    const version = storage.buffer.version + storage.buffer.pending;
    if (this.#recorded?.value?.version !== version) {
      const node = record(sourceOp, [], this.shape, this.dtype);
      node.value = { storage, version };
      this.#recorded = node;
    }
    return this.#recorded!;
  }

  #place(): Storage {
    if (this.#storage === undefined) {
      [this.#storage] = materialiseFirst([this.#initial!]);
      this.#initial = undefined;
    }
    return this.#storage;
  }
}

/** A tensor for a node. */
export function wrap(node: Node): Tensor {
  const result = new Tensor(node.shape, node.dtype);
  setNode(result, () => node);
  return result;
}

/** What an update stores: a value of its own, so that no two updates share one. */
const assignOp: InlineOp = {
  kind: "inline",
  name: "assign",
  gradients: [null],
  cost: 0,
  pointwise: true,
  emit: (emitter, vertex, index) => emitter.value(vertex.inputs[0], index),
};

/**
 * Makes a {@link Variable}.
 *
 * @param initial Value at the start.
 * @returns A variable of the same shape and type.
 *
 * @example
 * ```ts
 * import { openGpu, variable, zeros } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * assertEquals(await variable(zeros([2])).toArray(), [0, 0]);
 * ```
 */
export function variable(initial: Tensor): Variable {
  return new Variable(initial);
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
  node.value = { host: hostArray(flat, dtype), version: 0 };
  return wrap(node);
}

/**
 * Computes several tensors and brings their values to the host in one readback. Updates recorded so
 * far run with them, all as one submit.
 *
 * @param tensors Any number of tensors.
 * @returns Their elements, row-major.
 * @throws {GpuError} Where the device failed, or a variable below was updated since recording.
 *
 * @example
 * ```ts
 * import { openGpu, read, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const [a, b] = await read([tensor([1, 2]), tensor([3])]);
 * assertEquals([...a, ...b], [1, 2, 3]);
 * ```
 */
export async function read(tensors: readonly Tensor[]): Promise<TypedArray[]> {
  const nodes = tensors.map(nodeOf);
  const kept = nodes.every(({ value, dtype }) => value?.host !== undefined && isRead(dtype));
  if (kept && !hasUpdates()) return nodes.map(({ value }) => (value!.host as TypedArray).slice());
  const results = await readNodes(nodes);
  nodes.forEach((node, i) => {
    if (node.value === undefined && isRead(node.dtype)) settle(node, { host: results[i].slice() });
  });
  return results;
}

/**
 * Computes tensors and keeps them on the device; does not wait. Updates recorded so far run too.
 *
 * @param tensors Tensors that later steps will use.
 *
 * @example
 * ```ts
 * import { evaluate, exp, openGpu, zeros } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const ones = exp(zeros([2]));
 * evaluate([ones]);
 * assertEquals(await ones.toArray(), [1, 1]);
 * ```
 */
export function evaluate(tensors: readonly Tensor[]): void {
  const nodes = [...new Set(tensors.map(nodeOf))].filter(({ value }) => value === undefined);
  const storages = materialise(nodes);
  nodes.forEach((node, i) => settle(node, { storage: storages[i] }));
}

/**
 * Ends a step: sends every update recorded so far to the device as one submit; does not wait.
 *
 * @example
 * ```ts
 * import { add, openGpu, submit, variable, zeros } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const steps = variable(zeros([]));
 * for (let i = 0; i < 3; i++) {
 *   steps.assign(add(steps, 1));
 *   submit();
 * }
 * assertEquals(await steps.item(), 3);
 * ```
 */
export function submit(): void {
  submitUpdates();
}

/** A number as a tensor of rank 0; its value travels in the params block. */
export function constant(value: number, dtype: DType): Tensor {
  const type = isFloat(dtype) ? "f32" : dtype;
  return wrap(record(constantOp, [], [], type, { value: Number(value) }));
}

/** Puts a tensor's host values on the device now. */
export function toDevice(source: Tensor): Storage {
  return upload(nodeOf(source));
}

function settle(node: Node, value: { host?: ArrayBufferView; storage?: Storage }): void {
  node.value = { ...value, version: 0 };
  node.inputs = [];
}

/** Halves are read as f32, so what was read cannot stand for the tensor. */
function isRead(dtype: DType): boolean {
  return dtype !== "f16";
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
      return values instanceof Uint8Array ? values : Uint8Array.from(numbers, (v) => v ? 1 : 0);
    case "f16":
      return ArrayBuffer.isView(values) && typeOf(values) === "f16"
        ? values
        : Float16Array.from(numbers);
  }
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

function nested(values: TypedArray, shape: Shape): Numbers {
  if (shape.length === 0) return values[0];
  if (shape.length === 1) return Array.from(values);
  const step = values.length / shape[0];
  return Array.from(
    { length: shape[0] },
    (_, i) => nested(values.subarray(i * step, (i + 1) * step), shape.slice(1)),
  );
}
