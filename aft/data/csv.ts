/** Labelled data as CSV: a header line, numeric columns, and a column of labels. */

import { list, lookAt, readTextParts } from "../files.ts";
import { excerpt, isNumber, numberOf, refuseCell } from "./csv_cells.ts";
import { type CsvRow, csvRows } from "./csv_rows.ts";
import { broken, inFolder, type RawData, type RawSplit, type SplitName } from "./raw.ts";

/** How columns are chosen. */
export interface CsvOptions {
  /** Name of the label's column. */
  label?: string;
  /** Names of the input columns, in order, where a model asks for them. */
  columns?: readonly string[];
  /** True where rows without labels will not do; then the last column is the label if none is named. */
  needsLabels?: boolean;
}

const NAMES: readonly (readonly [string, SplitName])[] = [
  ["train.csv", "train"],
  ["test.csv", "test"],
  ["val.csv", "val"],
  ["validation.csv", "val"],
  ["dev.csv", "val"],
];

/**
 * Reads one CSV file, or a folder with `train.csv`, `test.csv` and perhaps `val.csv`
 * (`validation.csv`, `dev.csv`).
 *
 * @param path File or folder.
 * @param wanted Row groups to read; a single file is the group `all`.
 * @param options How columns are chosen.
 * @returns What was found; every file has its columns in the order of the first.
 * @throws {FormatError} If a cell is empty or not a finite number, a row has more or fewer cells
 * than the header, or a column is missing; file, row, line and column are in the message.
 */
export async function readCsv(
  path: string,
  wanted: readonly SplitName[],
  options: CsvOptions = {},
): Promise<RawData> {
  const { isFolder } = await lookAt(path);
  const groups = isFolder ? await filesOfFolder(path) : { all: path };
  const data: RawData = { path, format: "csv", splits: {}, files: [] };
  let known: Known | undefined;
  for (const group of wanted) {
    const file = groups[group];
    if (file === undefined) continue;
    const table = await readTable(file, options, known);
    // Where labels are needed, the first file sets names and order for the others.
    if (options.needsLabels) known ??= { columns: table.columns, label: table.label!, file };
    data.columns ??= table.columns;
    data.label ??= table.label;
    data.splits[group] = table.split;
    data.files.push(file);
  }
  return data;
}

/** Columns that an earlier file has set. */
interface Known {
  columns: string[];
  label: string;
  file: string;
}

async function filesOfFolder(folder: string): Promise<Partial<Record<SplitName, string>>> {
  const names = await list(folder);
  const found: Partial<Record<SplitName, string>> = {};
  for (const [name, group] of NAMES) {
    if (names.includes(name)) found[group] ??= inFolder(folder, name);
  }
  const tables = names.filter((name) => name.endsWith(".csv"));
  if (Object.keys(found).length === 0 && tables.length > 0) {
    if (tables.length > 1) broken(folder, `it has no train.csv but ${tables.join(", ")}`);
    found.all = inFolder(folder, tables[0]);
  }
  return found;
}

interface Table {
  columns: string[];
  label: string | undefined;
  split: RawSplit;
}

async function readTable(file: string, options: CsvOptions, known?: Known): Promise<Table> {
  const rows = csvRows(utf8Parts(file), file);
  try {
    const header = await rows.next();
    if (header.done) return broken(file, "it is empty, the first line must name the columns");
    const names = checkHeader(header.value, file, options);
    const chosen = chooseColumns(names, file, options, known);
    return await readRows(rows, names, chosen, file);
  } finally {
    await rows.return(undefined); // closes the file, also after an error
  }
}

async function* utf8Parts(file: string): AsyncGenerator<string> {
  try {
    yield* readTextParts(file);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    broken(file, "it is not UTF-8 text", undefined, cause);
  }
}

function checkHeader({ cells, line }: CsvRow, file: string, options: CsvOptions): string[] {
  const names = cells.map((cell) => cell.trim());
  const place = `line ${line}`;
  const last = names[names.length - 1];
  const isData = names.slice(0, -1).every((name) => isNumber(name)) &&
    (isNumber(last) || (names.length > 1 && last !== (options.label ?? "label")));
  if (isData) {
    broken(file, `its first line holds numbers (${excerpt(names.join(","))}), not names`, place);
  }
  const empty = names.indexOf("");
  if (empty >= 0) broken(file, `column ${empty} (counted from 0) has no name`, place);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) broken(file, `it has two columns ${twice}`, place);
  return names;
}

/** Programs write these where a label is missing; none is meant as the name of a class. */
const NOT_FINITE = /^[+-]?(nan|inf(inity)?)$/i;

/** Where in a row the inputs and the label stand. */
interface Chosen {
  inputs: number[];
  label: number;
}

function chooseColumns(
  names: readonly string[],
  file: string,
  options: CsvOptions,
  known: Known | undefined,
): Chosen {
  const asked = known?.label ?? options.label;
  const label = asked ?? (names.includes("label") ? "label" : undefined) ??
    (options.needsLabels ? names[names.length - 1] : undefined);
  if (options.needsLabels && !names.includes(label!)) missing(names, label!, file);
  const columns = known?.columns ?? options.columns ?? names.filter((name) => name !== label);
  const absent = columns.find((name) => !names.includes(name));
  if (absent !== undefined) missing(names, absent, file);
  const extra = known && names.find((name) => name !== label && !columns.includes(name));
  if (extra) broken(file, `it has a column ${extra}, ${known.file} has none`, extra);
  if (columns.length === 0) {
    const hint = /[;\t]/.test(names[0]) ? "; cells are separated by commas" : "";
    broken(file, `it has no column but ${excerpt(names[0])}, inputs and a label are needed${hint}`);
  }
  const isInput = label !== undefined && columns.includes(label);
  return {
    inputs: columns.map((name) => names.indexOf(name)),
    label: label === undefined || isInput ? -1 : names.indexOf(label),
  };
}

function missing(names: readonly string[], name: string, file: string): never {
  return broken(file, `it has no column ${name}, its columns are ${list8(names)}`, name);
}

function list8(names: readonly string[]): string {
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")} and others`;
}

async function readRows(
  rows: AsyncIterable<CsvRow>,
  names: readonly string[],
  { inputs, label }: Chosen,
  file: string,
): Promise<Table> {
  let values = new Float32Array(1024 * inputs.length);
  const texts: string[] = [];
  const lines: number[] = [];
  for await (const { cells, line } of rows) {
    const row = lines.push(line) - 1;
    if (cells.length !== names.length) {
      const place = `row ${row} (line ${line})`;
      broken(file, `${place} has ${cells.length} cells, the header has ${names.length}`, place);
    }
    const start = row * inputs.length;
    if (start === values.length) values = resized(values, 2 * start);
    for (let i = 0; i < inputs.length; i++) {
      const value = numberOf(cells[inputs[i]]);
      if (Number.isNaN(value)) {
        refuseCell(cells[inputs[i]], cellPlace(row, line, names[inputs[i]]), file);
      }
      values[start + i] = value;
    }
    if (label < 0) continue;
    const text = cells[label].trim();
    if (text === "" || NOT_FINITE.test(text)) {
      refuseCell(text, cellPlace(row, line, names[label]), file);
    }
    texts.push(text);
  }
  if (lines.length === 0) broken(file, "it has no rows after its header");
  const split: RawSplit = {
    rows: lines.length,
    inputs: resized(values, lines.length * inputs.length),
    file,
    inputShape: [inputs.length],
  };
  if (label >= 0) {
    const at = (row: number) => cellPlace(row, lines[row], names[label]);
    split.labels = { kind: "texts", values: texts, file, at };
  }
  return { columns: inputs.map((i) => names[i]), label: names[label], split };
}

function cellPlace(row: number, line: number, column: string): string {
  return `row ${row} (line ${line}), column ${column}`;
}

/** The same memory where the engine can, longer or shorter. */
function resized(values: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(values.buffer.transfer(length * values.BYTES_PER_ELEMENT));
}
