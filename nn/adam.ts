/** Adam and its form with decoupled weight decay. */

import { add, div, mul, sqrt, square, sub, type Tensor, type Variable } from "../gpu/mod.ts";
import { checkEpsilon, checkOption } from "./check.ts";
import type { OptimiserParameters } from "./groups.ts";
import { Optimiser, type OptimiserOptions } from "./optimiser.ts";

/** Options of {@linkcode Adam} and {@linkcode AdamW}. */
export interface AdamOptions extends OptimiserOptions {
  /** Decay of the averages of the gradient and of its square, each from 0 to below 1; default 0.9, 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second average, above 0; default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) with bias correction. The decay is coupled: L2
 * regularisation, decay w added to the gradient. The default rate is 1e-3.
 *
 * @example
 * ```ts
 * import { openGpu, submit, tensor, variable } from "@aft/aft/gpu";
 * import { Adam } from "@aft/aft/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const weight = variable(tensor([1, 2]));
 * const scales = variable(tensor([0]));
 * const optimiser = new Adam([
 *   { name: "student", parameters: { weight } },
 *   { name: "scales", parameters: { scales }, rate: 1e-2 },
 * ]);
 * optimiser.step({ student: { weight: tensor([5, -5]) }, scales: { scales: tensor([2]) } });
 * submit();
 * assertAlmostEquals(await scales.item(), -1e-2, 1e-6);
 * ```
 */
export class Adam extends Optimiser {
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;
  readonly #m: Variable;
  readonly #v: Variable;

  /**
   * Takes the parameters over.
   *
   * @param parameters A module, variables in any nest, or groups of them.
   * @param options Rate, decay, betas, epsilon, clipping.
   * @throws {ConfigError} If an option is out of range or a parameter cannot be updated.
   */
  constructor(parameters: OptimiserParameters, options: AdamOptions = {}) {
    const { rate = 1e-3, decay = 0, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
    const action = "make an Adam optimiser";
    betas.forEach((beta, i) =>
      checkOption(action, `betas.${i}`, beta, "from 0 to below 1", beta >= 0 && beta < 1)
    );
    checkEpsilon(action, epsilon);
    super(parameters, { ...options, rate, decay });
    this.#betas = betas;
    this.#epsilon = epsilon;
    this.#m = this.average("m");
    this.#v = this.average("v");
  }

  /** Records the update. */
  protected override update(gradient: Tensor, rates: readonly number[]): Tensor {
    return this.descend(this.flat.values, this.withDecay(gradient), rates);
  }

  /** Records both averages; the new weights are start - rate (m / c1) / (sqrt(v / c2) + epsilon). */
  protected descend(start: Tensor, g: Tensor, rates: readonly number[]): Tensor {
    const [beta1, beta2] = this.#betas;
    // Bias corrections in float64: 1 - 0.999^t in float32 loses four digits at the first steps.
    const c1 = 1 - beta1 ** this.steps;
    const c2 = 1 - beta2 ** this.steps;
    const m = add(mul(this.#m, beta1), mul(g, 1 - beta1));
    const v = add(mul(this.#v, beta2), mul(square(g), 1 - beta2));
    const root = add(mul(sqrt(v), 1 / Math.sqrt(c2)), this.#epsilon);
    const rate = this.perGroup(rates.map((rate) => rate / c1));
    this.#m.assign(m);
    this.#v.assign(v);
    return sub(start, mul(rate, div(m, root)));
  }
}

/**
 * Adam with decoupled decay (Loshchilov and Hutter 2019, algorithm 2): weights shrink by
 * rate * decay beside the step, so that the decay does not pass through the averages. The default
 * rate is 1e-3, the default decay 0.01.
 *
 * @example
 * ```ts
 * import { openGpu, submit, tensor, variable } from "@aft/aft/gpu";
 * import { AdamW } from "@aft/aft/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const weight = variable(tensor([2]));
 * const optimiser = new AdamW({ weight }, { rate: 0.1, decay: 0.5 });
 * optimiser.step({ weight: tensor([0]) });
 * submit();
 * assertAlmostEquals(await weight.item(), 2 * (1 - 0.1 * 0.5), 1e-6);
 * ```
 */
export class AdamW extends Adam {
  /**
   * Takes the parameters over.
   *
   * @param parameters A module, variables in any nest, or groups of them.
   * @param options Rate, decay, betas, epsilon, clipping.
   * @throws {ConfigError} If an option is out of range or a parameter cannot be updated.
   */
  constructor(parameters: OptimiserParameters, options: AdamOptions = {}) {
    super(parameters, { ...options, decay: options.decay ?? 0.01 });
  }

  /** Records the update. */
  protected override update(gradient: Tensor, rates: readonly number[]): Tensor {
    const weights = this.flat.values;
    const kept = this.decays === 0
      ? weights
      : mul(weights, this.perGroup(rates.map((rate, i) => 1 - rate * this.groups[i].decay)));
    return this.descend(kept, gradient, rates);
  }
}
