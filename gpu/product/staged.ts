/** Products that stage their operands in workgroup memory: for adapters where that is fast. */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { blocksOf, extentOf, type Place, placeOf } from "./frame.ts";
import { Lines } from "./lines.ts";
import { foursAt, lineStarts, type Operand } from "./operand.ts";
import { storeBlock } from "./store.ts";
import type { BlockSize } from "./tile.ts";

/** Threads along the rows, and along the columns, of a workgroup. */
const SIDE = 8;
/** Inner places that are staged at once. */
const DEPTH = 16;

/** A strip of one operand in workgroup memory: `DEPTH` inner places of `fours` groups of lines. */
interface Strip {
  name: string;
  operand: Operand;
  first: string;
  fours: number;
  /** Lines of the matrix. */
  size: number;
}

/**
 * Writes a kernel in which 8 x 8 threads share as many blocks: each element is read from memory
 * once for all of them, then from workgroup memory by the eight threads that need it.
 */
export function writeStaged(writer: KernelWriter, vertex: Vertex, size: BlockSize): void {
  const extent = extentOf(vertex);
  const whole = { rows: SIDE * size.rows, columns: SIDE * size.columns };
  writer.launch(blocksOf(extent, whole.rows, whole.columns), SIDE * SIDE);
  const place = placeOf(writer, vertex, "group", whole);
  const { left, right, row, column } = place;
  const strips: Strip[] = [
    { name: "lefts", operand: left, first: row, fours: whole.rows / 4, size: extent.rows },
    {
      name: "rights",
      operand: right,
      first: column,
      fours: whole.columns / 4,
      size: extent.columns,
    },
  ];
  for (const { name, fours } of strips) {
    writer.shared(name, `array<vec4<f32>, ${DEPTH * fours}>`);
  }
  const i = writer.let(`lid / ${SIDE}u * ${size.rows}u`, "u32");
  const j = writer.let(`lid % ${SIDE}u * ${size.columns}u`, "u32");
  const sums = Array.from({ length: size.rows * size.columns / 4 }, (_, n) => `sum${n}`);
  for (const sum of sums) writer.line(`var ${sum} = vec4<f32>(0.0);`);
  writer.block(`for (var start = ${place.from}; start < ${place.to}; start += ${DEPTH}u)`, () => {
    for (const strip of strips) fill(writer, strip, place);
    writer.line("workgroupBarrier();");
    multiply(writer, strips, { i, j }, size, sums);
    writer.line("workgroupBarrier();");
  });
  const rows = new Lines(writer, writer.let(`${row} + ${i}`, "u32"), size.rows, extent.rows);
  const first = writer.let(`${column} + ${j}`, "u32");
  const columns = new Lines(writer, first, size.columns, extent.columns);
  storeBlock(writer, vertex, { rows, columns, outer: place.outer }, sums);
}

/** Reads a strip, neighbours by neighbours; beyond the last inner place it holds zeros. */
function fill(writer: KernelWriter, strip: Strip, { to }: Place): void {
  const { name, operand, first, fours, size } = strip;
  const loop = `for (var e = lid; e < ${DEPTH * fours}u; e += ${SIDE * SIDE}u)`;
  writer.block(loop, () => {
    const [k, group] = operand.wide
      ? [`e / ${fours}u`, `e % ${fours}u`]
      : [`e % ${DEPTH}u`, `e / ${DEPTH}u`];
    const own = writer.let(k, "u32");
    const at = writer.let(group, "u32");
    const lines = new Lines(writer, writer.let(`${first} + ${at} * 4u`, "u32"), 4, size);
    const inner = writer.let(`min(start + ${own}, ${to} - 1u)`, "u32");
    const [four] = foursAt(writer, operand, lineStarts(writer, operand, lines), inner);
    const value = `select(vec4<f32>(0.0), ${four}, start + ${own} < ${to})`;
    writer.line(`${name}[${own} * ${fours}u + ${at}] = ${value};`);
  });
}

/** Adds the products of what is staged. */
function multiply(
  writer: KernelWriter,
  [lefts, rights]: readonly Strip[],
  { i, j }: { i: string; j: string },
  size: BlockSize,
  sums: readonly string[],
): void {
  const wide = size.columns / 4;
  const read = ({ name, fours }: Strip, first: string, count: number) =>
    Array.from(
      { length: count },
      (_, n) => writer.let(`${name}[k * ${fours}u + (${first} >> 2u) + ${n}u]`, "vec4<f32>"),
    );
  writer.block(`for (var k = 0u; k < ${DEPTH}u; k++)`, () => {
    const a = read(lefts, i, size.rows / 4);
    const b = read(rights, j, wide);
    sums.forEach((sum, n) => {
      const row = Math.floor(n / wide);
      writer.line(`${sum} += ${a[row >> 2]}.${"xyzw"[row & 3]} * ${b[n % wide]};`);
    });
  });
}
