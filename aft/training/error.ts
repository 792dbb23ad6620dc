/** The error of a training run that went astray. */

/**
 * Says that a loss or a weight is no finite number any more, so that going on makes no sense. The
 * last checkpoint is still good.
 *
 * @example
 * ```ts
 * import { TrainingError } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new TrainingError("Cannot train on: the task loss is NaN", { step: 50, loss: NaN });
 * assertEquals([error.step, error.loss], [50, NaN]);
 * ```
 */
export class TrainingError extends Error {
  static {
    this.prototype.name = "TrainingError";
  }

  /** Step after which it was seen. */
  readonly step: number;
  /** The loss that is not finite, or the last one. */
  readonly loss: number;

  /**
   * Makes the error.
   *
   * @param message What is not finite, where, and what to do.
   * @param options Step and loss.
   */
  constructor(message: string, options: { readonly step: number; readonly loss: number }) {
    super(message);
    this.step = options.step;
    this.loss = options.loss;
  }
}
