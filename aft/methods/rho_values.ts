/** What the scales of aft are as plain numbers, for reports. */

import type { MethodOptions } from "./options.ts";
import { settledGate } from "./sparsity.ts";

/** Values of a variable, wherever they come from. */
export interface ScaleValues {
  /** Sizes of the axes. */
  readonly shape: readonly number[];
  /** Row-major numbers. */
  readonly values: ArrayLike<number>;
}

/** Names under which aft and aft-auto keep their scales, alone and in a combination. */
const NAMES = ["s", "weight", "aft.s", "aft.weight", "aft-auto.s"];

/**
 * The variable that holds a method's scales.
 *
 * @param held What the method holds, by name.
 * @returns It, or undefined for a method without scales.
 */
export function scalesIn<T>(held: Readonly<Record<string, T>>): T | undefined {
  const name = NAMES.find((name) => Object.hasOwn(held, name));
  return name === undefined ? undefined : held[name];
}

/**
 * Weights rho of teacher columns.
 *
 * @param scales What the method holds: s, weights in closed form, or a full matrix.
 * @param options How scales come about.
 * @returns One number of at least 0 per column: sigmoid(s); gates without noise; roots of closed-form
 * weights over the largest; or the lengths of a full matrix' rows, by which columns enter.
 */
export function rhoValues(
  { shape, values }: ScaleValues,
  { rho, sparsity }: MethodOptions,
): Float64Array<ArrayBuffer> {
  if (rho === "closed") {
    const largest = Array.from(values).reduce((a, b) => Math.max(a, b), 0) || 1;
    return Float64Array.from(values, (weight) => Math.sqrt(weight / largest));
  }
  if (rho === "dense") {
    const [columns, width] = shape;
    const rowOf = (i: number) => Array.from({ length: width }, (_, j) => values[i * width + j]);
    return Float64Array.from({ length: columns }, (_, i) => Math.hypot(...rowOf(i)));
  }
  if (sparsity === "gates") return Float64Array.from(values, settledGate);
  return Float64Array.from(values, (s) => 1 / (1 + Math.exp(-s)));
}
