/** The way of rows to the device: all of them once, or those of each batch. */

import { currentGpu, take, type Tensor, tensor, type Variable, variable } from "../../gpu/mod.ts";
import type { FeatureSplit } from "../data/features.ts";
import { numbersOf } from "../data/numbers.ts";
import type { DataShape, Inputs } from "../data/types.ts";

/** Where rows lie during training: on the device, on the host, or wherever they fit. */
export type Placement = "auto" | "device" | "stream";

/** Host arrays that rows are copied into; a copy converts. */
export type RowBuffer =
  | Float32Array<ArrayBuffer>
  | Float16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>;

/** Rows on the host. */
export interface HostRows {
  /** Extents of one row. */
  readonly rowShape: readonly number[];
  /** Type that holds them on the device without loss. */
  readonly dtype: "f32" | "f16" | "i32";
  /** Copies rows by number, one after the other. */
  readonly copy: (target: RowBuffer, rows: ArrayLike<number>) => void;
}

const BUFFERS = { f32: Float32Array, f16: Float16Array, i32: Int32Array } as const;

/** Bytes of all rows that are kept on the device at most: graphics cards have room for this. */
const DEVICE_BYTES = 2 ** 30;

/** Rows of one array; pixels in bytes become halves, which hold 0 to 255 exactly. */
export function arrayRows(
  values: RowBuffer | Uint8Array<ArrayBuffer>,
  rowShape: readonly number[],
): HostRows {
  const size = sizeOf(rowShape);
  return {
    rowShape,
    dtype: values instanceof Float32Array ? "f32" : values instanceof Int32Array ? "i32" : "f16",
    copy: (target, rows) => {
      for (let i = 0; i < rows.length; i++) {
        target.set(values.subarray(rows[i] * size, (rows[i] + 1) * size), i * size);
      }
    },
  };
}

/** Rows of inputs: token ids stay integers, numbers are floats whatever they are stored as. */
export function inputRows(
  inputs: Inputs,
  { inputShape, layout }: Pick<DataShape, "inputShape" | "layout">,
): HostRows {
  const rows = arrayRows(inputs, inputShape);
  if (layout === "tokens") return { ...rows, dtype: "i32" };
  return rows.dtype === "i32" ? { ...rows, dtype: "f32" } : rows;
}

/**
 * Features of several teachers side by side.
 *
 * @param splits Features of each teacher.
 * @param storage Type on the device; `auto` is half precision where all of them have it.
 */
export function featureRows(
  splits: readonly FeatureSplit[],
  storage: "auto" | "f32" | "f16" = "auto",
): HostRows {
  const blocks = splits.map((split) => ({ columns: split.columns, numbers: numbersOf(split) }));
  const total = blocks.reduce((sum, { columns }) => sum + columns, 0);
  const halves = splits.every(({ dtype }) => dtype === "f16");
  const dtype = storage === "auto" ? (halves ? "f16" : "f32") : storage;
  return {
    rowShape: [total],
    dtype,
    copy: (target, rows) => {
      let start = 0;
      for (const { numbers, columns } of blocks) {
        for (let i = 0; i < rows.length; i++) {
          const row = numbers.subarray(rows[i] * columns, (rows[i] + 1) * columns);
          // Rows that travel batch by batch are f32: they are rounded as those on the device are.
          target.set(dtype === "f16" ? Float16Array.from(row) : row, i * total + start);
        }
        start += columns;
      }
    },
  };
}

/** One kind of rows as a step sees it. */
interface Lane {
  /** Brings the rows of the next batch; `rows` are numbers of the whole split. */
  readonly load: (rows: Uint32Array<ArrayBuffer>) => void;
  /** The rows of the batch. */
  readonly batch: () => Tensor;
  readonly onDevice: boolean;
  /** Gives its memory on the device back. */
  readonly dispose: () => void;
}

/** Options of {@linkcode BatchRows}. */
export interface BatchRowsOptions {
  /** Rows of a batch. */
  readonly size: number;
  /** Numbers of the rows in use. */
  readonly inUse: Uint32Array<ArrayBuffer>;
  /** Where rows lie; default `auto`. */
  readonly placement?: Placement;
}

/**
 * Batches on the device. Rows in use go there once where they fit, and a step then uploads their
 * numbers alone; what does not fit travels batch by batch. Both ways give the same numbers.
 */
export class BatchRows<Name extends string> {
  readonly #lanes: ReadonlyMap<Name, Lane>;
  readonly #numbers: Variable;
  readonly #inUse: Uint32Array<ArrayBuffer>;

  /**
   * @param sources Rows by name.
   * @param options Size of a batch, rows in use, placement.
   */
  constructor(sources: ReadonlyMap<Name, HostRows>, options: BatchRowsOptions) {
    const { size, inUse, placement = "auto" } = options;
    this.#inUse = inUse;
    this.#numbers = variable(tensor(new Uint32Array(size)));
    let room = DEVICE_BYTES;
    this.#lanes = new Map([...sources].map(([name, source]) => {
      const bytes = inUse.length * rowBytes(source);
      const fits = bytes <= Math.min(room, largestBuffer());
      const onDevice = placement === "device" || (placement === "auto" && fits);
      if (onDevice) room -= bytes;
      return [name, onDevice ? this.#resident(source) : streamed(source, size)];
    }));
  }

  /** Names of the rows that lie on the device. */
  get onDevice(): Name[] {
    return [...this.#lanes].filter(([, lane]) => lane.onDevice).map(([name]) => name);
  }

  /** Sends the next batch on its way; `positions` count within the rows in use. */
  load(positions: Uint32Array<ArrayBuffer>): void {
    const lanes = [...this.#lanes.values()];
    this.#numbers.write(positions);
    if (lanes.every(({ onDevice }) => onDevice)) return;
    const rows = positions.map((position) => this.#inUse[position]);
    for (const lane of lanes) lane.load(rows);
  }

  /** The batch that was loaded last, each part `[size, ...rowShape]`. */
  batch(): Record<Name, Tensor> {
    const parts = [...this.#lanes].map(([name, lane]) => [name, lane.batch()]);
    return Object.fromEntries(parts) as Record<Name, Tensor>;
  }

  /** Places of that batch's rows among those in use, u32 `[size]`. */
  get positions(): Tensor {
    return this.#numbers;
  }

  /** Gives the memory of all rows back; no batch can be loaded after that. */
  dispose(): void {
    for (const lane of this.#lanes.values()) lane.dispose();
  }

  #resident(source: HostRows): Lane {
    const { rowShape, dtype } = source;
    const values = new BUFFERS[dtype](this.#inUse.length * sizeOf(rowShape));
    source.copy(values, this.#inUse);
    const shape = [this.#inUse.length, ...rowShape];
    const all = tensor(values, { shape, dtype, copy: false });
    const batch = () => take(all, this.#numbers);
    return { load: () => {}, batch, onDevice: true, dispose: () => all.dispose() };
  }
}

/** A variable that takes the rows of each batch. Halves are written as f32: the same numbers. */
function streamed(source: HostRows, size: number): Lane {
  const { rowShape, dtype } = source;
  const length = size * sizeOf(rowShape);
  const values = dtype === "i32" ? new Int32Array(length) : new Float32Array(length);
  const batch = variable(tensor(values, { shape: [size, ...rowShape] }));
  const load = (rows: Uint32Array) => {
    source.copy(values, rows);
    batch.write(values);
  };
  return { load, batch: () => batch, onDevice: false, dispose: () => batch.dispose() };
}

function largestBuffer(): number {
  const { maxBufferSize, maxStorageBufferBindingSize } = currentGpu().limits;
  return Math.min(maxBufferSize, maxStorageBufferBindingSize);
}

function rowBytes({ rowShape, dtype }: HostRows): number {
  return sizeOf(rowShape) * (dtype === "f16" ? 2 : 4);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
