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

/** Where a loss was seen. */
export interface Sighting {
  /** Updates taken. */
  readonly step: number;
  /** Learning rate of the student in the last of them. */
  readonly learningRate?: number;
  /** What it means that this loss is not finite, where more is known. */
  readonly reason?: string;
}

/**
 * Refuses a loss that is not finite.
 *
 * @param what What it is the loss of, in words.
 * @param loss The loss.
 * @param seen Where it was seen.
 * @throws {TrainingError} If it is NaN or infinite; says what to do.
 */
export function requireFinite(what: string, loss: number, seen: Sighting): void {
  if (Number.isFinite(loss)) return;
  const { step, learningRate, reason } = seen;
  const rate = learningRate === undefined ? "" : ` at learning rate ${learningRate}`;
  const rates = "take a smaller lr or beta, or limit gradients by clip-norm";
  const advice = reason === undefined ? rates : `${reason}; otherwise ${rates}`;
  throw new TrainingError(
    `Cannot train on after step ${step}: ${what} is ${loss}${rate}; ${advice}`,
    { step, loss },
  );
}
