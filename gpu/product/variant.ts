/** The kernels that can compute a matrix product, one entry each. */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { writeStaged } from "./staged.ts";
import { writeTeam } from "./team.ts";
import { writeTile } from "./tile.ts";

/** One way to compute a product; every one takes every shape and layout. */
export interface Variant {
  /** What it is, for people. */
  readonly summary: string;
  /** Which operand is first copied so that its lines lie side by side, where they do not. */
  readonly pack?: "left" | "right";
  /** Parts of the inner dimension that are summed apart and added up by a second kernel. */
  readonly parts?: number;
  /** Writes the kernel. */
  readonly write: (writer: KernelWriter, vertex: Vertex) => void;
}

/** Names of the variants. */
export type VariantName =
  | "tile4x4"
  | "tile8x8"
  | "tile16x8"
  | "tile8x16"
  | "packed16x8"
  | "packed8x16"
  | "team8x8"
  | "staged4x4"
  | "staged8x8"
  | "split8x8";

function tile(rows: number, columns: number): Variant {
  const threads = rows * columns > 64 ? 16 : 32;
  return {
    summary: `${rows} x ${columns} results in the registers of each thread`,
    write: (writer, vertex) => writeTile(writer, vertex, { rows, columns, threads }),
  };
}

function staged(rows: number, columns: number): Variant {
  return {
    summary: `8 x 8 threads of ${rows} x ${columns} results share workgroup memory`,
    write: (writer, vertex) => writeStaged(writer, vertex, { rows, columns }),
  };
}

/** Every variant. */
export const variants: Readonly<Record<VariantName, Variant>> = {
  tile4x4: tile(4, 4),
  tile8x8: tile(8, 8),
  tile16x8: tile(16, 8),
  tile8x16: tile(8, 16),
  packed16x8: {
    ...tile(16, 8),
    summary: "the left side is copied row by row, then 16 x 8 results for each thread",
    pack: "left",
  },
  packed8x16: {
    ...tile(8, 16),
    summary: "the right side is copied column by column, then 8 x 16 results for each thread",
    pack: "right",
  },
  team8x8: {
    summary: "8 threads split the inner dimension of 8 x 8 results",
    write: (writer, vertex) => writeTeam(writer, vertex, { rows: 8, columns: 8, threads: 8 }),
  },
  staged4x4: staged(4, 4),
  staged8x8: staged(8, 8),
  split8x8: {
    ...tile(8, 8),
    summary: "8 parts of the inner dimension, 8 x 8 results for each thread, then their sum",
    parts: 8,
  },
};

/** All names, in the order of the table. */
export const variantNames: readonly VariantName[] = Object.keys(variants) as VariantName[];
