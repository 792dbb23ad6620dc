/** What every product's kernel starts with: which block of results is whose. */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { bindOperand, type Operand } from "./operand.ts";

/** Sizes of a product. */
export interface Extent {
  /** Leading axes, without that of the parts. */
  batch: Shape;
  rows: number;
  columns: number;
  inner: number;
  /** Parts into which the inner dimension is split; the parts are the first axis of the result. */
  parts: number;
}

/** A block's place, as expressions, and what is multiplied there. */
export interface Place {
  left: Operand;
  right: Operand;
  /** First row and first column of the block. */
  row: string;
  column: string;
  /** First inner place and the one behind the last. */
  from: string;
  to: string;
  /** Coordinates of the leading axes of the result. */
  outer: readonly string[];
}

/** Sizes of a vertex of the product op. */
export function extentOf({ shape, inputs: [left], attributes }: Vertex): Extent {
  const parts = attributes.parts as number | undefined ?? 1;
  const [rows, columns] = shape.slice(-2);
  const batch = shape.slice(parts > 1 ? 1 : 0, -2);
  return { batch, rows, columns, inner: left.shape.at(-1)!, parts };
}

/** How many blocks of so many rows and columns the results have. */
export function blocksOf(extent: Extent, rows: number, columns: number): number {
  const { batch, parts } = extent;
  return Math.ceil(extent.rows / rows) * Math.ceil(extent.columns / columns) * sizeOf(batch) *
    parts;
}

/**
 * Finds the block numbered `number`: parts outermost, then batch entries, then rows and columns.
 *
 * Neighbours go along columns, or along rows where only the left operand has those side by side.
 */
export function placeOf(
  writer: KernelWriter,
  vertex: Vertex,
  number: string,
  size: { rows: number; columns: number },
): Place {
  const { batch, rows, columns, inner, parts } = extentOf(vertex);
  const across = Math.ceil(columns / size.columns);
  const down = Math.ceil(rows / size.rows);
  const u32 = (text: string) => writer.let(text, "u32");
  const each = parts * sizeOf(batch) === 1 ? undefined : writer.param(across * down);
  const within = each === undefined ? number : u32(`${number} % ${each}`);
  const entry = each === undefined ? undefined : u32(`${number} / ${each}`);
  const entries = writer.param(sizeOf(batch));
  const own = parts === 1 ? entry : sizeOf(batch) === 1 ? undefined : u32(`${entry} % ${entries}`);
  const negative = vertex.attributes.negativeFrom as number | undefined;
  const [left, right] = (["left", "right"] as const).map((side, i) =>
    bindOperand(writer, vertex.inputs[i], side, batch, own, side === "left" ? negative : undefined)
  );
  const byRows = left.wide && !right.wide;
  const [i, j] = byRows
    ? [`${within} % ${writer.param(down)}`, `${within} / ${writer.param(down)}`]
    : [`${within} / ${writer.param(across)}`, `${within} % ${writer.param(across)}`];
  const leading = own === undefined
    ? batch.map(() => "0u")
    : writer.coordinates({ shape: batch, flat: own });
  const place = {
    left,
    right,
    row: u32(`${i} * ${size.rows}u`),
    column: u32(`${j} * ${size.columns}u`),
  };
  if (parts === 1) return { ...place, from: "0u", to: writer.param(inner), outer: leading };
  const part = sizeOf(batch) === 1 ? entry! : u32(`${entry} / ${entries}`);
  const length = writer.param(Math.ceil(inner / parts));
  const from = u32(`min(${part} * ${length}, ${writer.param(inner)})`);
  const to = u32(`min(${from} + ${length}, ${writer.param(inner)})`);
  return { ...place, from, to, outer: [part, ...leading] };
}
