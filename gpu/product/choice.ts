/** Which kernel computes which product: by a fixed rule, or by what was measured on the adapter. */

import type { VariantName } from "./variant.ts";

/** What the choice among kernels depends on. */
export interface ProductShape {
  /** Products of matrices that are computed together. */
  batch: number;
  rows: number;
  inner: number;
  columns: number;
  /** True where the operand is stored with its last two axes swapped. */
  leftTransposed: boolean;
  rightTransposed: boolean;
}

/** Multiply-adds from which larger blocks pay for kernels that take longer to compile. */
const MEDIUM = 2 ** 21;
const LARGE = 2 ** 25;
/** Results of one product from which copying an operand pays. */
const COPY = 2 ** 15;

/** The choice where nothing was measured: always the same for the same shape and kind of adapter. */
export function defaultVariant(shape: ProductShape, software: boolean): VariantName {
  return software ? softwareDefault(shape) : hardwareDefault(shape);
}

/** Measured on Mesa's llvmpipe, see bench/NOTES.md. */
function softwareDefault(shape: ProductShape): VariantName {
  const { batch, rows, inner, columns, leftTransposed, rightTransposed } = shape;
  const work = batch * rows * inner * columns;
  const small = Math.min(rows, columns);
  if (work < MEDIUM || small < 8) return "tile4x4";
  const apart = !leftTransposed && rightTransposed;
  // A copy pays where enough results share it: not for the similarity of a batch.
  const few = rows * columns < COPY || small < 64;
  if (apart && inner >= 64 && (work < LARGE || few)) return "team8x8";
  if (work < LARGE || small < 16) return "tile8x8";
  if (apart) return rows <= columns ? "packed16x8" : "packed8x16";
  return leftTransposed ? "tile16x8" : "tile8x16";
}

/** By what is common to graphics cards: workgroup memory pays as soon as elements are read often. */
function hardwareDefault({ batch, rows, inner, columns }: ProductShape): VariantName {
  const blocks = batch * Math.ceil(rows / 32) * Math.ceil(columns / 32);
  if (Math.min(rows, columns) < 16) return "tile4x4";
  if (blocks < 64 && inner >= 2048) return "split8x8";
  return blocks < 1024 ? "staged4x4" : "staged8x8";
}
