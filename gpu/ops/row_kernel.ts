/** The frame of kernels that add up along rows: a sum over each row, then a result for every column. */

import { LARGEST } from "../dtype.ts";
import type { Index } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { type Shape, sizeOf } from "../shape.ts";

/** Threads of a workgroup; that many work on one long row together. */
const TEAM = 64;
/** Rows from which there is enough to do where every thread takes one alone. */
const MANY_ROWS = 64;
/** Longest row that a thread takes alone where there are many. */
const SHORT_ROW = 256;
/** Longest row that a thread takes alone even where there are few. */
const TINY_ROW = 16;

/** Lowest finite number: no row is too low for it, and its distance to minus infinity is no NaN. */
const LOWEST = `-${LARGEST}`;

/** A variable that is carried along a row: its name, type and start. */
export type Carried = readonly [name: string, type: string, start: string];

/** What is carried along a row, and how the values of two threads become one. */
export interface Fold {
  carried: readonly Carried[];
  /** Statements that take in the carried values of another thread, by name. */
  join: (other: (name: string) => string) => readonly string[];
}

/** One thread on its row, or all threads of a workgroup on one row. */
export interface RowTeam {
  /** Number of the row, as an expression. */
  readonly row: string;
  /** Folds over the columns; afterwards every thread knows what was carried. */
  fold(fold: Fold, take: (column: string) => void): void;
  /** Runs for every column. */
  each(body: (column: string) => void): void;
  /** Runs once for the row. */
  once(body: () => void): void;
}

/** Writes a kernel over rows: short ones are taken by one thread each, long ones by a workgroup. */
export function writeRows(
  writer: KernelWriter,
  rows: number,
  length: number,
  body: (team: RowTeam) => void,
): void {
  const alone = length <= TINY_ROW || (rows >= MANY_ROWS && length <= SHORT_ROW);
  if (!alone) {
    writer.launch(rows, TEAM);
    return body(together(writer, length));
  }
  writer.launch(Math.ceil(rows / TEAM), TEAM);
  writer.line(`let row = group * ${TEAM}u + lid;`);
  writer.line(`if (row >= ${writer.param(rows)}) { return; }`);
  body(aloneOn(writer, "row", length));
}

/** A thread that takes a whole row. */
export function aloneOn(writer: KernelWriter, row: string, length: number): RowTeam {
  const count = writer.param(length);
  const each = (body: (column: string) => void) => {
    writer.block(`for (var c = 0u; c < ${count}; c++)`, () => body("c"));
  };
  const fold = ({ carried }: Fold, take: (column: string) => void) => {
    declare(writer, carried);
    each(take);
  };
  return { row, fold, each, once: (body) => body() };
}

/** A workgroup on one row: a strided pass by every thread, then a tree, always in the same order. */
function together(writer: KernelWriter, length: number): RowTeam {
  const count = writer.param(length);
  const each = (body: (column: string) => void) => {
    writer.block(`for (var c = lid; c < ${count}; c += ${TEAM}u)`, () => body("c"));
  };
  const fold = (what: Fold, take: (column: string) => void) => {
    declare(writer, what.carried);
    each(take);
    joinTeam(writer, what);
  };
  const once = (body: () => void) => writer.block("if (lid == 0u)", body);
  return { row: "group", fold, each, once };
}

/** Joins what all threads of a workgroup carry; afterwards each of them holds the whole. */
export function joinTeam(writer: KernelWriter, { carried, join }: Fold): void {
  const places = new Map(carried.map(([name]) => [name, writer.fresh("team")]));
  for (const [name, type] of carried) {
    writer.shared(places.get(name)!, `array<${type}, ${TEAM}>`);
    writer.line(`${places.get(name)}[lid] = ${name};`);
  }
  writer.line("workgroupBarrier();");
  writer.block(`for (var half = ${TEAM / 2}u; half > 0u; half >>= 1u)`, () => {
    writer.block("if (lid < half)", () => {
      join((name) => `${places.get(name)}[lid + half]`).forEach((text) => writer.line(text));
      for (const [name] of carried) writer.line(`${places.get(name)}[lid] = ${name};`);
    });
    writer.line("workgroupBarrier();");
  });
  for (const [name] of carried) writer.line(`${name} = ${places.get(name)}[0];`);
}

function declare(writer: KernelWriter, carried: readonly Carried[]): void {
  for (const [name, type, start] of carried) writer.line(`var ${name}: ${type} = ${start};`);
}

/** A plain sum named `name`. */
export function sumFold(...names: readonly string[]): Fold {
  return {
    carried: names.map((name): Carried => [name, "f32", "0.0"]),
    join: (other) => names.map((name) => `${name} += ${other(name)};`),
  };
}

/** Number of rows along one axis of a shape. */
export function rowsOf(shape: Shape, axis: number): number {
  return sizeOf(shape) / shape[axis];
}

/** Finds the elements of row `row`, which runs along `axis`, by column. */
export function rowPlaces(
  writer: KernelWriter,
  shape: Shape,
  axis: number,
  row: string,
): (column: string) => Index {
  const kept = shape.filter((_, i) => i !== axis);
  const around = writer.coordinates({ shape: kept, flat: row });
  const isLast = axis === shape.length - 1;
  const start = isLast ? writer.let(`${row} * ${writer.param(shape[axis])}`, "u32") : "";
  return (column) => ({
    shape,
    flat: isLast ? writer.let(`${start} + ${column}`, "u32") : undefined,
    coordinates: shape.map((_, i) => i === axis ? column : around[i < axis ? i : i - 1]),
  });
}

/**
 * The largest element of a row, `top`, and `total`, the sum of exp(element - top), in one pass: the
 * sum is brought to the new scale whenever a larger element comes (Milakov and Gimelshein 2018).
 */
export const EXPONENTIALS: Fold = {
  carried: [["top", "f32", LOWEST], ["total", "f32", "0.0"]],
  join: (other) => [
    `let higher = max(top, ${other("top")});`,
    `total = total * exp(top - higher) + ${other("total")} * exp(${other("top")} - higher);`,
    "top = higher;",
  ],
};

/** Takes one more element into {@link EXPONENTIALS}, with one exponential whichever is larger. */
export function takeExponential(writer: KernelWriter, value: string): void {
  const above = writer.let(`${value} - top`, "f32");
  const ratio = writer.let(`exp(-abs(${above}))`, "f32");
  writer.line(`total = select(total + ${ratio}, total * ${ratio} + 1.0, ${above} > 0.0);`);
  writer.line(`top = max(top, ${value});`);
}
