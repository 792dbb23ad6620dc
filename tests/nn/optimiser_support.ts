/** Optimisers against plain-number loops. */

import { read, submit, type Tensor, type Variable, variable } from "../../gpu/mod.ts";
import type { ParameterGroup } from "../../nn/groups.ts";
import type { Optimiser } from "../../nn/optimiser.ts";
import { assertClose, type HostArray, hostArray, onDevice } from "./support.ts";

/** Rate at this step and decay of the element's group. */
export interface ElementSettings {
  rate: number;
  decay: number;
  /** Number of the update, from 1. */
  t: number;
}

/** New weight of one element; `memory` starts as zeros and is the rule's own. */
export type Rule = (w: number, g: number, memory: number[], settings: ElementSettings) => number;

/** How one optimiser is checked. */
export interface OptimiserCase {
  make: (groups: ParameterGroup[]) => Optimiser;
  rule: Rule;
  /** Rate and decay of both groups. */
  groups: [{ rate: number; decay: number }, { rate: number; decay: number }];
  clip?: number;
  scale?: (step: number) => number;
  /** Whether every step is submitted alone, instead of leaving it to the next. */
  submits?: boolean;
}

/** Two parameters in the first group and one, longer than an alignment unit, in the second. */
export const SHAPES: readonly number[][] = [[4, 3], [5], [70]];
const GROUP_OF = [0, 0, 1];
const STEPS = 6;

/** Start values of the parameters. */
export function startValues(): HostArray[] {
  return SHAPES.map((shape, i) => hostArray(shape, 20 + i));
}

/** Gradients of one step. */
export function gradientsAt(step: number): HostArray[] {
  return SHAPES.map((shape, i) => hostArray(shape, 100 + 10 * step + i, 2));
}

/** The parameters in two groups, and the gradients of a step in the same nest. */
export function inGroups<T>(parts: T[]): [{ weight: T; bias: T }, { scales: T }] {
  const [weight, bias, scales] = parts;
  return [{ weight, bias }, { scales }];
}

/** Runs both and compares the parameters after every step. */
export async function assertOptimiserAgrees(test: OptimiserCase): Promise<void> {
  const host = startValues();
  const variables: Variable[] = host.map((array) => variable(onDevice(array)));
  const nests = inGroups(variables);
  const optimiser = test.make(nests.map((parameters, i) => ({ parameters, ...test.groups[i] })));
  const memories = host.map(({ values }) => Array.from(values, () => [0, 0]));
  for (let step = 0; step < STEPS; step++) {
    const grads = gradientsAt(step);
    const scale = test.scale?.(step) ?? 1;
    optimiser.step(inGroups<Tensor>(grads.map(onDevice)), { scale });
    hostStep(test, host, grads, memories, step, scale);
    if (test.submits) submit();
    if (test.submits || step === STEPS - 1) {
      const actual = await read(variables);
      host.forEach(({ values }, i) => assertClose(actual[i], values, 2e-6, `parameter ${i}`));
    }
  }
}

function hostStep(
  test: OptimiserCase,
  host: HostArray[],
  grads: HostArray[],
  memories: number[][][],
  step: number,
  scale: number,
): void {
  const all = grads.flatMap(({ values }) => [...values]);
  const norm = Math.sqrt(all.reduce((total, g) => total + g * g, 0));
  const factor = Math.min(1, (test.clip ?? Infinity) / norm);
  host.forEach(({ values }, i) => {
    const { rate, decay } = test.groups[GROUP_OF[i]];
    const settings = { rate: rate * scale, decay, t: step + 1 };
    values.forEach((w, j) => {
      values[j] = test.rule(w, grads[i].values[j] * factor, memories[i][j], settings);
    });
  });
}
