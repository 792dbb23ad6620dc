/** Rows added up by number: the gradient of picking them. */

import { type Gradient, type KernelOp, record, type Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { asComputed } from "./define.ts";
import { take } from "./rows.ts";
import { reshape } from "./view.ts";

/** Settings of {@link scatterRows}. */
export interface ScatterOptions {
  /** Whether row numbers are put in order first; by default where that is less work. */
  readonly ordered?: boolean;
}

/** Work below which one kernel is better than two. */
const LITTLE_WORK = 2 ** 22;

/** Row numbers that are compared in one turn of a loop. */
const AT_ONCE = 16;

/** Picks what it was added to. */
const picked: Gradient = (g, { inputs: [, rows] }) => take(g, rows);

/** Every element of the result looks at all row numbers. Inputs: rows to add, their numbers. */
const scatterOp: KernelOp = {
  kind: "kernel",
  name: "scatterRows",
  gradients: [picked, null],
  operands: ["inline", "inline"],
  operations: ({ inputs: [x] }) => sizeOf(x.shape),
  write(writer, vertex) {
    const [x, rows] = vertex.inputs;
    const { row, column } = writeFrame(writer, vertex);
    writer.block(`for (var r = 0u; r < ${writer.param(rows.shape[0])}; r++)`, () => {
      const at = writer.value(rows, { shape: rows.shape, flat: "r" });
      writer.block(`if (${heldInside(writer, at, vertex.shape[0])} == ${row})`, () => {
        writeAddition(writer, x, column);
      });
    });
    writeTotal(writer, vertex, row, column);
  },
};

/**
 * Numbers of the places of a list by rising row number, equal ones in their order: an element's place
 * is the count of those before it. Input: row numbers; `rows` is how many rows there are.
 */
const orderOp: KernelOp = {
  kind: "kernel",
  name: "rowOrder",
  gradients: [null],
  operands: ["strided"],
  operations: ({ shape: [count] }) => count * count,
  write(writer, vertex) {
    const [rows] = vertex.inputs;
    const count = writer.param(vertex.shape[0]);
    const last = vertex.attributes.rows as number;
    writer.launch(Math.ceil(vertex.shape[0] / 64), 64);
    writer.line("let o = group * 64u + lid;");
    writer.line(`if (o >= ${count}) { return; }`);
    const read = readerOf(writer, rows);
    const own = writer.let(heldInside(writer, read("o"), last), "u32");
    writer.line("var place = 0u;");
    writer.line("var r = 0u;");
    const look = (at: string) => {
      const other = writer.let(heldInside(writer, read(at), last), "u32");
      writer.line(
        `place += select(0u, 1u, ${other} < ${own} || (${other} == ${own} && ${at} < o));`,
      );
    };
    // Several at a time: on a processor's driver the loop itself costs more than a comparison.
    writer.block(`for (; r + ${AT_ONCE}u <= ${count}; r += ${AT_ONCE}u)`, () => {
      for (let i = 0; i < AT_ONCE; i++) look(writer.let(`r + ${i}u`, "u32"));
    });
    writer.block(`for (; r < ${count}; r++)`, () => look("r"));
    writer.store({ shape: vertex.shape, flat: "place", coordinates: ["place"] }, vertex, "o");
  },
};

/**
 * Where the row numbers of each row begin in their order, and behind the last row where they all end.
 * Inputs: row numbers, their order.
 */
const startsOp: KernelOp = {
  kind: "kernel",
  name: "rowStarts",
  gradients: [null, null],
  operands: ["strided", "strided"],
  write(writer, vertex) {
    const [rows, order] = vertex.inputs;
    const size = writer.param(vertex.shape[0]);
    writer.launch(Math.ceil(vertex.shape[0] / 64), 64);
    writer.line("let o = group * 64u + lid;");
    writer.line(`if (o >= ${size}) { return; }`);
    const [numberAt, placeAt] = [readerOf(writer, rows), readerOf(writer, order)];
    writer.line(`var p = 0u; var end = ${writer.param(rows.shape[0])};`);
    writer.block("while (p < end)", () => { // the first place whose row number is not below
      writer.line("let middle = (p + end) / 2u;");
      const number = heldInside(writer, numberAt(placeAt("middle")), vertex.shape[0] - 1);
      writer.line(`if (${number} < o) { p = middle + 1u; } else { end = middle; }`);
    });
    writer.store({ shape: vertex.shape, flat: "o", coordinates: ["o"] }, vertex, "p");
  },
};

/** As {@link scatterOp}, where every element knows its rows. Inputs: rows, numbers, order, starts. */
const orderedScatterOp: KernelOp = {
  kind: "kernel",
  name: "scatterOrderedRows",
  gradients: [picked, null, null, null],
  operands: ["inline", "inline", "strided", "strided"],
  operations: ({ inputs: [x], shape }) => sizeOf(x.shape) + sizeOf(shape),
  write(writer, vertex) {
    const [x, , order, starts] = vertex.inputs;
    const { row, column } = writeFrame(writer, vertex);
    const [placeAt, startAt] = [readerOf(writer, order), readerOf(writer, starts)];
    const end = writer.let(startAt(`${row} + 1u`), "u32");
    writer.block(`for (var p = ${startAt(row)}; p < ${end}; p++)`, () => {
      writer.line(`let r = ${placeAt("p")};`);
      writeAddition(writer, x, column);
    });
    writeTotal(writer, vertex, row, column);
  },
};

/** One thread for each element of the result, with its total at 0. */
function writeFrame(writer: KernelWriter, vertex: Vertex): { row: string; column: string } {
  const size = sizeOf(vertex.shape);
  const width = writer.param(vertex.shape[1]);
  writer.launch(Math.ceil(size / 64), 64);
  writer.line("let o = group * 64u + lid;");
  writer.line(`if (o >= ${writer.param(size)}) { return; }`);
  const row = writer.let(`o / ${width}`, "u32");
  const column = writer.let(`o % ${width}`, "u32");
  writer.line("var total = 0.0;");
  return { row, column };
}

/** Adds row `r` of the operand. */
function writeAddition(writer: KernelWriter, x: Vertex, column: string): void {
  const flat = writer.let(`r * ${writer.param(x.shape[1])} + ${column}`, "u32");
  const value = writer.value(x, { shape: x.shape, flat, coordinates: ["r", column] });
  writer.line(`total += ${value};`);
}

function writeTotal(writer: KernelWriter, vertex: Vertex, row: string, column: string): void {
  writer.store({ shape: vertex.shape, flat: "o", coordinates: [row, column] }, vertex, "total");
}

/** A row number as {@link take} understands it: numbers outside are held at the last row. */
function heldInside(writer: KernelWriter, number: string, rows: number): string {
  return `min(u32(${number}), ${writer.param(rows - 1)})`;
}

/** Elements of a list of integers in memory. */
function readerOf(writer: KernelWriter, list: Vertex): (place: string) => string {
  const { base, offset, strides: [stride] } = writer.operand(list);
  const name = writer.bind(base, base.dtype);
  return (place) => {
    const step = stride === 1 ? place : `${place} * ${writer.param(stride)}`;
    return `${name}[${offset === 0 ? step : `${step} + ${writer.param(offset)}`}]`;
  };
}

/**
 * Adds rows into zeros: row i of `x` goes to row `rows[i]`, repeated ones add up in order,
 * numbers outside are held at the last row. Both ways to do it give the same bits.
 *
 * @param x `[...rows.shape, ...rest]`.
 * @param rows Row numbers, i32 or u32.
 * @param shape Shape of the result, `[count, ...rest]`.
 * @param options Whether row numbers are put in order first.
 * @returns A tensor of that shape.
 */
export function scatterRows(
  x: Tensor,
  rows: Tensor,
  shape: Shape,
  { ordered = paysToOrder(rows.size, shape) }: ScatterOptions = {},
): Tensor {
  const width = sizeOf(shape.slice(1));
  const flat = reshape(asComputed(x), [rows.size, width]);
  const numbers = reshape(rows, [rows.size]);
  const inputs = [flat, numbers].map(nodeOf);
  const result = [shape[0], width];
  if (!ordered) return reshape(wrap(record(scatterOp, inputs, result, flat.dtype)), shape);
  const order = record(orderOp, [nodeOf(numbers)], [rows.size], "u32", { rows: shape[0] });
  const starts = record(startsOp, [nodeOf(numbers), order], [shape[0] + 1], "u32");
  const all = [...inputs, order, starts];
  return reshape(wrap(record(orderedScatterOp, all, result, flat.dtype)), shape);
}

/** Comparisons of row numbers: all of them for each element, or among themselves and by halving. */
function paysToOrder(count: number, shape: Shape): boolean {
  const plain = sizeOf(shape) * count;
  return plain > LITTLE_WORK && plain > 2 * (count ** 2 + sizeOf(shape) * Math.log2(count + 1));
}
