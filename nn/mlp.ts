/** The multi-layer perceptron, with its features beside its logits. */

import { reshape, type Tensor } from "../gpu/mod.ts";
import { ShapeError } from "../gpu/errors.ts";
import { showShape } from "../gpu/shape.ts";
import { type Activation, type ActivationName, resolveActivation } from "./activation.ts";
import { checkSize } from "./check.ts";
import { Dropout } from "./dropout.ts";
import type { Initialiser, InitName } from "./init.ts";
import { Linear } from "./linear.ts";
import { type Context, Module } from "./module.ts";
import { deriveSeed } from "./seed.ts";

/** Options of {@linkcode MLP}. */
export interface MLPOptions {
  /** Numbers in one row of the input, from 1. */
  readonly inputs: number;
  /** Widths of the hidden layers, first to last; `[]` makes a linear model. */
  readonly hidden: readonly number[];
  /** Numbers in one row of the logits, from 1. */
  readonly outputs: number;
  /** Decides all start values and dropout: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Function after every hidden layer; default `relu`. */
  readonly activation?: ActivationName | Activation;
  /** Probability of dropout after every activation, from 0 to below 1; default 0. */
  readonly dropout?: number;
  /** Start of the weights; default `uniform`, in ±1/sqrt(fan in), as the biases always do. */
  readonly init?: InitName | Initialiser;
}

/** What {@linkcode MLP.forward} returns. */
export interface MLPOutput {
  /** Head output [batch, outputs]. */
  readonly logits: Tensor;
  /** What the head is applied to [batch, width of the last hidden layer]. */
  readonly features: Tensor;
}

/**
 * Linear layers with an activation after each, and a linear head. Every layer starts from a seed
 * derived from the model's, so that layers are independent.
 *
 * @example
 * ```ts
 * import { openGpu, zeros } from "@aft/aft/gpu";
 * import { MLP } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const model = new MLP({ inputs: 48, hidden: [32, 16], outputs: 10, seed: 1 });
 * const { logits, features } = model.forward(zeros([8, 3, 4, 4]));
 * assertEquals(logits.shape, [8, 10]);
 * assertEquals(features.shape, [8, 16]);
 * ```
 */
export class MLP extends Module {
  /** Hidden layers, first to last. */
  readonly layers: readonly Linear[];
  /** The last layer, from features to logits. */
  readonly head: Linear;
  /** Dropout after the activation of each hidden layer. */
  readonly dropouts: readonly Dropout[];
  /** Function after every hidden layer. */
  readonly activation: Activation;
  /** Numbers in one row of the input. */
  readonly inputs: number;

  /**
   * Makes the model.
   *
   * @param options Widths, activation and seed.
   * @throws {ConfigError} If a width, the rate or a name is out of range.
   */
  constructor(options: MLPOptions) {
    super();
    const { inputs, hidden, outputs, seed, activation = "relu", dropout = 0, init } = options;
    const action = "make an MLP";
    checkSize(action, "inputs", inputs);
    hidden.forEach((width, i) => checkSize(action, `hidden.${i}`, width));
    checkSize(action, "outputs", outputs);
    const widths = [inputs, ...hidden];
    this.inputs = inputs;
    this.activation = resolveActivation(activation);
    this.layers = hidden.map((width, i) =>
      new Linear(widths[i], width, { seed: deriveSeed(seed, `layers.${i}`), init })
    );
    this.dropouts = hidden.map((_, i) =>
      new Dropout(dropout, { seed: deriveSeed(seed, `dropouts.${i}`) })
    );
    this.head = new Linear(widths[hidden.length], outputs, {
      seed: deriveSeed(seed, "head"),
      init,
    });
  }

  /**
   * Applies the model.
   *
   * @param x [batch, ...] with `inputs` numbers per row, such as images [batch, channels, height, width].
   * @param context Whether this is training, and the step's seed for dropout.
   * @returns Logits [batch, outputs] and features [batch, width of the last hidden layer].
   * @throws {ShapeError} If a row of x does not hold `inputs` numbers.
   */
  forward(x: Tensor, context: Context = {}): MLPOutput {
    if (x.rank < 2 || x.size !== x.shape[0] * this.inputs) {
      throw new ShapeError(
        `Cannot apply an MLP of ${this.inputs} inputs to ${showShape(x.shape)}: a row holds ${
          x.rank < 2 ? 1 : x.size / x.shape[0]
        }`,
        { shapes: [x.shape] },
      );
    }
    let features = x.rank === 2 ? x : reshape(x, [x.shape[0], this.inputs]);
    this.layers.forEach((layer, i) => {
      const active = this.activation(layer.forward(features)); // [batch, hidden[i]]
      features = this.dropouts[i].forward(active, context);
    });
    return { logits: this.head.forward(features), features };
  }
}
