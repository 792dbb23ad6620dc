/** Gradient descent. */

import { add, mul, sub, type Tensor, type Variable } from "../gpu/mod.ts";
import { ConfigError } from "../gpu/errors.ts";
import { checkOption } from "./check.ts";
import type { OptimiserParameters } from "./groups.ts";
import { Optimiser, type OptimiserOptions } from "./optimiser.ts";

/** Options of {@linkcode SGD}. */
export interface SGDOptions extends OptimiserOptions {
  /** Share of the last velocity that is kept, from 0 to below 1; default 0. */
  readonly momentum?: number;
  /** Whether the gradient is taken one velocity ahead (Nesterov); default false. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent: v = momentum v + g, w -= rate v, with v = g at the first step; with
 * Nesterov's momentum w -= rate (g + momentum v) (Sutskever et al. 2013, in the form of PyTorch). The
 * decay is L2 regularisation: decay w is added to g. The default rate is 0.01.
 *
 * @example
 * ```ts
 * import { openGpu, submit, tensor, variable } from "@aft/aft/gpu";
 * import { SGD } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const weight = variable(tensor([1, 2]));
 * const optimiser = new SGD({ weight }, { rate: 0.5 });
 * optimiser.step({ weight: tensor([2, 0]) });
 * submit();
 * assertEquals(await weight.toArray(), [0, 2]);
 * ```
 */
export class SGD extends Optimiser {
  readonly #momentum: number;
  readonly #nesterov: boolean;
  readonly #velocity: Variable | undefined;

  /**
   * Takes the parameters over.
   *
   * @param parameters A module, variables in any nest, or groups of them.
   * @param options Rate, decay, momentum, clipping.
   * @throws {ConfigError} If an option is out of range or a parameter cannot be updated.
   */
  constructor(parameters: OptimiserParameters, options: SGDOptions = {}) {
    const { rate = 0.01, decay = 0, momentum = 0, nesterov = false } = options;
    const action = "make an SGD optimiser";
    checkOption(action, "momentum", momentum, "from 0 to below 1", momentum >= 0 && momentum < 1);
    if (nesterov && momentum === 0) {
      throw new ConfigError(`Cannot ${action} with nesterov and momentum 0: it needs momentum`, {
        field: "nesterov",
        value: nesterov,
      });
    }
    super(parameters, { ...options, rate, decay });
    this.#momentum = momentum;
    this.#nesterov = nesterov;
    this.#velocity = momentum > 0 ? this.average("v") : undefined;
  }

  /** Records the update. */
  protected override update(gradient: Tensor, rates: readonly number[]): Tensor {
    const weights = this.flat.values;
    const g = this.withDecay(gradient);
    let direction = g;
    if (this.#velocity) {
      const velocity = add(mul(this.#velocity, this.#momentum), g);
      direction = this.#nesterov ? add(g, mul(velocity, this.#momentum)) : velocity;
      this.#velocity.assign(velocity);
    }
    return sub(weights, mul(direction, this.perGroup(rates)));
  }
}
