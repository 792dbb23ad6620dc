/** Matrix products: tiles in registers, wide loads where the layout allows, epilogue inside. */

import { ShapeError } from "../errors.ts";
import { type KernelOp, record, type Strided, type Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { broadcastShapes, type Shape, showShape, sizeOf } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { asComputed, refuseType } from "./define.ts";
import { broadcastTo, isTransposed, transpose } from "./view.ts";

/** Settings of {@link matmul}. */
export interface MatmulOptions {
  /** Take the first operand with its last two axes swapped; costs nothing. */
  transposeA?: boolean;
  /** Take the second operand with its last two axes swapped; costs nothing. */
  transposeB?: boolean;
}

const productOp: KernelOp = {
  kind: "kernel",
  name: "product",
  operands: ["strided", "strided"],
  gradients: [
    // A gradient for an operand seen transposed is made transposed, so that it comes out as stored.
    (g, { inputs: [a, b] }) =>
      isTransposed(a)
        ? transpose(matmul(b, g, { transposeB: true }))
        : matmul(g, b, { transposeB: true }),
    (g, { inputs: [a, b] }) =>
      isTransposed(b)
        ? transpose(matmul(g, a, { transposeA: true }))
        : matmul(a, g, { transposeA: true }),
  ],
  write: writeProduct,
  operations: ({ shape, inputs: [a] }) => 2 * sizeOf(shape) * a.shape.at(-1)!,
};

/**
 * Matrix product of the last two axes; leading axes broadcast.
 *
 * @param a `[..., M, K]`, or `[..., K, M]` with `transposeA`.
 * @param b `[..., K, N]`, or `[..., N, K]` with `transposeB`.
 * @param options Which operands are transposed.
 * @returns `[..., M, N]`.
 * @throws {ShapeError} Where inner dimensions differ.
 *
 * @example
 * ```ts
 * import { matmul, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const product = matmul(tensor([[1, 2], [3, 4]]), tensor([[1], [10]]));
 * assertEquals(await product.toArray(), [[21], [43]]);
 * ```
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  refuseType("matmul", "float", a.dtype);
  refuseType("matmul", "float", b.dtype);
  const names = `${showShape(a.shape)} by ${showShape(b.shape)}`;
  if (a.rank < 2 || b.rank < 2) {
    throw new ShapeError(`Cannot multiply ${names}: both need two axes or more`, {
      shapes: [a.shape, b.shape],
    });
  }
  const left = asComputed(options.transposeA ? transpose(a) : a);
  const right = asComputed(options.transposeB ? transpose(b) : b);
  const [rows, inner] = left.shape.slice(-2);
  const [innerB, columns] = right.shape.slice(-2);
  if (inner !== innerB) {
    throw new ShapeError(
      `Cannot multiply ${names}: inner dimensions are ${inner} and ${innerB}`,
      { shapes: [a.shape, b.shape] },
    );
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2), "multiply");
  const nodes = [
    broadcastTo(left, [...batch, rows, inner]),
    broadcastTo(right, [
      ...batch,
      inner,
      columns,
    ]),
  ].map(nodeOf);
  return wrap(record(productOp, nodes, [...batch, rows, columns], "f32"));
}

/** Threads of a workgroup. */
const THREADS = 32;
/** Columns of the block of results that each thread keeps in registers. */
const WIDE = 4;
/** Multiply-adds from which eight rows to a block pay for a kernel that takes longer to compile. */
const LARGE = 2 ** 24;

/** How one operand is read: four neighbours at a time along one of its two axes, or one by one. */
interface Reader {
  /** Axis whose neighbours lie side by side: 0 the outer (rows or columns), 1 the inner. */
  side: 0 | 1 | undefined;
  name: string;
  /** Expression of the place of element (outer, inner). */
  place: (outer: string, inner: string) => string;
}

function writeProduct(writer: KernelWriter, vertex: Vertex): void {
  const [rows, columns] = vertex.shape.slice(-2);
  const inner = vertex.inputs[0].shape.at(-1)!;
  const batch = vertex.shape.slice(0, -2);
  const tall = rows * columns * inner >= LARGE ? 8 : 4;
  const across = Math.ceil(columns / WIDE);
  const down = Math.ceil(rows / tall);
  const tiles = across * down * sizeOf(batch);
  writer.launch(Math.ceil(tiles / THREADS), THREADS);
  writer.line(`let tile = group * ${THREADS}u + lid;`);
  writer.line(`if (tile >= ${writer.param(tiles)}) { return; }`);
  const each = writer.param(across * down);
  const within = sizeOf(batch) === 1 ? "tile" : writer.let(`tile % ${each}`, "u32");
  const block = sizeOf(batch) === 1 ? undefined : writer.let(`tile / ${each}`, "u32");
  writer.line(`let row0 = ${within} / ${writer.param(across)} * ${tall}u;`);
  writer.line(`let col0 = ${within} % ${writer.param(across)} * ${WIDE}u;`);
  const a = readerOf(writer, vertex.inputs[0], batch, block, false);
  const b = readerOf(writer, vertex.inputs[1], batch, block, true);
  const m = bounded(writer, "row", "row0", tall, rows);
  const n = bounded(writer, "col", "col0", WIDE, columns);
  for (let i = 0; i < tall; i++) writer.line(`var acc${i} = vec4<f32>(0.0);`);
  const whole = Math.floor(inner / 4) * 4;
  writer.block(`for (var k = 0u; k < ${writer.param(whole)}; k += 4u)`, () => {
    const left = fragment(writer, a, m, "row0", rows, "a");
    const right = fragment(writer, b, n, "col0", columns, "b");
    for (let k = 0; k < 4; k++) {
      writer.line(`let b${k} = vec4<f32>(${right.map((column) => column[k]).join(", ")});`);
      for (let i = 0; i < tall; i++) writer.line(`acc${i} += ${left[i][k]} * b${k};`);
    }
  });
  if (whole < inner) {
    writer.block(`for (var k = ${writer.param(whole)}; k < ${writer.param(inner)}; k++)`, () => {
      const column = n.map((outer) => scalar(b, outer, "k"));
      writer.line(`let b0 = vec4<f32>(${column.join(", ")});`);
      m.forEach((outer, i) => writer.line(`acc${i} += ${scalar(a, outer, "k")} * b0;`));
    });
  }
  storeTile(writer, vertex, m, n, block);
}

/** Rows or columns of a tile, held inside the matrix: what lies outside is read and not stored. */
function bounded(
  writer: KernelWriter,
  name: string,
  first: string,
  count: number,
  size: number,
): string[] {
  const last = writer.param(size - 1);
  return Array.from({ length: count }, (_, i) => {
    writer.line(`let ${name}s${i} = min(${first} + ${i}u, ${last});`);
    return `${name}s${i}`;
  });
}

function readerOf(
  writer: KernelWriter,
  input: Vertex,
  batch: Shape,
  block: string | undefined,
  swapped: boolean,
): Reader {
  const { base, offset, strides } = writer.operand(input);
  const own = strides.slice(-2);
  const [outer, inner] = swapped ? own.toReversed() : own;
  const wide = (along: number, across: number) => along === 1 && aligned(across, offset, strides);
  const [outerSize, innerSize] = swapped
    ? input.shape.slice(-2).toReversed()
    : input.shape.slice(-2);
  const side = wide(inner, outer) && innerSize >= 4
    ? 1
    : wide(outer, inner) && outerSize % 4 === 0
    ? 0
    : undefined;
  const name = writer.bind(base, side === undefined ? "f32" : "vec4<f32>");
  const start = startOf(writer, { base, offset, strides }, batch, block);
  const place = (o: string, i: string) => {
    const terms = [start, times(writer, o, outer), times(writer, i, inner)];
    return terms.filter((term) => term !== undefined).join(" + ") || "0u";
  };
  return { side, name, place };
}

/** True where every fourth element starts a whole group of four. */
function aligned(across: number, offset: number, strides: readonly number[]): boolean {
  return across % 4 === 0 && offset % 4 === 0 && strides.slice(0, -2).every((s) => s % 4 === 0);
}

function times(writer: KernelWriter, index: string, stride: number): string | undefined {
  if (stride === 0) return undefined;
  return stride === 1 ? index : `${index} * ${writer.param(stride)}`;
}

/** Where the matrix of this batch entry starts. */
function startOf(
  writer: KernelWriter,
  { offset, strides }: Strided,
  batch: Shape,
  block: string | undefined,
): string | undefined {
  const terms = offset === 0 ? [] : [writer.param(offset)];
  if (block !== undefined) {
    const coordinates = writer.coordinates({ shape: batch, flat: block });
    coordinates.forEach((c, axis) => {
      const term = batch[axis] === 1 ? undefined : times(writer, c, strides[axis]);
      if (term !== undefined) terms.push(term);
    });
  }
  return terms.length === 0 ? undefined : writer.let(terms.join(" + "), "u32");
}

/** Four inner steps of each outer line: `result[line][step]` are expressions. */
function fragment(
  writer: KernelWriter,
  reader: Reader,
  lines: readonly string[],
  first: string,
  size: number,
  prefix: string,
): string[][] {
  const load = (outer: string, inner: string) =>
    `${reader.name}[(${reader.place(outer, inner)}) >> 2u]`;
  if (reader.side === 1) {
    return lines.map((line, i) => {
      writer.line(`let ${prefix}v${i} = ${load(line, "k")};`);
      return ["x", "y", "z", "w"].map((c) => `${prefix}v${i}.${c}`);
    });
  }
  if (reader.side === 0) {
    // Four outer neighbours at once; the number of lines is a multiple of four, as is the size.
    const groups = Array.from({ length: lines.length / 4 }, (_, g) => g);
    for (const g of groups) {
      const outer = writer.let(`min(${first} + ${4 * g}u, ${writer.param(size - 4)})`, "u32");
      for (let k = 0; k < 4; k++) {
        writer.line(`let ${prefix}v${g}_${k} = ${load(outer, `(k + ${k}u)`)};`);
      }
    }
    return lines.map((_, i) =>
      [0, 1, 2, 3].map((k) => `${prefix}v${i >> 2}_${k}.${"xyzw"[i & 3]}`)
    );
  }
  return lines.map((line) =>
    [0, 1, 2, 3].map((k) => writer.let(scalar(reader, line, `(k + ${k}u)`), "f32"))
  );
}

/** One element of an operand, whichever way the operand is read. */
function scalar(reader: Reader, outer: string, inner: string): string {
  const place = reader.place(outer, inner);
  return reader.side === undefined
    ? `${reader.name}[${place}]`
    : `${reader.name}[(${place}) >> 2u][(${place}) & 3u]`;
}

/**
 * Stores the block of one thread. Where it sticks out of the matrix its lines were held at the last
 * one, so the same value is stored twice and no test is needed; unless the kernel also reads what it
 * overwrites.
 */
function storeTile(
  writer: KernelWriter,
  vertex: Vertex,
  rows: readonly string[],
  columns: readonly string[],
  block: string | undefined,
): void {
  const [height, width] = vertex.shape.slice(-2);
  const batch = vertex.shape.slice(0, -2);
  const outer = block === undefined
    ? batch.map(() => "0u")
    : writer.coordinates({ shape: batch, flat: block });
  const four = writer.canStoreFour && width % 4 === 0;
  rows.forEach((row, i) => {
    const indices = columns.map((column) => ({
      shape: vertex.shape,
      coordinates: [...outer, row, column],
    }));
    const values = columns.map((_, j) => `acc${i}.${"xyzw"[j]}`);
    if (four) return writer.storeFour(indices, vertex, values);
    indices.forEach((index, j) => {
      const inside = `row0 + ${i}u < ${writer.param(height)} && col0 + ${j}u < ${
        writer.param(width)
      }`;
      writer.store(index, vertex, values[j], inside);
    });
  });
}
