/** Numbers and words in the cells of a CSV file. */

import { broken } from "./raw.ts";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** True for text that is a decimal number and nothing else, however large. */
export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

const LETTER_B = 0x62;
const LETTER_O = 0x6f;
const LETTER_X = 0x78;

/**
 * The number that a cell holds, as float32.
 *
 * @param cell Text, perhaps with blanks around it.
 * @returns NaN for text that is not a decimal number, or that float32 cannot hold.
 */
export function numberOf(cell: string): number {
  const text = cell.trim();
  const value = Math.fround(Number(text));
  if (text === "" || !Number.isFinite(value)) return NaN;
  // Number() also takes 0b1, 0o7 and 0x10, which no table means.
  const second = text.charCodeAt(1) | 0x20;
  return second === LETTER_B || second === LETTER_O || second === LETTER_X ? NaN : value;
}

/** Throws the error of a cell that should hold a number, or anything at all, and does not. */
export function refuseCell(cell: string, place: string, file: string): never {
  const text = cell.trim();
  if (text === "") return broken(file, `${place} is empty`, place);
  const what = isNumber(text) ? "which float32 cannot hold" : "not a finite number";
  return broken(file, `${place} holds ${excerpt(text)}, ${what}`, place);
}

/** A cell as a file holds it (RFC 4180); blanks at its ends are kept by quotes. */
export function csvCell(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Text short enough for a message. */
export function excerpt(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
