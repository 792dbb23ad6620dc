/** Products whose threads split the inner dimension: for few results of long sums. */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { blocksOf, extentOf, placeOf } from "./frame.ts";
import { addUp, type BlockSize } from "./tile.ts";

/**
 * Writes a kernel in which the threads of a workgroup share one block: neighbours read neighbours
 * along the inner dimension, and their sums meet in workgroup memory, in the order of the threads.
 */
export function writeTeam(
  writer: KernelWriter,
  vertex: Vertex,
  size: BlockSize & { threads: number },
): void {
  const { threads, rows, columns } = size;
  const results = rows * columns;
  writer.launch(blocksOf(extentOf(vertex), rows, columns), threads);
  writer.shared("sums", `array<f32, ${results * threads}>`);
  const place = placeOf(writer, vertex, "group", size);
  const first = writer.let(`${place.from} + lid`, "u32");
  const block = addUp(writer, vertex, place, size, { first, step: threads });
  writer.line(`var results = array<vec4<f32>, ${results / 4}>(${block.fours.join(", ")});`);
  writer.block(`for (var part = 0u; part < ${writer.param(results / 4)}; part++)`, () => {
    const four = writer.let("results[part]", "vec4<f32>");
    ["x", "y", "z", "w"].forEach((c, i) => {
      writer.line(`sums[(part * 4u + ${i}u) * ${threads}u + lid] = ${four}.${c};`);
    });
  });
  writer.line("workgroupBarrier();");
  writer.block(`for (var e = lid; e < ${writer.param(results)}; e += ${threads}u)`, () => {
    writer.line("var total = 0.0;");
    writer.block(`for (var other = 0u; other < ${writer.param(threads)}; other++)`, () => {
      writer.line(`total += sums[e * ${threads}u + other];`);
    });
    const i = writer.let(`e / ${columns}u`, "u32");
    const j = writer.let(`e % ${columns}u`, "u32");
    const coordinates = [...place.outer, block.rows.at(i), block.columns.at(j)];
    const guard = `${block.rows.inside(i)} && ${block.columns.inside(j)}`;
    writer.store({ shape: vertex.shape, coordinates }, vertex, "total", guard);
  });
}
