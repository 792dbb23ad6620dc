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
  stopGradient,
  submit,
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
  /**
   * Share that the average of the weights keeps of itself at each update, above 0 and below 1; no
   * average by default. The first 1 / (1 - ema) updates are averaged evenly, so that the start values
   * do not count.
   */
  readonly ema?: number;
}

/** Name of the average of the weights. */
const EMA = "ema";

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
  readonly #ema: number;
  /** Gradients of earlier batches of the next update; zeros between two updates. */
  #sum: Variable | undefined;
  #summed = 0;
  #steps = 0;
  /** Calls of withAverage() that have not ended. */
  #averaging = 0;

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
    const { rate, decay, clip, ema } = options;
    if (ema !== undefined) {
      checkOption("make an optimiser", "ema", ema, "above 0 and below 1", ema > 0 && ema < 1);
    }
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
    this.#ema = ema ?? 0;
    if (ema !== undefined) this.average(EMA);
  }

  /** Updates taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Records that gradients of a batch wait for the next step, which takes the mean of theirs and its
   * own. Call `submit()` after each batch.
   *
   * @param grads Gradients as {@linkcode Optimiser.step} takes them.
   * @throws {ConfigError} If a gradient is missing, or has no parameter.
   * @throws {ShapeError} If a gradient has another shape than its parameter.
   *
   * @example
   * ```ts
   * import { openGpu, submit, tensor, variable } from "@aft/aft/gpu";
   * import { SGD } from "@aft/aft/nn";
   * import { assertEquals } from "@std/assert";
   *
   * await openGpu();
   * const weight = variable(tensor([1, 1]));
   * const optimiser = new SGD({ weight }, { rate: 1 });
   * optimiser.accumulate({ weight: tensor([1, 0]) });
   * submit();
   * optimiser.step({ weight: tensor([0, 1]) });
   * submit();
   * assertEquals([await weight.toArray(), optimiser.steps], [[0.5, 0.5], 1]);
   * ```
   */
  accumulate(grads: TensorNest): void {
    const gradient = this.flat.pack(orderGradients(this.#groups, grads));
    this.#sum ??= variable(zeros([this.flat.values.size]));
    this.#sum.assign(add(this.#sum, gradient));
    this.#summed++;
  }

  /**
   * Records one update of all parameters. It runs with the next evaluation, or with `submit()`.
   *
   * @param grads Gradients in the nest of the parameters; of groups an array or a record of nests.
   * @param options The schedule's factor of the rates.
   * @throws {ConfigError} If a gradient is missing, or has no parameter, or averaged weights are in use.
   * @throws {ShapeError} If a gradient has another shape than its parameter.
   */
  step(grads: TensorNest, options: StepOptions = {}): void {
    this.#refuseAveraged("take a step");
    const { scale = 1 } = options;
    if (typeof scale !== "number" && scale.length !== this.groups.length) {
      throw new ConfigError(
        `Cannot step with ${scale.length} factors: the optimiser has ${this.groups.length} groups`,
        { field: "scale", value: scale },
      );
    }
    const gradient = this.#gathered(this.flat.pack(orderGradients(this.#groups, grads)));
    const rates = this.groups.map(({ rate }, i) =>
      rate * (typeof scale === "number" ? scale : scale[i])
    );
    this.#steps++;
    const weights = this.update(clipped(gradient, this.#clip), rates);
    this.flat.values.assign(weights);
    const average = this.averages[EMA];
    if (average) {
      const kept = Math.min(this.#ema, 1 - 1 / this.#steps);
      average.assign(add(mul(average, kept), mul(weights, 1 - kept)));
    }
  }

  /** The mean of this gradient and those that wait for it; none waits after. */
  #gathered(gradient: Tensor): Tensor {
    if (this.#sum === undefined || this.#summed === 0) return gradient;
    const mean = mul(add(this.#sum, gradient), 1 / (this.#summed + 1));
    this.#sum.assign(zeros([this.#sum.size]));
    this.#summed = 0;
    return mean;
  }

  /**
   * Runs something with the averaged weights in place of the trained ones, which are back after it,
   * to the same bits. Without an average, or before the first update, the weights stay.
   *
   * @param run What needs the weights, such as an evaluation; meanwhile no step is taken.
   * @returns What it returned.
   *
   * @example
   * ```ts
   * import { openGpu, submit, tensor, variable } from "@aft/aft/gpu";
   * import { SGD } from "@aft/aft/nn";
   * import { assertEquals } from "@std/assert";
   *
   * await openGpu();
   * const weight = variable(tensor([0]));
   * const optimiser = new SGD({ weight }, { rate: 1, ema: 0.9 });
   * for (const slope of [-1, -2]) {
   *   optimiser.step({ weight: tensor([slope]) });
   *   submit();
   * }
   * assertEquals(await optimiser.withAverage(() => weight.item()), (1 + 3) / 2);
   * assertEquals(await weight.item(), 3);
   * ```
   */
  async withAverage<T>(run: () => Promise<T>): Promise<T> {
    const average = this.averages[EMA];
    if (average === undefined || this.#steps === 0) return await run();
    const swap = () => {
      // Both are taken before either is assigned; unlike a sum with 0 this keeps -0 too.
      const [weights, mean] = [stopGradient(this.flat.values), stopGradient(average)];
      this.flat.values.assign(mean);
      average.assign(weights);
      submit();
    };
    if (this.#averaging++ === 0) swap();
    try {
      return await run();
    } finally {
      if (--this.#averaging === 0) swap();
    }
  }

  /** Refuses what needs the trained weights while the averaged ones stand in their place. */
  #refuseAveraged(action: string): void {
    if (this.#averaging === 0) return;
    throw new ConfigError(
      `Cannot ${action} while averaged weights stand in for the trained ones: await withAverage() first`,
      { field: "ema", value: this.#ema },
    );
  }

  /** Refuses what would lose gradients that wait for the next step. */
  #refuseWaiting(action: string): void {
    if (this.#summed === 0) return;
    throw new ConfigError(
      `Cannot ${action} with gradients of ${this.#summed} batches waiting: take the step first`,
      { field: "accumulate", value: this.#summed },
    );
  }

  /**
   * What is needed beside the parameters to go on later with the same bits.
   *
   * @returns The count of updates and the running averages by parameter, read together.
   * @throws {ConfigError} While gradients wait for the next step, or averaged weights are in use.
   */
  async state(): Promise<OptimiserState> {
    this.#refuseWaiting("save the optimiser");
    this.#refuseAveraged("save the optimiser");
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
   * @throws {ConfigError} If names are missing or unknown, the count is no whole number, gradients wait for
   * the next step, or averaged weights are in use.
   * @throws {ShapeError} If a shape is another one.
   */
  load(state: OptimiserState): void {
    this.#refuseWaiting("load the optimiser");
    this.#refuseAveraged("load the optimiser");
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

  /** Records the update of the averages from the packed, clipped gradients, and gives the new weights. */
  protected abstract update(gradient: Tensor, rates: readonly number[]): Tensor;

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
