/** Which columns of a table are inputs, which is the label. */

import { excerpt, isNumber } from "./csv_cells.ts";
import type { CsvRow } from "./csv_rows.ts";
import { broken } from "./raw.ts";

/** How columns are chosen. */
export interface TableOptions {
  /** Name of the label's column. */
  label?: string;
  /** Name of the column of sentences; by default one that is called `text` or `sentence`. */
  text?: string;
  /** Names of the input columns, in order, where a model asks for them: numbers, not sentences. */
  columns?: readonly string[];
  /** True where rows without labels will not do; then the last column is the label if none is named. */
  needsLabels?: boolean;
}

/** Columns that an earlier file has set. */
export interface KnownColumns {
  columns: string[];
  label: string;
  text?: string;
  file: string;
}

/** Where in a row the inputs and the label stand. */
export interface ChosenColumns {
  inputs: number[];
  label: number;
  /** Name of the column of sentences, where inputs are those. */
  text?: string;
}

/** Names that a column of sentences has. */
const TEXTS = ["text", "sentence"];

/** Refuses a first line of CSV that holds numbers, unless they are names that a model asks for. */
export function refuseNumbers(
  { cells, line }: CsvRow,
  file: string,
  { label = "label", columns }: TableOptions,
): void {
  const names = cells.map((cell) => cell.trim());
  if (columns?.every((name) => names.includes(name))) return;
  const last = names[names.length - 1];
  const isData = names.slice(0, -1).every((name) => isNumber(name)) &&
    (isNumber(last) || (names.length > 1 && last !== label));
  if (!isData) return;
  const found = excerpt(names.join(","));
  broken(file, `its first line holds numbers (${found}), not names`, `line ${line}`);
}

/** Names of the columns. */
export function columnNames({ cells, line }: CsvRow, file: string): string[] {
  const names = cells.map((cell) => cell.trim());
  const place = `line ${line}`;
  const empty = names.indexOf("");
  if (empty >= 0) broken(file, `column ${empty} (counted from 0) has no name`, place);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) broken(file, `it has two columns ${twice}`, place);
  return names;
}

/**
 * Chooses columns by name. Where there are sentences they are the inputs, and other columns are left
 * out.
 *
 * @param names Columns of the file.
 * @param file File for messages.
 * @param options What is asked for.
 * @param known What an earlier file has set.
 * @returns Where inputs and label stand; -1 for no label.
 * @throws {FormatError} If a column is missing, or one too many.
 */
export function chooseColumns(
  names: readonly string[],
  file: string,
  options: TableOptions,
  known: KnownColumns | undefined,
): ChosenColumns {
  const text = textColumn(names, options, known);
  const label = labelColumn(names, options, known, text);
  if (options.needsLabels && !names.includes(label!)) missing(names, label!, file);
  const columns = text !== undefined
    ? [text]
    : known?.columns ?? options.columns ?? names.filter((name) => name !== label);
  const absent = columns.find((name) => !names.includes(name));
  if (absent !== undefined) missing(names, absent, file);
  const extra = text === undefined && known &&
    names.find((name) => name !== label && !columns.includes(name));
  if (extra) broken(file, `it has a column ${extra}, ${known!.file} has none`, extra);
  if (columns.length === 0) {
    const hint = /[;\t]/.test(names[0]) ? "; cells are separated by commas" : "";
    broken(file, `it has no column but ${excerpt(names[0])}, inputs and a label are needed${hint}`);
  }
  const isInput = label !== undefined && columns.includes(label);
  return {
    inputs: columns.map((name) => names.indexOf(name)),
    label: label === undefined || isInput ? -1 : names.indexOf(label),
    ...text !== undefined && { text },
  };
}

function textColumn(
  names: readonly string[],
  options: TableOptions,
  known: KnownColumns | undefined,
): string | undefined {
  if (known) return known.text;
  if (options.text !== undefined) return options.text;
  if (options.columns) return undefined;
  return TEXTS.find((name) => names.includes(name) && name !== options.label);
}

function labelColumn(
  names: readonly string[],
  options: TableOptions,
  known: KnownColumns | undefined,
  text: string | undefined,
): string | undefined {
  const asked = known?.label ?? options.label;
  const last = names.findLast((name) => name !== text) ?? names[names.length - 1];
  return asked ?? (names.includes("label") ? "label" : undefined) ??
    (options.needsLabels ? last : undefined);
}

function missing(names: readonly string[], name: string, file: string): never {
  return broken(file, `it has no column ${name}, its columns are ${list8(names)}`, name);
}

function list8(names: readonly string[]): string {
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")} and others`;
}
