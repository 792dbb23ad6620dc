/** Multinomial logistic regression with L2, for one strength after the other. */

import { minimise, type Slope } from "./lbfgs.ts";
import { timesTransposed } from "./linear_algebra/gram.ts";
import { type Matrix, transposed } from "./linear_algebra/matrix.ts";
import { Tridiagonal } from "./linear_algebra/tridiagonal.ts";
import { smallGram } from "./spectrum.ts";
import { classCount } from "./targets.ts";

/** A linear map and its offsets. */
export interface LinearMap {
  /** `[outputs, d]`. */
  readonly weights: Matrix;
  /** One for each output. */
  readonly bias: Float64Array<ArrayBuffer>;
}

/** Bound on the gain that is left at which a fit ends, in nats per row. */
const TOLERANCE = 1e-6;
const STEPS = 300;

/**
 * Fits mean cross-entropy + strength/2 ||W||^2 over weights W and free offsets. What one strength
 * found is where the next begins, so that a path from strong to weak costs little more than its
 * last fit.
 */
export class SoftmaxRegression {
  readonly #x: Matrix;
  readonly #columns: Matrix;
  readonly #labels: Int32Array;
  readonly #classes: number;
  readonly #tridiagonal: Tridiagonal;
  #parameters: Float64Array<ArrayBuffer>;

  /**
   * @param x Standardised features `[n, d]`.
   * @param labels Class of each row.
   * @param classes Number of classes; default as many as the labels have.
   */
  constructor(x: Matrix, labels: Int32Array, classes: number = classCount(labels)) {
    this.#x = x;
    this.#columns = transposed(x);
    this.#labels = labels;
    this.#classes = classes;
    this.#tridiagonal = new Tridiagonal(smallGram(x));
    this.#parameters = new Float64Array(classes * x.columns + classes);
    const counts = new Float64Array(classes);
    for (const label of labels) counts[label]++;
    // Near the best offsets for W = 0; a class without rows has a finite one too.
    const bias = counts.map((count) => Math.log((count + 0.5) / (x.rows + 0.5 * classes)));
    this.#parameters.set(bias, classes * x.columns);
  }

  /** The best map at a strength above 0. */
  fit(strength: number): LinearMap {
    this.#parameters = minimise(this.#parameters, {
      slope: (parameters) => this.#slope(parameters, strength),
      precondition: (vector) => this.#precondition(vector, strength),
      tolerance: TOLERANCE,
      steps: STEPS,
    });
    return this.#mapOf(this.#parameters.slice());
  }

  #mapOf(parameters: Float64Array<ArrayBuffer>): LinearMap {
    const size = this.#classes * this.#x.columns;
    return {
      weights: {
        rows: this.#classes,
        columns: this.#x.columns,
        values: parameters.subarray(0, size),
      },
      bias: parameters.subarray(size),
    };
  }

  #slope(parameters: Float64Array<ArrayBuffer>, strength: number): Slope {
    const map = this.#mapOf(parameters);
    const logits = outputsOf(this.#x, map); // [n, c]
    const loss = toErrors(logits, this.#labels);
    const errors = transposed(logits); // [c, n]
    const gradient = new Float64Array(parameters.length);
    const { values } = timesTransposed(errors, this.#columns); // [c, d]
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      gradient[i] = values[i] + strength * parameters[i];
      squares += parameters[i] ** 2;
    }
    for (let c = 0; c < errors.rows; c++) {
      const row = errors.values.subarray(c * errors.columns, (c + 1) * errors.columns);
      gradient[values.length + c] = row.reduce((sum, error) => sum + error, 0);
    }
    return { value: loss + strength * squares / 2, gradient };
  }

  /**
   * The inverse of X^T X / 2n + strength: softmax bends no more than 1/2 (Boehning, Annals of the
   * Institute of Statistical Mathematics 44, 1992), so this is a bound on the second derivatives.
   */
  #precondition(vector: Float64Array<ArrayBuffer>, strength: number): Float64Array<ArrayBuffer> {
    const { weights, bias } = this.#mapOf(vector);
    const result = new Float64Array(vector.length);
    const shift = 2 * this.#x.rows * strength;
    const { values } = this.#x.columns <= this.#x.rows
      ? this.#shiftedInverse(weights, shift)
      : this.#woodbury(weights, shift); // [c, d]
    result.set(values.map((value) => 2 * this.#x.rows * value));
    result.set(bias.map((value) => 2 * value), values.length);
    return result;
  }

  #shiftedInverse(vectors: Matrix, shift: number): Matrix {
    const shifts = new Float64Array(vectors.rows).fill(shift);
    const rotated = this.#tridiagonal.rotateIn(vectors);
    return this.#tridiagonal.rotateOut(this.#tridiagonal.solve(rotated, shifts));
  }

  /** (X^T X + t)^-1 g = (g - X^T (X X^T + t)^-1 X g) / t, where rows are fewer than columns. */
  #woodbury(weights: Matrix, shift: number): Matrix {
    const inner = this.#shiftedInverse(timesTransposed(weights, this.#x), shift); // [c, n]
    const { values } = timesTransposed(inner, this.#columns); // [c, d]
    return { ...weights, values: values.map((value, i) => (weights.values[i] - value) / shift) };
  }
}

/** `x W^T + b`: `[n, d] -> [n, outputs]`. */
export function outputsOf(x: Matrix, { weights, bias }: LinearMap): Matrix {
  const outputs = timesTransposed(x, weights);
  for (let at = 0; at < outputs.values.length; at++) {
    outputs.values[at] += bias[at % outputs.columns];
  }
  return outputs;
}

/** Turns logits into (softmax - target) / n in place; returns the mean cross-entropy. */
function toErrors({ rows, columns, values }: Matrix, labels: Int32Array): number {
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const one = values.subarray(row * columns, (row + 1) * columns);
    const top = one.reduce((a, b) => Math.max(a, b), -Infinity);
    const right = one[labels[row]] - top;
    let total = 0;
    for (let c = 0; c < columns; c++) total += one[c] = Math.exp(one[c] - top);
    loss += Math.log(total) - right;
    for (let c = 0; c < columns; c++) one[c] /= total * rows;
    one[labels[row]] -= 1 / rows;
  }
  return loss / rows;
}
