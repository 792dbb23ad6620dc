/** How the window of a convolution or a pool moves over an image, and the sizes that follow. */

import { ConfigError, ShapeError } from "../errors.ts";
import { type Shape, showShape } from "../shape.ts";

/** A number for both axes, or one for rows and one for columns. */
export type Pair = number | readonly [number, number];

/** Steps of a window, per axis: rows, then columns. */
export interface Window {
  /** Rows and columns of the window. */
  kernel: readonly [number, number];
  /** Steps between neighbouring places of the window. */
  stride: readonly [number, number];
  /** Rows above and below, columns left and right, that the image is thought to be wider by. */
  padding: readonly [number, number];
  /** Steps between neighbouring taps of the window. */
  dilation: readonly [number, number];
}

/** Settings of a window as users write them. */
export interface WindowOptions {
  stride?: Pair;
  padding?: Pair;
  dilation?: Pair;
}

/** The settings of a window, checked. */
export function windowOf(action: string, kernel: Pair, options: WindowOptions): Window {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  return {
    kernel: pairOf(action, "kernel", kernel, 1),
    stride: pairOf(action, "stride", stride, 1),
    padding: pairOf(action, "padding", padding, 0),
    dilation: pairOf(action, "dilation", dilation, 1),
  };
}

function pairOf(
  action: string,
  field: string,
  value: Pair,
  least: number,
): readonly [number, number] {
  const pair = typeof value === "number" ? [value, value] as const : value;
  if (pair.length !== 2 || pair.some((size) => !Number.isSafeInteger(size) || size < least)) {
    throw new ConfigError(
      `Cannot ${action} with ${field} ${JSON.stringify(value)}: ${field} must be an integer from ` +
        `${least}, or two of them`,
      { field, value },
    );
  }
  return pair;
}

/** Rows and columns of places that the window has over an image. */
export function placesOf(action: string, image: Shape, window: Window): [number, number] {
  const { kernel, stride, padding, dilation } = window;
  const places = [0, 1].map((axis) => {
    const span = dilation[axis] * (kernel[axis] - 1) + 1;
    const size = image[image.length - 2 + axis] + 2 * padding[axis];
    return Math.floor((size - span) / stride[axis]) + 1;
  });
  if (places.some((count) => count < 1)) {
    throw new ShapeError(
      `Cannot ${action} ${showShape(image)}: a window of ${kernel.join(" x ")} with dilation ` +
        `${dilation.join(" x ")} does not fit into it with padding ${padding.join(" x ")}`,
      { shapes: [image] },
    );
  }
  return [places[0], places[1]];
}
