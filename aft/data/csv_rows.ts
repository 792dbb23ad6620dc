/** Comma-separated text, taken apart row by row (RFC 4180). */

import { broken } from "./raw.ts";

/** One row of cells. */
export interface CsvRow {
  /** Text of each cell, without its quotes. */
  cells: string[];
  /** Line of the file on which the row begins, from 1. */
  line: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/** A longer row is a quote that nobody closed. */
const LONGEST_ROW = 1 << 24;

/**
 * Takes CSV text apart. Cells may be quoted, with commas, line ends and doubled quotes inside;
 * lines end in LF, CRLF or CR; empty lines are skipped.
 *
 * @param parts The text in pieces, cut anywhere.
 * @param file File for messages.
 * @returns Its rows.
 * @throws {FormatError} If a quote is not closed, or text follows a closing quote.
 */
export async function* csvRows(
  parts: AsyncIterable<string> | Iterable<string>,
  file: string,
): AsyncGenerator<CsvRow> {
  let rest = "";
  let line = 1;
  for await (const part of parts) {
    const text = rest + part;
    let at = 0;
    for (let row = takeRow(text, at, false, line, file); row;) {
      if (!row.isEmpty) yield { cells: row.cells, line };
      line += row.lines;
      at = row.end;
      row = takeRow(text, at, false, line, file);
    }
    rest = text.slice(at);
    if (rest.length > LONGEST_ROW) {
      broken(file, `the row at line ${line} does not end: is a quote left open?`, `line ${line}`);
    }
  }
  for (let at = 0; at < rest.length;) {
    const row = takeRow(rest, at, true, line, file)!;
    if (!row.isEmpty) yield { cells: row.cells, line };
    line += row.lines;
    at = row.end;
  }
}

interface Taken {
  cells: string[];
  isEmpty: boolean;
  /** Index after the row and its line end. */
  end: number;
  /** Lines that the row took. */
  lines: number;
}

/** The row that starts at `start`; undefined where its end is not yet in `text`. */
function takeRow(
  text: string,
  start: number,
  isLast: boolean,
  line: number,
  file: string,
): Taken | undefined {
  const cells: string[] = [];
  let at = start;
  let lines = 1;
  while (true) {
    const isQuoted = text.charCodeAt(at) === QUOTE;
    let end = isQuoted ? endOfQuoted(text, at) : endOfPlain(text, at);
    // At the edge of a piece nothing is certain: a quote may be doubled, a CR may come with a LF.
    if ((end < 0 || end >= text.length - 1) && !isLast && !endsRow(text, end)) return undefined;
    if (end < 0) {
      broken(file, `the quote at line ${line} is not closed`, `line ${line}`);
    }
    if (isQuoted) {
      const inner = text.slice(at + 1, end - 1);
      cells.push(inner.includes('"') ? inner.replaceAll('""', '"') : inner);
      lines += inner.match(/\r\n|\n|\r/g)?.length ?? 0;
    } else cells.push(text.slice(at, end));
    const next = text.charCodeAt(end);
    if (next === COMMA) {
      at = end + 1;
      continue;
    }
    if (next === CR) end += text.charCodeAt(end + 1) === LF ? 2 : 1;
    else if (next === LF) end += 1;
    else if (end < text.length) {
      broken(file, `text follows the closing quote at line ${line}`, `line ${line}`);
    }
    const isEmpty = cells.length === 1 && !isQuoted && cells[0] === "";
    return { cells, isEmpty, end, lines };
  }
}

/** A LF ends a row for certain, also as the last character of a piece. */
function endsRow(text: string, end: number): boolean {
  return end >= 0 && text.charCodeAt(end) === LF;
}

function endOfPlain(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === LF || code === CR) break;
  }
  return at;
}

/** Index after the closing quote; -1 where there is none. */
function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  while (true) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return -1;
    if (text.charCodeAt(quote + 1) !== QUOTE) return quote + 1;
    at = quote + 2;
  }
}
