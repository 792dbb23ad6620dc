/** Matrix products and their gradients in plain float64 numbers. */

import * as host from "./host.ts";

/** The last two axes swapped. */
export function turned(x: host.Host): host.Host {
  const axes = x.shape.map((_, axis) => axis);
  return host.transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** Sums away what broadcasting repeated. */
function folded(x: host.Host, shape: readonly number[]): Float64Array {
  const missing = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, axis) =>
    axis < missing || (shape[axis - missing] === 1 && size !== 1) ? [axis] : []
  );
  return host.reduce(x, axes, host.total).values;
}

/** Gradients of the weighted product: W times B turned, and A turned times W. */
export function slopes(
  [a, b]: readonly host.Host[],
): (weights: host.Host) => Float64Array[] {
  return (weights: host.Host) => [
    folded(host.matmul(weights, turned(b)), a.shape),
    folded(host.matmul(turned(a), weights), b.shape),
  ];
}

/** The product of two. */
export const product = ([a, b]: readonly host.Host[]): host.Host => host.matmul(a, b);
