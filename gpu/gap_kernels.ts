/**
 * Kernels of the similarity gap. Rows of both sides lie in one matrix: student columns, teacher columns,
 * then the rows' lengths, which the backward kernel needs again.
 */

import { type Attributes, type Gradient, type KernelOp, record, type Vertex } from "./node.ts";
import { LENGTH_GUARD, unitRows } from "./gap_rows.ts";
import { add, div, mul, sub, where } from "./ops/binary.ts";
import { sum } from "./ops/reduce.ts";
import { rulesFrom } from "./ops/second_order.ts";
import { mean } from "./ops/statistics.ts";
import { broadcastTo, pad, slice } from "./ops/view.ts";
import type { KernelWriter } from "./plan/kernel_writer.ts";
import { nodeOf, type Tensor, wrap } from "./tensor.ts";

/** Threads that work on one row together. */
const TEAM = 64;

/** Columns of the matrix that holds the rows of both sides. */
export interface Layout {
  student: number;
  teacher: number;
  /** First teacher column; parts start at multiples of four so that products load four at a time. */
  teacherStart: number;
  /** Column of the student rows' lengths; the teacher's follow. */
  lengths: number;
  columns: number;
}

/** The layout for so many columns of student and teacher. */
export function layoutOf(student: number, teacher: number): Layout {
  const teacherStart = 4 * Math.ceil(student / 4);
  const lengths = teacherStart + 4 * Math.ceil(teacher / 4);
  return { student, teacher, teacherStart, lengths, columns: lengths + 4 };
}

/** Batch means of student and teacher columns, `[dPhi + dPsi]`. */
export const meansOp: KernelOp = {
  kind: "kernel",
  name: "gapMeans",
  // The rows' own gradients know of centring; these are for gradients of theirs.
  gradients: [
    (g, { inputs: [phi] }) => shareOfRows(slice(g, [0], [phi.shape[1]]), phi),
    (g, { inputs: [phi, psi] }) => shareOfRows(slice(g, [phi.shape[1]]), psi),
  ],
  operands: ["inline", "inline"],
  write(writer, vertex) {
    const [phi, psi] = vertex.inputs;
    const [columns] = vertex.shape;
    const student = writer.param(phi.shape[1]);
    const rows = writer.param(phi.shape[0]);
    writer.launch(Math.ceil(columns / TEAM), TEAM);
    writer.line(`let column = group * ${TEAM}u + lid;`);
    writer.line(`if (column >= ${writer.param(columns)}) { return; }`);
    writer.line("var total = 0.0;");
    const addUp = (side: Vertex, place: string) => {
      const own = writer.let(place, "u32");
      writer.block(`for (var row = 0u; row < ${rows}; row++)`, () => {
        const value = writer.value(side, { shape: side.shape, coordinates: ["row", own] });
        writer.line(`total += ${value};`);
      });
    };
    writer.block(`if (column < ${student})`, () => addUp(phi, "column"));
    writer.block("else", () => addUp(psi, `column - ${student}`));
    const index = { shape: vertex.shape, flat: "column", coordinates: ["column"] };
    writer.store(index, vertex, `(total / f32(${rows}))`);
  },
};

/** Centred, scaled and normalised rows of both sides, `[B, columns]` in the layout above. */
export const rowsOp: KernelOp = {
  kind: "kernel",
  name: "gapRows",
  operands: ["inline", "inline", "inline", "inline"],
  gradients: [
    (g, context) => {
      const { phi, own } = rowGradient(g, context);
      return sub(slice(own, [0, 0], [own.shape[0], phi.shape[1]]), batchMean(own, 0, phi.shape[1]));
    },
    (g, context) => {
      const { psi, rho, own, layout } = rowGradient(g, context);
      const end = layout.teacherStart + layout.teacher;
      const slope = slice(own, [0, layout.teacherStart], [psi.shape[0], end]);
      return mul(rho, sub(slope, batchMean(own, layout.teacherStart, end)));
    },
    (g, context) => {
      const { psi, means, own, layout } = rowGradient(g, context);
      const end = layout.teacherStart + layout.teacher;
      const slope = slice(own, [0, layout.teacherStart], [psi.shape[0], end]);
      return sum(mul(slope, sub(psi, slice(means, [layout.student]))), { axes: 0 });
    },
    null,
  ],
  write(writer, vertex) {
    const [phi, psi, rho, means] = vertex.inputs;
    const layout = layoutOf(phi.shape[1], psi.shape[1]);
    const centred = (side: Vertex, column: string, meanAt: string) => {
      const value = writer.value(side, { shape: side.shape, coordinates: ["row", column] });
      const average = writer.value(means, { shape: means.shape, flat: meanAt });
      return `(${value} - ${average})`;
    };
    const student = (column: string) => centred(phi, column, column);
    const teacher = (column: string) => {
      const at = writer.let(`${column} + ${writer.param(layout.student)}`, "u32");
      const scale = writer.value(rho, { shape: rho.shape, flat: column });
      return `(${centred(psi, column, at)} * ${scale})`;
    };
    writeRows(writer, vertex, layout, () => ({
      sum: (column, side) => {
        const value = writer.let(side === 0 ? student(column) : teacher(column), "f32");
        return `${value} * ${value}`;
      },
      after: () => ["let size = sqrt(total);", `let inverse = 1.0 / (size + ${LENGTH_GUARD});`],
      result: (column, side) => `${side === 0 ? student(column) : teacher(column)} * inverse`,
      last: "size",
    }));
  },
};

/**
 * Gradient with respect to the centred, scaled rows, from that with respect to the normalised ones. The
 * kernel works from those; student, teacher and rho stand beside them for its own gradient.
 */
const rowsGradientOp: KernelOp = {
  kind: "kernel",
  name: "gapRowsGradient",
  operands: ["inline", "inline", "inline", "inline", "inline"],
  gradients: rulesFrom(composedGradient, [false, true, true, true, true]),
  write(writer, vertex) {
    const [rows, slopes] = vertex.inputs;
    const layout = vertex.attributes as unknown as Layout;
    const at = (side: number, column: string) => {
      const start = side === 0 ? column : `${column} + ${writer.param(layout.teacherStart)}`;
      const coordinates = ["row", writer.let(start, "u32")];
      return [rows, slopes].map((v) => writer.value(v, { shape: v.shape, coordinates }));
    };
    const length = () => {
      const column = writer.let(`${writer.param(layout.lengths)} + side`, "u32");
      return writer.value(rows, { shape: rows.shape, coordinates: ["row", column] });
    };
    writeRows(writer, vertex, layout, () => ({
      sum: (column, side) => at(side, column).join(" * "),
      after: () => [
        `let size = ${length()};`,
        `let inverse = 1.0 / (size + ${LENGTH_GUARD});`,
        // A row of length 0 has no direction: the length's own derivative counts as 0 there.
        `let along = select(total * (size + ${LENGTH_GUARD}) / size, 0.0, size == 0.0);`,
      ],
      result: (column, side) => {
        const [row, slope] = at(side, column);
        return `(${slope} - ${row} * along) * inverse`;
      },
      last: "0.0",
    }));
  },
};

/** The same in plain ops. */
function composedGradient(
  [, slopes, phi, psi, rho]: readonly Tensor[],
  attributes: Attributes,
): Tensor {
  const { teacherStart, columns } = attributes as unknown as Layout;
  const sides = [{ x: phi, start: 0 }, { x: mul(psi, rho), start: teacherStart }];
  const [student, teacher] = sides.map(({ x, start }) => {
    const [batch, width] = x.shape;
    const { rows, length, isEmpty } = unitRows(x);
    const slope = slice(slopes, [0, start], [batch, start + width]);
    const size = add(length, LENGTH_GUARD);
    const total = sum(mul(rows, slope), { axes: 1, keepDims: true });
    const along = where(isEmpty, 0, div(mul(total, size), where(isEmpty, 1, length)));
    const own = div(sub(slope, mul(rows, along)), size);
    return pad(own, [0, start], [0, columns - start - width]);
  });
  return add(student, teacher);
}

/** What a kernel over rows computes, as WGSL of a column and a side (0 student, 1 teacher). */
interface RowProgram {
  /** Term of the row's sum. */
  sum: (column: string, side: number) => string;
  /** Statements between the passes; the sum is `total`. */
  after: () => readonly string[];
  /** What is stored for a column. */
  result: (column: string, side: number) => string;
  /** What is stored in the row's length column. */
  last: string;
}

/** One workgroup for each row of each side: a sum over the row, then a result for every column. */
function writeRows(
  writer: KernelWriter,
  vertex: Vertex,
  layout: Layout,
  programOf: () => RowProgram,
): void {
  writer.launch(2 * vertex.shape[0], TEAM);
  writer.shared("team", `array<f32, ${TEAM}>`);
  writer.line("let row = group >> 1u;");
  writer.line("let side = group & 1u;");
  writer.line("var part = 0.0;");
  const program = programOf();
  const sides = [
    { width: layout.student, start: 0, end: layout.teacherStart },
    { width: layout.teacher, start: layout.teacherStart, end: layout.lengths },
  ];
  sides.forEach(({ width }, side) => {
    const loop = `for (var c = lid; c < ${writer.param(width)}; c += ${TEAM}u)`;
    writer.block(`if (side == ${side}u)`, () => {
      writer.block(loop, () => {
        const term = program.sum("c", side);
        writer.line(`part += ${term};`);
      });
    });
  });
  writer.line("team[lid] = part;");
  writer.line("workgroupBarrier();");
  writer.line(`for (var half = ${TEAM / 2}u; half > 0u; half >>= 1u) {`);
  writer.line("if (lid < half) { team[lid] += team[lid + half]; }");
  writer.line("workgroupBarrier();");
  writer.line("}");
  writer.line("let total = team[0];");
  program.after().forEach((statement) => writer.line(statement));
  const store = (column: string, value: string) =>
    writer.store({ shape: vertex.shape, coordinates: ["row", column] }, vertex, value);
  sides.forEach(({ width, start, end }, side) => {
    const loop = `for (var c = lid; c < ${writer.param(end - start)}; c += ${TEAM}u)`;
    writer.block(`if (side == ${side}u)`, () => {
      writer.block(loop, () => {
        const inside = writer.let(`min(c, ${writer.param(width)} - 1u)`, "u32");
        const result = program.result(inside, side);
        const column = writer.let(`c + ${writer.param(start)}`, "u32");
        store(column, `select(0.0, ${result}, c < ${writer.param(width)})`);
      });
    });
  });
  writer.block("if (lid < 2u)", () => {
    const column = writer.let(`${writer.param(layout.lengths)} + 2u * lid + side`, "u32");
    store(column, `select(0.0, ${program.last}, lid == 0u)`);
  });
}

function rowGradient(g: Tensor, { inputs, output }: Parameters<Gradient>[1]) {
  const [phi, psi, rho, means] = inputs;
  const layout = layoutOf(phi.shape[1], psi.shape[1]);
  const nodes = [output, g, phi, psi, rho].map(nodeOf);
  const own = wrap(record(rowsGradientOp, nodes, output.shape, "f32", { ...layout }));
  return { phi, psi, rho, means, layout, own };
}

/** What each row contributes to a gradient with respect to the mean of all. */
function shareOfRows(g: Tensor, { shape }: Tensor): Tensor {
  return broadcastTo(mul(g, 1 / shape[0]), shape);
}

function batchMean(x: Tensor, from: number, to: number): Tensor {
  return mean(slice(x, [0, from], [x.shape[0], to]), { axes: 0, keepDims: true });
}
