/** Shapes: NumPy's rules for broadcasting, axes and row-major strides. */

import { ShapeError } from "./errors.ts";

/** Sizes of the axes of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Most axes that a tensor may have. */
export const MAX_RANK = 8;

/** Most elements that a tensor may have: kernels number them in 32 bits. */
export const MAX_SIZE = 2 ** 32 - 1;

/** Number of elements of a tensor of that shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape as messages print it: `[128, 10]`. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** True where both shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The shape without its axes of size 1. */
export function squeezed(shape: Shape): number[] {
  return shape.filter((size) => size !== 1);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** Refuses shapes that no tensor can have: fractions, zero sizes, more axes or elements than a kernel takes. */
export function checkShape(shape: Shape, action: string): void {
  if (shape.length > MAX_RANK) {
    throw new ShapeError(
      `Cannot ${action} ${
        showShape(shape)
      }: it has ${shape.length} axes, at most ${MAX_RANK} are supported`,
    );
  }
  const axis = shape.findIndex((size) => !Number.isInteger(size) || size < 1);
  if (axis >= 0) {
    throw new ShapeError(
      `Cannot ${action} ${showShape(shape)}: axis ${axis} has size ${
        shape[axis]
      }, sizes are integers from 1`,
    );
  }
  if (sizeOf(shape) > MAX_SIZE) {
    throw new ShapeError(
      `Cannot ${action} ${showShape(shape)}: it has ${
        sizeOf(shape)
      } elements, at most ${MAX_SIZE} are supported`,
    );
  }
}

/** The shape that `a` and `b` broadcast to. */
export function broadcastShapes(a: Shape, b: Shape, action: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const left = a[a.length - i] ?? 1;
    const right = b[b.length - i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        `Cannot ${action} ${showShape(a)} and ${
          showShape(b)
        }: sizes ${left} and ${right} do not broadcast`,
      );
    }
    result[rank - i] = left === 1 ? right : left;
  }
  return result;
}

/** An axis counted from the front, from one that may count from the end. */
export function resolveAxis(axis: number, rank: number, action: string): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError(
      `Cannot ${action} over axis ${axis}: axes of a tensor of rank ${rank} run from ${-rank} to ${
        rank - 1
      }`,
    );
  }
  return resolved;
}

/** Sorted distinct axes; all of them by default. */
export function resolveAxes(
  axes: number | readonly number[] | undefined,
  rank: number,
  action: string,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : axes).map((a) => resolveAxis(a, rank, action));
  const distinct = [...new Set(list)].sort((a, b) => a - b);
  if (distinct.length !== list.length) {
    throw new ShapeError(`Cannot ${action} over axes ${showShape(list)}: an axis is named twice`);
  }
  return distinct;
}
