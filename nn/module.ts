/** What all layers and models share: parameters found from their fields, saved and loaded. */

import { Tensor, Variable, variable } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { readState, type State, writeState } from "./state.ts";

/** What a forward pass is told beside its input. */
export interface Context {
  /** Whether layers that act otherwise in training, such as dropout, do so; default false. */
  readonly training?: boolean;
  /**
   * A number that differs in every step, such as the step itself: an integer from 0 to 2^53 - 1.
   * Layers that draw random numbers in training need it and mix it with a seed of their own.
   */
  readonly seed?: number;
}

/** A module from one tensor to one tensor. */
export interface Layer {
  /** Applies the layer. */
  forward(x: Tensor, context?: Context): Tensor;
}

/** Variables that are saved and loaded, and not learned. */
const buffers = new WeakSet<Tensor>();

/**
 * A variable that a module keeps but does not learn, such as a running mean: it is saved and loaded
 * with the parameters, and no gradient is taken with respect to it.
 *
 * @param initial Its value at the start.
 * @returns A variable to be held in a field of the module.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { buffer, Module } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * class Counting extends Module {
 *   rows = buffer(zeros([]));
 * }
 *
 * await openGpu();
 * const counting = new Counting();
 * assertEquals(Object.keys(counting.parameters()), []);
 * assertEquals(Object.keys(await counting.state()), ["rows"]);
 * ```
 */
export function buffer(initial: Tensor): Variable {
  const kept = variable(initial);
  buffers.add(kept);
  return kept;
}

/** Whether a variable is state that is not learned. */
export function isBuffer(tensor: Tensor): boolean {
  return buffers.has(tensor);
}

/** Makes variables of a module buffers, so that they stay as they are in training. */
export function freeze(variables: Iterable<Variable>): void {
  for (const kept of variables) buffers.add(kept);
}

/**
 * Base of layers and models. Its parameters are the variables in its own fields, and in modules,
 * arrays and plain objects there, to any depth; a parameter's name is the way to it, such as
 * `layers.0.weight`. A variable that is held twice counts once, under its first name. Fields that
 * are private with `#` are not seen. Variables made by {@linkcode buffer} are state, not parameters.
 *
 * @example
 * ```ts
 * import { openGpu, relu, type Tensor } from "@aft/aft/gpu";
 * import { Linear, Module } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * class Student extends Module {
 *   body = new Linear(4, 8, { seed: 1 });
 *   head = new Linear(8, 2, { seed: 2 });
 *   forward(x: Tensor): Tensor {
 *     return this.head.forward(relu(this.body.forward(x)));
 *   }
 * }
 *
 * await openGpu();
 * const student = new Student();
 * assertEquals(Object.keys(student.parameters()), [
 *   "body.weight",
 *   "body.bias",
 *   "head.weight",
 *   "head.bias",
 * ]);
 * const state = await student.state();
 * assertEquals(state["head.weight"].shape, [2, 8]);
 * student.load(state);
 * ```
 */
export abstract class Module {
  /**
   * The parameters.
   *
   * @returns Variables by name, in the order of the fields; gradients are taken with respect to them.
   */
  parameters(): Record<string, Variable> {
    return Object.fromEntries([...this.#variables()].filter(([, kept]) => !buffers.has(kept)));
  }

  /**
   * The values of all parameters and buffers, read together.
   *
   * @returns Shape and values by name.
   */
  state(): Promise<State> {
    return readState(this.#variables());
  }

  /**
   * Sets all parameters and buffers. A state that does not fit changes nothing.
   *
   * @param state Shape and values by name, exactly those of this module.
   * @throws {ConfigError} If names are missing or not those of parameters.
   * @throws {ShapeError} If a shape is another one, or the values do not fill it.
   */
  load(state: Readonly<State>): void {
    writeState(this.#variables(), state, "model");
  }

  #variables(): Map<string, Variable> {
    const variables = new Map<string, Variable>();
    for (const [name, tensor] of distinctTensors(this)) {
      if (tensor instanceof Variable) variables.set(name, tensor);
    }
    return variables;
  }
}

/** Tensors in any nest of arrays, plain objects and modules. */
export type TensorNest =
  | Tensor
  | Module
  | readonly TensorNest[]
  | { readonly [name: string]: TensorNest };

/**
 * Tensors of a nest by name: the path of fields and indices that leads there, joined by dots. What
 * is no tensor is passed over; a tensor on two paths has two names.
 */
export function namedTensors(nest: unknown): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const [path, value] of walk(nest)) {
    if (!(value instanceof Tensor)) continue;
    if (found.has(path)) throw nameTwice(path);
    found.set(path, value);
  }
  return found;
}

/** Modules of a nest by name, itself under the empty one; a module on two paths has two names. */
export function namedModules(nest: unknown): Map<string, Module> {
  const all = [...walk(nest)];
  return new Map(all.filter((place): place is [string, Module] => place[1] instanceof Module));
}

/** Tensors, modules, arrays and plain objects of a nest with the paths that lead there. */
function* walk(
  value: unknown,
  path = "",
  above: Set<object> = new Set(), // a module may know the one that holds it
): Generator<[path: string, value: object]> {
  if (value instanceof Tensor) yield [path, value];
  if (!isNest(value) || above.has(value)) return;
  yield [path, value];
  above.add(value);
  for (const [key, part] of Object.entries(value)) {
    yield* walk(part, path ? `${path}.${key}` : key, above);
  }
  above.delete(value);
}

/** The tensors of a nest, each under its first name alone. */
export function distinctTensors(nest: unknown): Map<string, Tensor> {
  const seen = new Set<Tensor>();
  const first = [...namedTensors(nest)].filter(([, tensor]) => {
    if (seen.has(tensor)) return false;
    return seen.add(tensor);
  });
  return new Map(first);
}

/** True for arrays, object literals and modules; other objects keep what they hold to themselves. */
function isNest(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Module || Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameTwice(path: string): ConfigError {
  return new ConfigError(`Cannot name two tensors ${path}: rename one of the fields`, {
    field: "name",
    value: path,
  });
}
