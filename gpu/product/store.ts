/** Stores blocks of results, after whatever has melted into the product's kernel. */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import type { Lines } from "./lines.ts";

/** Where a block lies in the results. */
export interface Block {
  rows: Lines;
  columns: Lines;
  /** Coordinates of the leading axes. */
  outer: readonly string[];
}

/**
 * Stores a block that one thread holds, in a loop: unrolled, what has melted in would be compiled
 * once for each result.
 *
 * Where a block sticks out, its lines are those held at the edge, so the same value is stored twice
 * and no test is needed; unless the kernel also reads what it overwrites.
 *
 * @param writer The kernel.
 * @param vertex The product.
 * @param block Place of the block.
 * @param fours Its results, four columns each, row by row.
 */
export function storeBlock(
  writer: KernelWriter,
  vertex: Vertex,
  { rows, columns, outer }: Block,
  fours: readonly string[],
): void {
  const wide = columns.count / 4;
  const at = (row: string, column: string) => ({
    shape: vertex.shape,
    coordinates: [...outer, row, column],
  });
  writer.line(`var results = array<vec4<f32>, ${fours.length}>(${fours.join(", ")});`);
  // Counted by a number that compilers do not know, so that none of them unrolls the loop.
  writer.block(`for (var part = 0u; part < ${writer.param(fours.length)}; part++)`, () => {
    const four = writer.let("results[part]", "vec4<f32>");
    const i = wide === 1 ? "part" : writer.let(`part / ${wide}u`, "u32");
    const j = wide === 1 ? "0u" : writer.let(`part % ${wide}u * 4u`, "u32");
    const row = rows.at(i);
    const values = ["x", "y", "z", "w"].map((part) => `${four}.${part}`);
    if (writer.canStoreFour && columns.size % 4 === 0) {
      const first = columns.at(j);
      const places = [0, 1, 2, 3].map((c) => at(row, c === 0 ? first : `${first} + ${c}u`));
      return writer.storeFour(places, vertex, values);
    }
    values.forEach((value, c) => {
      const column = `${j} + ${c}u`;
      const guard = `${rows.inside(i)} && ${columns.inside(column)}`;
      writer.store(at(row, columns.at(`(${column})`)), vertex, value, guard);
    });
  });
}
