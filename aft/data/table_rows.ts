/** Rows of a table: numbers or a sentence, and a label. */

import { numberOf, refuseCell } from "./csv_cells.ts";
import type { CsvRow } from "./csv_rows.ts";
import { broken, type RawSplit } from "./raw.ts";
import type { ChosenColumns } from "./table_columns.ts";

/** Programs write these where a label is missing; none is meant as the name of a class. */
const NOT_FINITE = /^[+-]?(nan|inf(inity)?)$/i;

/**
 * Reads the rows behind the header.
 *
 * @param rows The rows.
 * @param names Columns of the file.
 * @param chosen Where inputs and label stand.
 * @param file File for messages.
 * @returns Inputs, or sentences that are no inputs yet, and labels where there are any.
 * @throws {FormatError} If a cell is empty or not what its column holds, or a row is too short or long.
 */
export async function readRows(
  rows: AsyncIterable<CsvRow>,
  names: readonly string[],
  chosen: ChosenColumns,
  file: string,
): Promise<RawSplit> {
  const { label } = chosen;
  const inputs = chosen.text === undefined
    ? new Numbers(names, chosen, file)
    : new Sentences(chosen, file);
  const texts: string[] = [];
  const lines: number[] = [];
  for await (const { cells, line } of rows) {
    const row = lines.push(line) - 1;
    if (cells.length !== names.length) {
      const place = `row ${row} (line ${line})`;
      broken(file, `${place} has ${cells.length} cells, the header has ${names.length}`, place);
    }
    inputs.add(cells, row, line);
    if (label < 0) continue;
    const text = cells[label].trim();
    if (text === "" || NOT_FINITE.test(text)) {
      refuseCell(text, cellPlace(row, line, names[label]), file);
    }
    texts.push(text);
  }
  if (lines.length === 0) broken(file, "it has no rows after its header");
  const split: RawSplit = { rows: lines.length, file, ...inputs.found(lines.length) };
  if (label >= 0) {
    const at = (row: number) => cellPlace(row, lines[row], names[label]);
    split.labels = { kind: "texts", values: texts, file, at };
  }
  return split;
}

/** Columns of numbers. */
class Numbers {
  #values: Float32Array<ArrayBuffer>;
  readonly #names: readonly string[];
  readonly #columns: readonly number[];
  readonly #file: string;

  constructor(names: readonly string[], { inputs }: ChosenColumns, file: string) {
    this.#names = names;
    this.#columns = inputs;
    this.#file = file;
    this.#values = new Float32Array(1024 * inputs.length);
  }

  add(cells: readonly string[], row: number, line: number): void {
    const columns = this.#columns;
    const start = row * columns.length;
    if (start === this.#values.length) this.#values = resized(this.#values, 2 * start);
    for (let i = 0; i < columns.length; i++) {
      const cell = cells[columns[i]];
      const value = numberOf(cell);
      if (Number.isNaN(value)) {
        refuseCell(cell, cellPlace(row, line, this.#names[columns[i]]), this.#file);
      }
      this.#values[start + i] = value;
    }
  }

  found(rows: number): Pick<RawSplit, "inputs" | "inputShape"> {
    const width = this.#columns.length;
    return { inputs: resized(this.#values, rows * width), inputShape: [width] };
  }
}

/** A column of sentences. */
class Sentences {
  readonly #sentences: string[] = [];
  readonly #column: number;
  readonly #name: string;
  readonly #file: string;

  constructor({ inputs: [column], text }: ChosenColumns, file: string) {
    this.#column = column;
    this.#name = text!;
    this.#file = file;
  }

  add(cells: readonly string[], row: number, line: number): void {
    const cell = cells[this.#column];
    if (cell.trim() === "") refuseCell(cell, cellPlace(row, line, this.#name), this.#file);
    this.#sentences.push(cell);
  }

  /** Their token ids are made once it is known which rows the vocabulary comes from. */
  found(): Pick<RawSplit, "inputs" | "inputShape" | "sentences"> {
    return { inputs: new Int32Array(0), inputShape: [0], sentences: this.#sentences };
  }
}

function cellPlace(row: number, line: number, column: string): string {
  return `row ${row} (line ${line}), column ${column}`;
}

/** The same memory where the engine can, longer or shorter. */
function resized(values: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(values.buffer.transfer(length * values.BYTES_PER_ELEMENT));
}
