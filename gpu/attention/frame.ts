/**
 * What the kernels of attention share. A thread takes one row and walks over the rows it meets, so that
 * the matrix of all pairs is never in memory; the rows it walks over are the same for all threads of a
 * workgroup. Results lie as [batch, row, head, column], which the layer after it reads as
 * [batch, row, model].
 */

import type { Strided, Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";

/** Sizes and settings of one attention, as its entries carry them. */
export interface AttentionLayout {
  batch: number;
  heads: number;
  /** Rows that ask. */
  queries: number;
  /** Rows that are looked at. */
  keys: number;
  /** Columns of a head. */
  width: number;
  causal: boolean;
  /** True where one tensor `[batch, row, 3, head, column]` holds queries, keys and values. */
  packed: boolean;
}

/** Threads of a workgroup, each on a row of the same head. */
const THREADS = 32;
/** Head columns times rows taken at once, about: what the kernel's text and registers bear. */
const AT_ONCE = 128;
/** Numbers that are kept for each row beside the result: its log-sum-exp, held at a multiple of four. */
export const ROW_NUMBERS = 4;

/** One of the operands: where the elements of a head's rows are. */
export interface Side {
  /** Name of the binding. */
  name: string;
  /** Whether four neighbours of a row are loaded at once. */
  wide: boolean;
  /** Expression of the place at which the rows of this workgroup's head start. */
  start: string;
  /** Expression of the distance between two rows. */
  row: string;
  /** Expression of the distance between two columns. */
  column: string;
}

/** What all kernels of attention have at hand. */
export class Frame {
  readonly chunks: number;
  readonly step: number;

  constructor(readonly writer: KernelWriter, readonly layout: AttentionLayout) {
    this.chunks = Math.ceil(layout.width / 4);
    this.step = Math.max(1, Math.min(4, Math.floor(AT_ONCE / layout.width)));
  }

  /** One workgroup for so many rows of each head; names its head and the row of each thread. */
  launch(rows: number): void {
    const { writer, layout: { batch, heads } } = this;
    const blocks = Math.ceil(rows / THREADS);
    writer.launch(batch * heads * blocks, THREADS);
    writer.line(`let pair = group / ${writer.param(blocks)};`);
    writer.line(`let block = group % ${writer.param(blocks)} * ${THREADS}u;`);
    writer.line(`let b = pair / ${writer.param(heads)};`);
    writer.line(`let h = pair % ${writer.param(heads)};`);
  }

  /** The row of this thread, held inside: those beyond the last do and store the same as the last. */
  row(name: string, count: number): void {
    this.writer.line(`let ${name} = min(block + lid, ${this.writer.param(count - 1)});`);
  }

  /** The operand at `[b, h, ., .]`; `role` picks queries, keys or values of a packed one. */
  side(vertex: Vertex, role?: number): Side {
    const { writer } = this;
    const { base, offset, strides } = writer.operand(vertex);
    const [b, row, part, h, column] = role === undefined
      ? [strides[0], strides[2], 0, strides[1], strides[3]]
      : strides;
    return this.#view({ base, offset: offset + (role ?? 0) * part, strides: [b, h, row, column] });
  }

  /** An operand that lies as `[batch, row, head, column]`. */
  across(vertex: Vertex): Side {
    const { base, offset, strides: [b, row, h, column] } = this.writer.operand(vertex);
    return this.#view({ base, offset, strides: [b, h, row, column] });
  }

  #view({ base, offset, strides }: Strided): Side {
    const { writer, layout } = this;
    const [b, h, row, column] = strides;
    const wide = column === 1 && [layout.width, offset, b, h, row].every((n) => n % 4 === 0);
    const name = writer.bind(base, wide ? "vec4<f32>" : "f32");
    const unit = wide ? 4 : 1;
    const [start, across, down] = [offset, b, h].map((n) => writer.param(n / unit));
    return {
      name,
      wide,
      start: writer.let(`${start} + b * ${across} + h * ${down}`, "u32"),
      row: writer.param(row / unit),
      column: writer.param(column),
    };
  }

  /** Names the columns of row `row` of an operand, four by four, zeros behind the last. */
  load(prefix: string, side: Side, row: string, factor?: string): string[] {
    const { writer, layout: { width } } = this;
    const at = writer.let(`${side.start} + ${row} * ${side.row}`, "u32");
    const element = (c: number) =>
      c < width ? `${side.name}[${at} + ${c}u * ${side.column}]` : "0.0";
    return Array.from({ length: this.chunks }, (_, i) => {
      const four = side.wide
        ? `${side.name}[${at} + ${i}u]`
        : `vec4<f32>(${[0, 1, 2, 3].map((c) => element(4 * i + c)).join(", ")})`;
      writer.line(`let ${prefix}${i} = ${four}${factor ? ` * ${factor}` : ""};`);
      return `${prefix}${i}`;
    });
  }

  /** Declares sums over a row's columns. */
  sums(prefix: string): string[] {
    return Array.from({ length: this.chunks }, (_, i) => {
      this.writer.line(`var ${prefix}${i} = vec4<f32>(0.0);`);
      return `${prefix}${i}`;
    });
  }

  /** Names the product of two rows. */
  dot(name: string, left: readonly string[], right: readonly string[]): string {
    const { writer } = this;
    const terms = left.map((l, i) => `${l} * ${right[i]}`).join(" + ");
    writer.line(`let ${name}v = ${terms};`);
    writer.line(`let ${name} = (${name}v.x + ${name}v.y) + (${name}v.z + ${name}v.w);`);
    return name;
  }

  /**
   * Walks over rows from `first` to `end`, several at once: `each` gets the number of every row, held
   * inside, and the condition under which this thread sees it; undefined where it always does.
   */
  walk(
    range: { first: string; end: string; count: number; partial: boolean },
    seen: (place: string) => string[],
    body: (rows: readonly string[], seen: readonly (string | undefined)[]) => void,
  ): void {
    const { writer, step } = this;
    const { first, end, count, partial } = range;
    writer.block(`for (var w = ${first}; w < ${end}; w += ${step}u)`, () => {
      const places = Array.from({ length: step }, (_, u) => writer.let(`w + ${u}u`, "u32"));
      const rows = places.map((place) =>
        partial ? writer.let(`min(${place}, ${writer.param(count - 1)})`, "u32") : place
      );
      const conditions = places.map((place, u) => {
        const all = [
          ...partial ? [`${place} < ${writer.param(count)}`] : [],
          ...seen(rows[u]),
        ];
        return all.length === 0 ? undefined : writer.let(all.join(" && "), "bool");
      });
      body(rows, conditions);
    });
  }

  /** Whether all that is stored comes in fours: the result is one array of numbers or of fours. */
  get storesFour(): boolean {
    return this.writer.canStoreFour && this.layout.width % 4 === 0;
  }

  /** Stores a row of results from `flat` on, multiplied by `factor`. */
  store(vertex: Vertex, flat: string, values: readonly string[], factor: string): void {
    const { writer, layout: { width } } = this;
    const start = writer.let(flat, "u32");
    const place = (c: number) => ({
      shape: vertex.shape,
      flat: writer.let(`${start} + ${c}u`, "u32"),
    });
    values.forEach((value, i) => {
      writer.line(`let ${value}s = ${value} * ${factor};`);
      const parts = [0, 1, 2, 3].filter((c) => 4 * i + c < width);
      const results = parts.map((c) => `${value}s.${"xyzw"[c]}`);
      if (this.storesFour) {
        return writer.storeFour(parts.map((c) => place(4 * i + c)), vertex, results);
      }
      parts.forEach((c, n) => writer.store(place(4 * i + c), vertex, results[n]));
    });
  }

  /** Conditions under which query `t` sees key `j`. */
  sees(mask: Vertex | undefined, t: string, j: string): string[] {
    const { writer, layout: { causal, queries, keys } } = this;
    const conditions: string[] = [];
    if (causal) conditions.push(`${j} + ${writer.param(queries)} <= ${t} + ${writer.param(keys)}`);
    if (mask !== undefined) {
      const all = ["b", "h", t, j];
      const coordinates = mask.shape.map((size, axis) => size === 1 ? "0u" : all[axis]);
      conditions.push(writer.value(mask, { shape: mask.shape, coordinates }));
    }
    return conditions;
  }

  /** Keys that a block of queries meets: with `causal` none behind the last that it may see. */
  keyRange(): { first: string; end: string; count: number; partial: boolean } {
    const { writer, step, layout: { causal, queries, keys } } = this;
    const [q, k] = [queries, keys].map((n) => `i32(${writer.param(n)})`);
    const end = causal
      ? writer.let(`u32(clamp(i32(block) + ${THREADS} + ${k} - ${q}, 0, ${k}))`, "u32")
      : writer.param(keys);
    return { first: "0u", end, count: keys, partial: keys % step !== 0 };
  }

  /** Queries that a block of keys is met by. */
  queryRange(): { first: string; end: string; count: number; partial: boolean } {
    const { writer, step, layout: { causal, queries, keys } } = this;
    const [q, k] = [queries, keys].map((n) => `i32(${writer.param(n)})`);
    const first = causal
      ? writer.let(
        `u32(clamp(i32(min(block, ${writer.param(keys - 1)})) + ${q} - ${k}, 0, ${q}))`,
        "u32",
      )
      : "0u";
    // From a start that is no multiple of the step the last stride may pass the end.
    return {
      first,
      end: writer.param(queries),
      count: queries,
      partial: causal || queries % step !== 0,
    };
  }
}

/** `condition ? value : other`, or the value where there is no condition. */
export function where(condition: string | undefined, value: string, other: string): string {
  return condition === undefined ? value : `select(${other}, ${value}, ${condition})`;
}

/** Queries, keys and values, from three operands or from the one that holds them. */
export function sidesOf(frame: Frame, operands: readonly Vertex[]): Side[] {
  return frame.layout.packed
    ? [0, 1, 2].map((role) => frame.side(operands[0], role))
    : operands.map((operand) => frame.side(operand));
}

/** A number that an operand holds. */
export function scalar(writer: KernelWriter, vertex: Vertex): string {
  return writer.value(vertex, { shape: [], flat: "0u", coordinates: [] });
}
