/** One buffer for many variables, so that an optimiser updates all of them in one kernel. */

import { GpuError, ShapeError } from "./errors.ts";
import { currentDevice } from "./device.ts";
import { materialiseFirst, submitUpdates } from "./evaluate.ts";
import type { Node } from "./node.ts";
import { ALIGNMENT, packed } from "./pack.ts";
import { sameShape, type Shape, showShape, sizeOf } from "./shape.ts";
import { Storage } from "./storage.ts";
import { nodeOf, type Tensor } from "./tensor.ts";
import { moveVariable, originOf, type Variable, variable } from "./variable.ts";
import { zeros } from "./ops/create.ts";

/**
 * Variables that share one buffer. Each stays usable alone; gaps between them hold zeros.
 *
 * @example
 * ```ts
 * import { flatten, ones, openGpu, tensor, variable } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const [a, b] = [variable(tensor([1, 2])), variable(tensor([[3]]))];
 * const flat = flatten([a, b]);
 * assertEquals(flat.offsets, [0, 64]);
 * assertEquals((await flat.pack([ones([2]), ones([1, 1])]).data())[64], 1);
 * assertEquals(await b.toArray(), [[3]]);
 * ```
 */
export class Flat {
  /** All elements, `[total]`, f32. */
  readonly values: Variable;
  /** Element of {@link Flat.values} at which each variable starts. */
  readonly offsets: readonly number[];
  readonly #variables: readonly Variable[];
  readonly #shapes: readonly Shape[];

  /**
   * Moves variables into one buffer; {@link flatten} says the same.
   *
   * @param variables One or more f32 variables.
   */
  constructor(variables: readonly Variable[]) {
    const odd = variables.find(({ dtype }) => dtype !== "f32");
    if (variables.length === 0 || odd !== undefined) {
      throw new ShapeError(
        `Cannot flatten ${
          odd === undefined ? "no variables" : `a variable of type ${odd.dtype}`
        }: give f32 variables`,
      );
    }
    this.#variables = variables;
    this.#shapes = variables.map(({ shape }) => shape);
    const offsets: number[] = [];
    let total = 0;
    for (const shape of this.#shapes) {
      offsets.push(total);
      total += Math.ceil(sizeOf(shape) / ALIGNMENT) * ALIGNMENT;
    }
    this.offsets = offsets;
    this.values = variable(zeros([total]));
    this.#adopt(variables);
  }

  /**
   * Joins tensors in the layout of the variables. Each is computed straight into its range.
   *
   * @param tensors One per variable, of its shape.
   * @returns f32 `[total]`.
   * @throws {ShapeError} Where count or shapes differ from the variables'.
   * @throws {GpuError} Where a variable has since moved to another flat buffer.
   */
  pack(tensors: readonly Tensor[]): Tensor {
    if (tensors.length !== this.#shapes.length) {
      throw new ShapeError(
        `Cannot pack ${tensors.length} tensors: there are ${this.#shapes.length} variables`,
      );
    }
    const home = (originOf(this.values) as Storage).buffer;
    const moved = this.#variables.findIndex((v) => (originOf(v) as Storage).buffer !== home);
    if (moved >= 0) {
      throw new GpuError(
        `Cannot pack for variable ${moved} of shape ${
          showShape(this.#shapes[moved])
        }: it was flattened again and lives elsewhere, a variable belongs to one optimiser`,
      );
    }
    tensors.forEach((x, i) => {
      if (!sameShape(x.shape, this.#shapes[i]) || x.dtype !== "f32") {
        throw new ShapeError(
          `Cannot pack ${x.dtype} ${showShape(x.shape)} as number ${i}: its variable is f32 ${
            showShape(this.#shapes[i])
          }`,
          { shapes: [x.shape, this.#shapes[i]] },
        );
      }
    });
    return packed(tensors, this.offsets, this.values.size, true);
  }

  #adopt(variables: readonly Variable[]): void {
    const origins = variables.map(originOf);
    // An update that is still to come would be lost on the way.
    if (origins.some((origin) => origin instanceof Storage && origin.pending > 0)) {
      submitUpdates();
    }
    const computed = origins.filter((origin): origin is Node => !(origin instanceof Storage));
    const storages = materialiseFirst(computed);
    const [all] = materialiseFirst([nodeOf(this.values)]);
    const gpu = currentDevice();
    const encoder = gpu.device.createCommandEncoder();
    const places = origins.map((origin, i) => {
      const from = origin instanceof Storage ? origin : storages[computed.indexOf(origin)];
      const to = new Storage(all.buffer, all.offset + 4 * this.offsets[i], from.bytes);
      encoder.copyBufferToBuffer(from.handle, from.offset, to.handle, to.offset, from.bytes);
      return to;
    });
    gpu.device.queue.submit([encoder.finish()]);
    gpu.counters.submits++;
    storages.forEach(({ buffer }) => buffer.dispose());
    moveVariable(this.values, all);
    variables.forEach((v, i) => moveVariable(v, places[i]));
  }
}

/**
 * Moves variables into one buffer.
 *
 * @param variables One or more f32 variables.
 * @returns The shared buffer.
 * @throws {ShapeError} For no variables, or other types.
 */
export function flatten(variables: readonly Variable[]): Flat {
  return new Flat(variables);
}
