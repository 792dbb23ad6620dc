/** Tensors: handles on recorded work. */

import type { DType, TypedArray } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import { constantOp, type Node, record } from "./node.ts";
import { read } from "./run.ts";
import { type Shape, showShape, sizeOf } from "./shape.ts";

/** Nested arrays of numbers, as deep as a tensor has axes. */
export type Numbers = number | readonly Numbers[];

/** What element-wise ops take: a number goes with any shape. */
export type TensorLike = Tensor | number;

/** Reads the node behind a tensor. */
export let nodeOf: (tensor: Tensor) => Node;
/** Tells a tensor where its node comes from. */
export let setNode: (tensor: Tensor, node: () => Node) => void;

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

/** A tensor for a node. */
export function wrap(node: Node): Tensor {
  const result = new Tensor(node.shape, node.dtype);
  setNode(result, () => node);
  return result;
}

/** A number as a tensor of rank 0; its value travels in the params block. */
export function constant(value: number, dtype: DType): Tensor {
  return wrap(record(constantOp, [], [], dtype, { value: held(value, dtype) }));
}

/** A number as elements of that type hold it. */
function held(value: number, dtype: DType): number {
  switch (dtype) {
    case "bool":
      return value ? 1 : 0;
    case "f16":
      return Float16Array.of(value)[0];
    default:
      return Number(value);
  }
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
