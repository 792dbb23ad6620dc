/** Labelled data as tables: CSV with a header line, or lines of JSON objects. */

import { list, lookAt, readTextParts } from "../files.ts";
import { type CsvRow, csvRows } from "./csv_rows.ts";
import { jsonlRows } from "./jsonl_rows.ts";
import { broken, inFolder, type RawData, type RawSplit, type SplitName } from "./raw.ts";
import {
  chooseColumns,
  columnNames,
  type KnownColumns,
  refuseNumbers,
  type TableOptions,
} from "./table_columns.ts";
import { readRows } from "./table_rows.ts";

/** A way to write tables. */
interface TableKind {
  format: "csv" | "jsonl";
  /** Ends of the names of such files. */
  names: RegExp;
  /** The names of the columns, then the rows. */
  rows: (parts: AsyncIterable<string>, file: string) => AsyncGenerator<CsvRow>;
  /** What a file without a first line lacks. */
  head: string;
}

const CSV: TableKind = {
  format: "csv",
  names: /\.csv$/,
  rows: csvRows,
  head: "the first line must name the columns",
};
const JSONL: TableKind = {
  format: "jsonl",
  names: /\.(?:jsonl|ndjson)$/,
  rows: jsonlRows,
  head: "each line must be an object",
};

const GROUPS: readonly (readonly [string, SplitName])[] = [
  ["train", "train"],
  ["test", "test"],
  ["val", "val"],
  ["validation", "val"],
  ["dev", "val"],
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
export function readCsv(
  path: string,
  wanted: readonly SplitName[],
  options: TableOptions = {},
): Promise<RawData> {
  return readTables(path, wanted, options, CSV);
}

/**
 * As {@linkcode readCsv}, for lines of JSON objects: `train.jsonl`, `test.jsonl` and so on.
 *
 * @param path File or folder.
 * @param wanted Row groups to read; a single file is the group `all`.
 * @param options How columns, the names in the objects, are chosen.
 * @returns What was found.
 * @throws {FormatError} If a line is no object with the names of the first, or a value is missing.
 */
export function readJsonl(
  path: string,
  wanted: readonly SplitName[],
  options: TableOptions = {},
): Promise<RawData> {
  return readTables(path, wanted, options, JSONL);
}

async function readTables(
  path: string,
  wanted: readonly SplitName[],
  options: TableOptions,
  kind: TableKind,
): Promise<RawData> {
  const { isFolder } = await lookAt(path);
  const groups = isFolder ? await filesOfFolder(path, kind) : { all: path };
  const data: RawData = { path, format: kind.format, splits: {}, files: [] };
  let known: KnownColumns | undefined;
  for (const group of wanted) {
    const file = groups[group];
    if (file === undefined) continue;
    const { columns, label, text, split } = await readTable(file, options, kind, known);
    // Where labels are needed, the first file sets names and order for the others.
    if (options.needsLabels) known ??= { columns, label: label!, text, file };
    if (text === undefined) data.columns ??= columns;
    else data.text ??= text;
    data.label ??= label;
    data.splits[group] = split;
    data.files.push(file);
  }
  return data;
}

async function filesOfFolder(
  folder: string,
  kind: TableKind,
): Promise<Partial<Record<SplitName, string>>> {
  const names = (await list(folder)).filter((name) => kind.names.test(name));
  const found: Partial<Record<SplitName, string>> = {};
  for (const [stem, group] of GROUPS) {
    const name = names.find((name) => name.replace(kind.names, "") === stem);
    if (name !== undefined) found[group] ??= inFolder(folder, name);
  }
  if (Object.keys(found).length === 0 && names.length > 0) {
    if (names.length > 1) {
      broken(folder, `it has no train.${kind.format} but ${names.join(", ")}`);
    }
    found.all = inFolder(folder, names[0]);
  }
  return found;
}

interface Table {
  columns: string[];
  label: string | undefined;
  text: string | undefined;
  split: RawSplit;
}

async function readTable(
  file: string,
  options: TableOptions,
  kind: TableKind,
  known?: KnownColumns,
): Promise<Table> {
  const rows = kind.rows(utf8Parts(file), file);
  try {
    const header = await rows.next();
    if (header.done) return broken(file, `it is empty, ${kind.head}`);
    if (kind === CSV) refuseNumbers(header.value, file, options);
    const names = columnNames(header.value, file);
    const chosen = chooseColumns(names, file, options, known);
    const split = await readRows(rows, names, chosen, file);
    const columns = chosen.inputs.map((i) => names[i]);
    return { columns, label: names[chosen.label], text: chosen.text, split };
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
