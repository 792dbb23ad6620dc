/** The kernel of attention. */

import type { Vertex } from "../node.ts";
import { LOWEST } from "../ops/row_kernel.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { type AttentionLayout, Frame, ROW_NUMBERS, scalar, sidesOf, where } from "./frame.ts";

/** The log-sum-exp of a row that sees no key: far above all scores, so that exponentials are 0. */
const NOTHING_SEEN = "3.4e38";

/**
 * The result, then the log-sum-exp of every row's scores. The sum of exponentials and the weighted sum
 * of values are brought to a new scale whenever a larger score comes (Rabe and Staats 2021; Dao et al.
 * 2022).
 *
 * @param operands Queries, keys and values, or the one tensor that holds them.
 */
export function writeAttention(
  writer: KernelWriter,
  vertex: Vertex,
  layout: AttentionLayout,
  operands: readonly Vertex[],
  scale: Vertex,
  mask: Vertex | undefined,
): void {
  const { batch, heads, queries, width } = layout;
  const frame = new Frame(writer, layout);
  frame.launch(queries);
  frame.row("t", queries);
  const [q, k, v] = sidesOf(frame, operands);
  const query = frame.load("q", q, "t", scalar(writer, scale));
  writer.line(`var top = ${LOWEST};`);
  writer.line("var total = 0.0;");
  const sums = frame.sums("o");
  frame.walk(frame.keyRange(), (j) => frame.sees(mask, "t", j), (rows, seen) => {
    const scores = rows.map((row, u) => {
      const own = frame.dot(`s${u}_`, query, frame.load(`k${u}_`, k, row));
      return writer.let(where(seen[u], own, LOWEST), "f32");
    });
    const highest = scores.reduce((a, b) => `max(${a}, ${b})`, "top");
    writer.line(`let higher = ${highest};`);
    writer.line("let keep = exp(top - higher);");
    const shares = scores.map((score, u) =>
      writer.let(where(seen[u], `exp(${score} - higher)`, "0.0"), "f32")
    );
    writer.line("top = higher;");
    writer.line(`total = total * keep + ${shares.join(" + ")};`);
    const values = rows.map((row, u) => frame.load(`v${u}_`, v, row));
    sums.forEach((sum, i) => {
      const terms = shares.map((share, u) => `${share} * ${values[u][i]}`).join(" + ");
      writer.line(`${sum} = ${sum} * keep + ${terms};`);
    });
  });
  writer.line("let inverse = select(0.0, 1.0 / total, total > 0.0);");
  const [rowsIn, headsIn, columnsIn] = [queries, heads, width].map((n) => writer.param(n));
  const row = writer.let(`(b * ${rowsIn} + t) * ${headsIn} + h`, "u32");
  frame.store(vertex, `${row} * ${columnsIn}`, sums, "inverse");
  writer.line(`let lse = select(${NOTHING_SEEN}, top + log(total), total > 0.0);`);
  const start = writer.param(batch * queries * heads * width);
  storeNumber(frame, vertex, `${start} + ${row} * ${ROW_NUMBERS}u`, "lse");
}

/** Stores a number with zeros behind it, so that it may be done four at once. */
function storeNumber(frame: Frame, vertex: Vertex, flat: string, value: string): void {
  const { writer } = frame;
  const start = writer.let(flat, "u32");
  const indices = [0, 1, 2, 3].map((i) => ({
    shape: vertex.shape,
    flat: writer.let(`${start} + ${i}u`, "u32"),
  }));
  const values = [value, "0.0", "0.0", "0.0"];
  if (frame.storesFour) return writer.storeFour(indices, vertex, values);
  indices.forEach((index, i) => writer.store(index, vertex, values[i]));
}
