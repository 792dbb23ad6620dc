/** Columns of an image row that a thread needs: four at a time where memory allows. */

import type { Strided } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";

/** An image tensor in memory: its binding and the steps between images, channels, rows. */
export interface Images {
  name: string;
  /** Whether four neighbours of a row can be read at once, from every fourth column. */
  four: boolean;
  /** Columns of a row. */
  width: number;
  offset: number;
  strides: readonly number[];
}

/** Binds an operand of shape [images, channels, rows, columns]; `four` asks for wide reads. */
export function bindImages(
  writer: KernelWriter,
  { base, offset, strides }: Strided,
  width: number,
  four: boolean,
): Images {
  const aligned = four && width % 4 === 0 && strides[3] === 1 && offset % 4 === 0 &&
    strides.slice(0, 3).every((stride) => stride % 4 === 0);
  const name = writer.bind(base, aligned ? "vec4<f32>" : "f32");
  return { name, four: aligned, width, offset, strides };
}

/** Where a row starts, from expressions of its image, its channel and its number. */
export function rowStart(
  writer: KernelWriter,
  { offset, strides }: Images,
  ...place: readonly [image: string, channel: string, row: string]
): string {
  const terms = place.map((index, axis) => `${index} * ${writer.param(strides[axis])}`);
  return [...offset === 0 ? [] : [writer.param(offset)], ...terms].join(" + ");
}

/** Reads columns at fixed distances from one that differs from thread to thread. */
export class Columns {
  readonly #writer: KernelWriter;
  readonly #images: Images;
  readonly #masked: boolean;
  /** Names of the clamped place and of its test, by distance (of a group of four, or of one). */
  readonly #places: Map<number, { place: string; inside: string }> = new Map();

  /**
   * Writes the statements that find the columns.
   *
   * @param first Expression (u32) of the column that distances count from.
   * @param distances Every distance that will be read.
   * @param masked Whether columns may lie outside the row: those read as 0.
   */
  constructor(
    writer: KernelWriter,
    images: Images,
    first: string,
    distances: readonly number[],
    masked: boolean,
  ) {
    this.#writer = writer;
    this.#images = images;
    this.#masked = masked;
    const step = images.four ? 4 : 1;
    const starts = new Set(distances.map((distance) => Math.floor(distance / step) * step));
    const last = `i32(${writer.param(images.width - step)})`;
    for (const start of starts) {
      const column = writer.fresh("c");
      writer.line(`let ${column} = i32(${first}) + ${start};`);
      const place = writer.fresh("c");
      writer.line(`let ${place} = u32(clamp(${column}, 0, ${last}));`);
      const inside = writer.fresh("c");
      if (masked) writer.line(`let ${inside} = ${column} >= 0 && ${column} <= ${last};`);
      this.#places.set(start, { place, inside });
    }
  }

  /** Loads the columns of the row that starts at `from`; gives the element at a distance. */
  load(from: string): (distance: number) => string {
    const { name, four, strides } = this.#images;
    const loaded = new Map<number, string>();
    for (const [start, { place, inside }] of this.#places) {
      const at = strides[3] === 1 ? place : `${place} * ${this.#writer.param(strides[3])}`;
      const value = four ? `${name}[(${from} + ${at}) >> 2u]` : `${name}[${from} + ${at}]`;
      const zero = four ? "vec4<f32>(0.0)" : "0.0";
      const read = this.#writer.fresh("v");
      const text = this.#masked ? `select(${zero}, ${value}, ${inside})` : value;
      this.#writer.line(`let ${read} = ${text};`);
      loaded.set(start, read);
    }
    if (!four) return (distance) => loaded.get(distance)!;
    return (distance) => {
      const start = Math.floor(distance / 4) * 4;
      return `${loaded.get(start)}.${"xyzw"[distance - start]}`;
    };
  }
}
