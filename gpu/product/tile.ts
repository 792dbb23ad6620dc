/** Products in registers: each thread holds a block of results and walks the inner dimension. */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { blocksOf, extentOf, type Place, placeOf } from "./frame.ts";
import { Lines } from "./lines.ts";
import { elementsAt, foursAt, lineStarts } from "./operand.ts";
import { storeBlock } from "./store.ts";

/** Results that one thread holds; columns are a multiple of four, as are rows. */
export interface BlockSize {
  rows: number;
  columns: number;
}

/** Block of one thread while it is added up. */
export interface Sums {
  rows: Lines;
  columns: Lines;
  /** Variables that hold four columns each, row by row. */
  fours: readonly string[];
}

/**
 * Writes a kernel of threads that share nothing.
 *
 * The inner dimension is walked one by one: a block of R x C costs R + C elements read for R C
 * multiply-adds, and where lines lie side by side in memory four of them are one read. Reading four
 * inner places at once instead takes four times the code, which no longer fits the instruction cache
 * of a processor that runs kernels in software.
 */
export function writeTile(
  writer: KernelWriter,
  vertex: Vertex,
  size: BlockSize & { threads: number },
): void {
  const blocks = blocksOf(extentOf(vertex), size.rows, size.columns);
  writer.launch(Math.ceil(blocks / size.threads), size.threads);
  writer.line(`let tile = group * ${size.threads}u + lid;`);
  writer.line(`if (tile >= ${writer.param(blocks)}) { return; }`);
  const place = placeOf(writer, vertex, "tile", size);
  const sums = addUp(writer, vertex, place, size, { first: place.from, step: 1 });
  storeBlock(writer, vertex, { ...sums, outer: place.outer }, sums.fours);
}

/** Adds up a block in registers, over every `step`-th inner place from `first` on. */
export function addUp(
  writer: KernelWriter,
  vertex: Vertex,
  { left, right, row, column, to }: Place,
  size: BlockSize,
  { first, step }: { first: string; step: number },
): Sums {
  const extent = extentOf(vertex);
  const rows = new Lines(writer, row, size.rows, extent.rows);
  const columns = new Lines(writer, column, size.columns, extent.columns);
  const [lefts, rights] = [lineStarts(writer, left, rows), lineStarts(writer, right, columns)];
  const wide = size.columns / 4;
  const fours = Array.from({ length: size.rows * wide }, (_, i) => `sum${i}`);
  for (const four of fours) writer.line(`var ${four} = vec4<f32>(0.0);`);
  writer.block(`for (var k = ${first}; k < ${to}; k += ${step}u)`, () => {
    const a = elementsAt(writer, left, lefts, "k");
    const b = foursAt(writer, right, rights, "k");
    fours.forEach((sum, i) => {
      writer.line(`${sum} += ${a[Math.floor(i / wide)]} * ${b[i % wide]};`);
    });
  });
  return { rows, columns, fours };
}
