/** How a product's kernel finds the elements of its operands. */

import type { Strided, Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import type { Shape } from "../shape.ts";
import type { Lines } from "./lines.ts";

/** Which operand: the outer axis of the left one are rows, that of the right one columns. */
export type Side = "left" | "right";

/** One operand, bound to a kernel. */
export interface Operand {
  readonly binding: string;
  /** True where four neighbours of the outer axis are read at once. */
  readonly wide: boolean;
  /** True where elements are stored as pairs of halves. */
  readonly halves: boolean;
  /** Where the matrix of this batch entry starts, if not at 0; in reads, as are all places. */
  readonly start: string | undefined;
  /** Steps from one line to the next, and from one inner place to the next. */
  readonly outer: number;
  readonly inner: number;
  /** Inner place from which elements are taken with the other sign; undefined where none are. */
  readonly negative: string | undefined;
}

/**
 * Binds an operand.
 *
 * @param writer The kernel.
 * @param input The operand, `[...batch, rows, inner]` or `[...batch, inner, columns]`.
 * @param side Which of both it is.
 * @param batch Leading axes of the product.
 * @param entry Number of the batch entry that this thread works on; none where there is one only.
 * @param negativeFrom Inner place from which elements are taken with the other sign.
 */
export function bindOperand(
  writer: KernelWriter,
  input: Vertex,
  side: Side,
  batch: Shape,
  entry: string | undefined,
  negativeFrom: number | undefined,
): Operand {
  const form = writer.storedOperand(input);
  const turn = <T>(two: readonly T[]) => side === "left" ? two : two.toReversed();
  const [outer, inner] = turn(form.strides.slice(-2));
  const [lines] = turn(input.shape.slice(-2));
  const wide = outer === 1 && lines % 4 === 0 && startsFours(form, inner);
  const halves = form.base.dtype === "f16";
  const element = wide ? halves ? "vec2<u32>" : "vec4<f32>" : halves ? "u32" : "f32";
  const unit = wide ? 4 : 1;
  return {
    binding: writer.bind(form.base, element),
    wide,
    halves,
    start: startOf(writer, form, unit, batch, entry),
    outer: outer / unit,
    inner: inner / unit,
    negative: negativeFrom === undefined ? undefined : writer.param(negativeFrom),
  };
}

/** True where every line of four starts a whole group of four in memory. */
function startsFours({ offset, strides }: Strided, inner: number): boolean {
  return [inner, offset, ...strides.slice(0, -2)].every((step) => step % 4 === 0);
}

/** Where the matrix of a batch entry starts. */
function startOf(
  writer: KernelWriter,
  { offset, strides }: Strided,
  unit: number,
  batch: Shape,
  entry: string | undefined,
): string | undefined {
  const terms = offset === 0 ? [] : [writer.param(offset / unit)];
  if (entry !== undefined) {
    writer.coordinates({ shape: batch, flat: entry }).forEach((coordinate, axis) => {
      if (batch[axis] === 1 || strides[axis] === 0) return;
      terms.push(times(writer, coordinate, strides[axis] / unit));
    });
  }
  return terms.length === 0 ? undefined : writer.let(terms.join(" + "), "u32");
}

function times(writer: KernelWriter, index: string, step: number): string {
  return step === 1 ? index : `${index} * ${writer.param(step)}`;
}

/** Where each line starts; one place for four lines where they are read at once. */
export function lineStarts(writer: KernelWriter, operand: Operand, lines: Lines): string[] {
  const { start, outer, wide } = operand;
  const firsts = wide ? lines.fours().map((first) => `(${first} >> 2u)`) : lines.all();
  return firsts.map((first) => {
    if (outer === 0) return start ?? "0u";
    const place = wide ? first : times(writer, first, outer);
    return writer.let(start === undefined ? place : `${start} + ${place}`, "u32");
  });
}

/** The elements of lines at inner place `k`, one expression for each line. */
export function elementsAt(
  writer: KernelWriter,
  operand: Operand,
  starts: readonly string[],
  k: string,
): string[] {
  const along = operand.inner === 0
    ? undefined
    : operand.inner === 1
    ? k
    : writer.let(times(writer, k, operand.inner), "u32");
  const places = starts.map((start) => along === undefined ? start : `${start} + ${along}`);
  const signed = signs(writer, operand, k);
  return operand.wide
    ? places.flatMap((place) => {
      const four = signed(fourAt(writer, operand, place), "vec4<f32>");
      return ["x", "y", "z", "w"].map((part) => `${four}.${part}`);
    })
    : places.map((place) => signed(elementAt(writer, operand, place), "f32"));
}

/** Gives what is read at inner place `k` its sign. */
function signs(
  writer: KernelWriter,
  { negative }: Operand,
  k: string,
): (value: string, type: string) => string {
  if (negative === undefined) return (value) => value;
  const sign = writer.let(`select(1.0, -1.0, ${k} >= ${negative})`, "f32");
  return (value, type) => writer.let(`${value} * ${sign}`, type);
}

/** The same as vectors of four lines each. */
export function foursAt(
  writer: KernelWriter,
  operand: Operand,
  starts: readonly string[],
  k: string,
): string[] {
  const elements = elementsAt(writer, operand, starts, k);
  return Array.from({ length: elements.length / 4 }, (_, i) => {
    const four = elements.slice(4 * i, 4 * i + 4);
    return operand.wide
      ? four[0].slice(0, -2)
      : writer.let(`vec4<f32>(${four.join(", ")})`, "vec4<f32>");
  });
}

function fourAt(writer: KernelWriter, { binding, halves }: Operand, place: string): string {
  if (!halves) return writer.let(`${binding}[${place}]`, "vec4<f32>");
  const words = writer.let(`${binding}[${place}]`, "vec2<u32>");
  return writer.let(
    `vec4<f32>(unpack2x16float(${words}.x), unpack2x16float(${words}.y))`,
    "vec4<f32>",
  );
}

function elementAt(writer: KernelWriter, { binding, halves }: Operand, place: string): string {
  if (!halves) return writer.let(`${binding}[${place}]`, "f32");
  const at = writer.let(place, "u32");
  const pair = writer.let(`unpack2x16float(${binding}[${at} >> 1u])`, "vec2<f32>");
  return writer.let(`select(${pair}.x, ${pair}.y, (${at} & 1u) == 1u)`, "f32");
}
