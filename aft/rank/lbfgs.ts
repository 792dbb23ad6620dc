/** Minimising smooth convex functions. */

/** A function at a point. */
export interface Slope {
  /** Its value. */
  readonly value: number;
  /** Its gradient, in memory of its own. */
  readonly gradient: Float64Array<ArrayBuffer>;
}

/** What {@linkcode minimise} works on. */
export interface Problem {
  /** Value and gradient at a point. */
  readonly slope: (x: Float64Array<ArrayBuffer>) => Slope;
  /** Roughly the inverse of the second derivatives, times a vector; symmetric and positive. */
  readonly precondition: (vector: Float64Array<ArrayBuffer>) => Float64Array<ArrayBuffer>;
  /** Ends when the preconditioned squared gradient, a bound on what is left to gain, is below it. */
  readonly tolerance: number;
  /** Most steps. */
  readonly steps: number;
}

/** How far a step went, and how the gradient changed on the way. */
interface Pair {
  readonly moved: Float64Array;
  readonly changed: Float64Array;
  /** 1 / (moved . changed). */
  readonly inverse: number;
}

/** Steps that are remembered. */
const MEMORY = 8;
/** Share of the gain that the gradient promises which a step must reach (Armijo). */
const ENOUGH = 1e-4;

/**
 * L-BFGS with a preconditioner as its first guess of the inverse Hessian and backtracking steps
 * (Nocedal and Wright, Numerical Optimization, algorithm 7.4). The function must be convex.
 *
 * @param start Where to start.
 * @param problem Function, preconditioner, when to stop.
 * @returns The point reached.
 */
export function minimise(
  start: Float64Array<ArrayBuffer>,
  problem: Problem,
): Float64Array<ArrayBuffer> {
  let x = start;
  let here = problem.slope(x);
  const pairs: Pair[] = [];
  for (let step = 0; step < problem.steps; step++) {
    const direction = directionOf(here.gradient, pairs, problem.precondition);
    const promise = dot(direction, here.gradient);
    if (!(promise > problem.tolerance)) break;
    const next = search(x, direction, here.value, promise, problem);
    if (next === undefined) break; // rounding is all that is left
    const moved = next.x.map((value, i) => value - x[i]);
    const changed = next.slope.gradient.map((value, i) => value - here.gradient[i]);
    const curvature = dot(moved, changed);
    if (curvature > 0) pairs.push({ moved, changed, inverse: 1 / curvature });
    if (pairs.length > MEMORY) pairs.shift();
    [x, here] = [next.x, next.slope];
  }
  return x;
}

/** The inverse Hessian as the last steps show it, times the gradient: the two loops. */
function directionOf(
  gradient: Float64Array<ArrayBuffer>,
  pairs: readonly Pair[],
  precondition: Problem["precondition"],
): Float64Array<ArrayBuffer> {
  const rest = gradient.slice();
  const shares = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { moved, changed, inverse } = pairs[i];
    shares[i] = inverse * dot(moved, rest);
    addTo(rest, changed, -shares[i]);
  }
  const direction = precondition(rest);
  pairs.forEach(({ moved, changed, inverse }, i) => {
    addTo(direction, moved, shares[i] - inverse * dot(changed, direction));
  });
  return direction;
}

/** Halves the step until it gains enough; undefined where none does. */
function search(
  x: Float64Array<ArrayBuffer>,
  direction: Float64Array,
  value: number,
  promise: number,
  { slope }: Problem,
): { x: Float64Array<ArrayBuffer>; slope: Slope } | undefined {
  for (let size = 1; size > 1e-6; size /= 2) {
    const next = x.slice();
    addTo(next, direction, -size);
    const there = slope(next);
    if (there.value <= value - ENOUGH * size * promise) return { x: next, slope: there };
  }
  return undefined;
}

function addTo(target: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * values[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
