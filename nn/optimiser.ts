/** What optimisers share: one flat buffer for all parameters, groups, clipping, saved state. */

import {
  add,
  arange,
  type Flat,
  flatten,
  less,
  mul,
  read,
  type Shape,
  type Tensor,
  type TensorLike,
  type Variable,
  variable,
  where,
  zeros,
} from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { checkOption } from "./check.ts";
import { clipped } from "./clip.ts";
import {
  type GroupSettings,
  type OptimiserParameters,
  orderGradients,
  type ResolvedGroup,
  resolveGroups,
} from "./groups.ts";
import type { TensorNest } from "./module.ts";
import { checkState, type State } from "./state.ts";

/** Options of all optimisers. */
export interface OptimiserOptions {
  /** Learning rate of groups that give none, from 0. */
  readonly rate?: number;
  /** Weight decay of groups that give none, from 0. */
  readonly decay?: number;
  /** Largest norm of all gradients together, above 0; longer ones are shortened to it. */
  readonly clip?: number;
}

/** Options of one update. */
export interface StepOptions {
  /** Factor of every group's rate at this step, or one factor per group in order; default 1. */
  readonly scale?: number | readonly number[];
}

/** What an optimiser needs, beside the parameters, to go on with the same bits. */
export interface OptimiserState {
  /** Updates taken. */
  readonly steps: number;
  /** Running averages by their own name and the parameter's, such as `m.layers.0.weight`. */
  readonly tensors: State;
}

/**
 * Base of the optimisers. It moves all parameters into one buffer, so that an update is one kernel
 * over that buffer whatever the number of layers; groups are contiguous ranges of it.
 */
export abstract class Optimiser {
  /** Name, rate and decay of the groups, in order. */
  readonly groups: readonly GroupSettings[];
  /** All parameters as one variable; what lies between two of them stays 0. */
  protected readonly flat: Flat;
  /** Running averages, each as long as all parameters, by name. */
  protected readonly averages: Record<string, Variable> = {};
  readonly #groups: readonly ResolvedGroup[];
  /** Place of the first parameter of every group. */
  readonly #starts: readonly number[];
  readonly #clip: number | undefined;
  #steps = 0;

  /**
   * Takes the parameters over.
   *
   * @param parameters What is updated.
   * @param options Rate and decay of groups that give none, clipping.
   * @throws {ConfigError} If an option is out of range or a parameter cannot be updated.
   */
  constructor(
    parameters: OptimiserParameters,
    options: OptimiserOptions & { readonly rate: number; readonly decay: number },
  ) {
    const { rate, decay, clip } = options;
    if (clip !== undefined) {
      checkOption("make an optimiser", "clip", clip, "above 0", Number.isFinite(clip) && clip > 0);
    }
    this.#clip = clip;
    this.#groups = resolveGroups(parameters, { rate, decay });
    this.groups = this.#groups.map(({ name, rate, decay }) => ({ name, rate, decay }));
    this.flat = flatten([...this.#variables().values()]);
    let count = 0;
    this.#starts = this.#groups.map(({ variables }) => {
      const start = this.flat.offsets[count];
      count += variables.size;
      return start;
    });
  }

  /** Updates taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Records one update of all parameters. It runs with the next evaluation, or with `submit()`.
   *
   * @param grads Gradients in the nest of the parameters; of groups an array or a record of nests.
   * @param options The schedule's factor of the rates.
   * @throws {ConfigError} If a gradient is missing, or has no parameter.
   * @throws {ShapeError} If a gradient has another shape than its parameter.
   */
  step(grads: TensorNest, options: StepOptions = {}): void {
    const { scale = 1 } = options;
    if (typeof scale !== "number" && scale.length !== this.groups.length) {
      throw new ConfigError(
        `Cannot step with ${scale.length} factors: the optimiser has ${this.groups.length} groups`,
        { field: "scale", value: scale },
      );
    }
    const gradient = clipped(this.flat.pack(orderGradients(this.#groups, grads)), this.#clip);
    const rates = this.groups.map(({ rate }, i) =>
      rate * (typeof scale === "number" ? scale : scale[i])
    );
    this.#steps++;
    this.update(gradient, rates);
  }

  /**
   * What is needed beside the parameters to go on later with the same bits.
   *
   * @returns The count of updates and the running averages by parameter, read together.
   */
  async state(): Promise<OptimiserState> {
    const names = Object.keys(this.averages);
    const steps = this.#steps;
    const buffers = names.length > 0 ? await read(names.map((name) => this.averages[name])) : [];
    const tensors: State = {};
    names.forEach((average, i) => {
      for (const { name, shape, start, size } of this.#places()) {
        tensors[`${average}.${name}`] = { shape, values: buffers[i].slice(start, start + size) };
      }
    });
    return { steps, tensors };
  }

  /**
   * Sets the count of updates and the running averages. A state that does not fit changes nothing.
   *
   * @param state What {@linkcode Optimiser.state} returned for parameters of the same names and shapes.
   * @throws {ConfigError} If names are missing or unknown, or the count is no whole number.
   * @throws {ShapeError} If a shape is another one.
   */
  load(state: OptimiserState): void {
    const averages = Object.entries(this.averages);
    const places = this.#places();
    const expected = new Map(
      averages.flatMap(([average]) =>
        places.map((place) => [`${average}.${place.name}`, place] as const)
      ),
    );
    checkOption(
      "load the optimiser",
      "steps",
      state.steps,
      "an integer from 0",
      Number.isSafeInteger(state.steps) && state.steps >= 0,
    );
    checkState(expected, state.tensors, "optimiser");
    for (const [average, target] of averages) {
      const values = new Float32Array(target.size);
      for (const { name, start } of places) {
        values.set(state.tensors[`${average}.${name}`].values, start);
      }
      target.write(values);
    }
    this.#steps = state.steps;
  }

  /** Records the update of `flat.values` and the averages from the packed, clipped gradients. */
  protected abstract update(gradient: Tensor, rates: readonly number[]): void;

  /** A running average that starts at 0. */
  protected average(name: string): Variable {
    return this.averages[name] = variable(zeros([this.flat.values.size]));
  }

  /** One number per group as one value per element of the flat buffer. */
  protected perGroup(values: readonly number[]): TensorLike {
    const index = arange(this.flat.values.size, "i32"); // computed in the kernel: takes no memory
    return values.slice(1).reduce<TensorLike>(
      (spread, value, i) => where(less(index, this.#starts[i + 1]), spread, value),
      values[0],
    );
  }

  /** Weight decay per element; 0 where no group has any, so that the kernel leaves it out. */
  protected get decays(): TensorLike {
    const decays = this.groups.map(({ decay }) => decay);
    return decays.every((decay) => decay === 0) ? 0 : this.perGroup(decays);
  }

  /** Gradients with the decay of the weights in them (L2 regularisation). */
  protected withDecay(gradient: Tensor): Tensor {
    const decays = this.decays;
    return decays === 0 ? gradient : add(gradient, mul(this.flat.values, decays));
  }

  #variables(): Map<string, Variable> {
    return new Map(this.#groups.flatMap(({ variables }) => [...variables]));
  }

  /** Where every parameter lies in the flat buffer. */
  #places(): { name: string; shape: Shape; start: number; size: number }[] {
    return [...this.#variables()].map(([name, { shape, size }], i) => ({
      name,
      shape,
      start: this.flat.offsets[i],
      size,
    }));
  }
}
