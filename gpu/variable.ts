/** Variables: tensors that outlive a step. */

import { holdsType, toWords, type TypedArray } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import {
  expectLaterRead,
  hasUpdates,
  materialiseFirst,
  readsVariables,
  recordUpdate,
  submitUpdates,
} from "./evaluate.ts";
import { type InlineOp, type Node, record, sourceOp } from "./node.ts";
import { sameShape, showShape } from "./shape.ts";
import type { Storage } from "./storage.ts";
import { nodeOf, setNode, Tensor } from "./tensor.ts";

/** Moves a variable's values to another place that already holds them. */
export let moveVariable: (variable: Variable, storage: Storage) => void;
/** The node a variable starts from, or its storage once it has one. */
export let originOf: (variable: Variable) => Node | Storage;

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
    // What starts from another variable starts from what that holds now.
    if (readsVariables(this.#initial)) this.#place();
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
   * @throws {ShapeError} Where the count or the type differs.
   */
  write(values: TypedArray): void {
    if (values.length !== this.size) {
      throw new ShapeError(
        `Cannot write ${values.length} values to a variable of shape ${
          showShape(this.shape)
        }: it has ${this.size}`,
      );
    }
    if (!holdsType(values, this.dtype)) {
      throw new ShapeError(
        `Cannot write ${values.constructor.name} values to a variable of type ${this.dtype}: convert them first`,
      );
    }
    if (hasUpdates()) submitUpdates();
    const storage = this.#place();
    const { handle, offset, buffer } = storage;
    buffer.owner.device.queue.writeBuffer(handle, offset, toWords(values, this.dtype));
    storage.noteChange();
  }

  /** Frees the variable's memory; variables that share a buffer go together. */
  override dispose(): void {
    this.#storage?.buffer.dispose();
  }

  /** A node that reads the values as they are after everything recorded so far. */
  #current(): Node {
    const storage = this.#place();
    if (storage.pending > 0) expectLaterRead();
    const version = storage.version + storage.pending;
    if (this.#recorded?.value?.version !== version) {
      const node = record(sourceOp, [], this.shape, this.dtype);
      node.value = { storage, version, isReplaced: true };
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
