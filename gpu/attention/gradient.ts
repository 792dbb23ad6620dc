/** The kernel of attention's gradients. */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import {
  type AttentionLayout,
  Frame,
  ROW_NUMBERS,
  scalar,
  type Side,
  sidesOf,
  where,
} from "./frame.ts";

/** Operands of the gradient's kernel beside the attention's own. */
export interface GradientOperands {
  operands: readonly Vertex[];
  scale: Vertex;
  mask: Vertex | undefined;
  /** What the forward kernel stored. */
  stored: Vertex;
  /** Gradient with respect to the result, `[batch, row, head, column]`. */
  g: Vertex;
  /** Sum of gradient times result over the columns, `[batch, row, head]`. */
  delta: Vertex;
}

/**
 * Gradients with respect to queries, keys and values. Scores are computed again from the rows; every
 * thread does a query, for which it walks over the keys, then a key, for which it walks over the queries:
 * all sums are in a fixed order and no two threads add to one place.
 */
export function writeAttentionGradient(
  writer: KernelWriter,
  vertex: Vertex,
  layout: AttentionLayout,
  parts: GradientOperands,
): void {
  const { queries, keys } = layout;
  const frame = new Frame(writer, layout);
  frame.launch(Math.max(queries, keys));
  frame.row("t", queries);
  frame.row("j", keys);
  const sides = { ...namedSides(frame, parts.operands), g: frame.across(parts.g) };
  const scale = scalar(writer, parts.scale);
  const numbers = rowNumbers(frame, parts);
  writer.block("", () => writeQuery(frame, vertex, parts.mask, sides, numbers, scale));
  writer.block("", () => writeKey(frame, vertex, parts.mask, sides, numbers, scale));
}

/** Finds log-sum-exp and delta of a query. */
type RowNumbers = (t: string) => [lse: string, delta: string];

type NamedSides = Record<"q" | "k" | "v" | "g", Side>;

function writeQuery(
  frame: Frame,
  vertex: Vertex,
  mask: Vertex | undefined,
  { q, k, v, g }: NamedSides,
  numbers: RowNumbers,
  scale: string,
): void {
  const { writer } = frame;
  const query = frame.load("q", q, "t", scale);
  const slope = frame.load("g", g, "t");
  const [lse, delta] = numbers("t");
  const sums = frame.sums("dq");
  frame.walk(frame.keyRange(), (j) => frame.sees(mask, "t", j), (rows, seen) => {
    const keys = rows.map((row, u) => frame.load(`k${u}_`, k, row));
    const pulls = rows.map((row, u) => {
      const score = frame.dot(`s${u}_`, query, keys[u]);
      const share = writer.let(where(seen[u], `exp(${score} - ${lse})`, "0.0"), "f32");
      const pull = frame.dot(`p${u}_`, slope, frame.load(`v${u}_`, v, row));
      return writer.let(`${share} * (${pull} - ${delta})`, "f32");
    });
    sums.forEach((sum, i) => {
      writer.line(`${sum} += ${pulls.map((pull, u) => `${pull} * ${keys[u][i]}`).join(" + ")};`);
    });
  });
  frame.store(vertex, gradientPlace(frame, 0, "t"), sums, scale);
}

function writeKey(
  frame: Frame,
  vertex: Vertex,
  mask: Vertex | undefined,
  { q, k, v, g }: NamedSides,
  numbers: RowNumbers,
  scale: string,
): void {
  const { writer } = frame;
  const key = frame.load("k", k, "j", scale);
  const value = frame.load("v", v, "j");
  const sums = { k: frame.sums("dk"), v: frame.sums("dv") };
  frame.walk(frame.queryRange(), (t) => frame.sees(mask, t, "j"), (rows, seen) => {
    const queries = rows.map((row, u) => frame.load(`q${u}_`, q, row));
    const slopes = rows.map((row, u) => frame.load(`g${u}_`, g, row));
    const [shares, pulls] = [[] as string[], [] as string[]];
    rows.forEach((row, u) => {
      const [lse, delta] = numbers(row);
      const score = frame.dot(`s${u}_`, key, queries[u]);
      shares.push(writer.let(where(seen[u], `exp(${score} - ${lse})`, "0.0"), "f32"));
      const pull = frame.dot(`p${u}_`, value, slopes[u]);
      pulls.push(writer.let(`${shares[u]} * (${pull} - ${delta})`, "f32"));
    });
    const weighted = (weights: readonly string[], lines: readonly string[][], i: number) =>
      weights.map((weight, u) => `${weight} * ${lines[u][i]}`).join(" + ");
    sums.k.forEach((sum, i) => writer.line(`${sum} += ${weighted(pulls, queries, i)};`));
    sums.v.forEach((sum, i) => writer.line(`${sum} += ${weighted(shares, slopes, i)};`));
  });
  frame.store(vertex, gradientPlace(frame, 1, "j"), sums.k, scale);
  frame.store(vertex, gradientPlace(frame, 2, "j"), sums.v, "1.0");
}

/** Where the gradient of a row of queries (0), keys (1) or values (2) starts. */
function gradientPlace({ writer, layout }: Frame, role: number, row: string): string {
  const { batch, heads, queries, keys, width, packed } = layout;
  const [count, inRow, columns] = [role === 0 ? queries : keys, heads, width].map((n) =>
    writer.param(n)
  );
  if (packed) return `(((b * ${count} + ${row}) * 3u + ${role}u) * ${inRow} + h) * ${columns}`;
  const before = [0, queries, queries + keys][role] * batch * heads * width;
  return `${writer.param(before)} + ((b * ${count} + ${row}) * ${inRow} + h) * ${columns}`;
}

function rowNumbers(frame: Frame, { stored, delta }: GradientOperands): RowNumbers {
  const { writer, layout: { batch, heads, queries, width } } = frame;
  const start = writer.param(batch * queries * heads * width);
  const [rows, inRow] = [queries, heads].map((n) => writer.param(n));
  return (t) => {
    const row = writer.let(`(b * ${rows} + ${t}) * ${inRow} + h`, "u32");
    const flat = writer.let(`${start} + ${row} * ${ROW_NUMBERS}u`, "u32");
    return [
      writer.value(stored, { shape: stored.shape, flat }),
      writer.value(delta, { shape: delta.shape, flat: row }),
    ];
  };
}

function namedSides(frame: Frame, operands: readonly Vertex[]): Omit<NamedSides, "g"> {
  const [q, k, v] = sidesOf(frame, operands);
  return { q, k, v };
}
