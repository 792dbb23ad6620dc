/** Lines of JSON objects, as the rows of a table. */

import { excerpt } from "./csv_cells.ts";
import type { CsvRow } from "./csv_rows.ts";
import { broken } from "./raw.ts";

/**
 * Takes lines of JSON objects apart. Names of the first object head the table; later objects may have
 * them in another order. Empty lines are skipped.
 *
 * @param parts The text in pieces, cut anywhere.
 * @param file File for messages.
 * @returns First the names, then a row of cells for each object.
 * @throws {FormatError} If a line is no object, lacks a name of the first or has another, or a value is
 * an object or an array.
 */
export async function* jsonlRows(
  parts: AsyncIterable<string> | Iterable<string>,
  file: string,
): AsyncGenerator<CsvRow> {
  let names: string[] | undefined;
  for await (const { text, line } of linesOf(parts)) {
    const object = objectOf(text, line, file);
    if (names === undefined) {
      names = Object.keys(object);
      yield { cells: names, line };
    }
    yield { cells: cellsOf(object, names, line, file), line };
  }
}

async function* linesOf(parts: AsyncIterable<string> | Iterable<string>) {
  let rest = "";
  let line = 0;
  for await (const part of parts) {
    const lines = (rest + part).split("\n");
    rest = lines.pop()!;
    for (const text of lines) {
      line++;
      if (text.trim() !== "") yield { text, line };
    }
  }
  if (rest.trim() !== "") yield { text: rest, line: line + 1 };
}

/** An integer of so many digits may be one that float64 rounds. */
const LONG_INTEGER = /(?<![.\d])\d{16}/;

/** A parser as engines have it since 2023, which types do not know yet. */
const parse = JSON.parse as (
  text: string,
  change?: (name: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/** The value of a line, numbers beyond the safe integers with the digits that are written. */
function valueOf(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return parse(text);
  return parse(text, (_, value, { source }) => {
    const isLarge = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
    return isLarge ? source : value;
  });
}

function objectOf(text: string, line: number, file: string): Record<string, unknown> {
  const place = `line ${line}`;
  try {
    const value = valueOf(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (cause) {
    return broken(file, `${place} is no JSON (${excerpt(text.trim())})`, place, cause);
  }
  return broken(file, `${place} is no JSON object (${excerpt(text.trim())})`, place);
}

function cellsOf(
  object: Record<string, unknown>,
  names: readonly string[],
  line: number,
  file: string,
): string[] {
  const place = `line ${line}`;
  const other = Object.keys(object).find((name) => !names.includes(name));
  if (other !== undefined) broken(file, `${place} has ${other}, the first object has none`, place);
  return names.map((name) => {
    if (!Object.hasOwn(object, name)) broken(file, `${place} has no ${name}`, place);
    const value = object[name];
    if (typeof value === "object" && value !== null) {
      broken(
        file,
        `${place}, ${name} holds ${excerpt(JSON.stringify(value))}, not one value`,
        place,
      );
    }
    return value === null ? "" : String(value);
  });
}
