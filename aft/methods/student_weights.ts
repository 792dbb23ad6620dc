/** The student's weights, as methods see them that hold it near its start. */

import { add, mul, square, sum, type Tensor, type Variable, zeros } from "../../gpu/mod.ts";

/** How the names of the last layer's weights begin, in every student. */
const HEAD = "head.";

/** Weights by name. */
type Weights = Readonly<Record<string, Variable>>;

/** Weights of all layers but the last. */
export function bodyOf(student: Weights): Record<string, Variable> {
  return Object.fromEntries(Object.entries(student).filter(([name]) => !name.startsWith(HEAD)));
}

/** Weights of the last layer, which leads from features to logits. */
export function headOf(student: Weights): Record<string, Variable> {
  return Object.fromEntries(Object.entries(student).filter(([name]) => name.startsWith(HEAD)));
}

/** strength/2 times the sum of the squares of all numbers in these tensors. */
export function halfSquares(tensors: readonly Tensor[], strength: number): Tensor {
  const total = tensors.map((tensor) => sum(square(tensor))).reduce(add, zeros([]));
  return mul(total, strength / 2);
}
