/** Numbers, times and tables as the command prints them. */

/**
 * A number with few digits, as people read it.
 *
 * @param value Any number.
 * @param digits Significant digits.
 * @returns Such as `1.83`, `0.00123`, `1.2e-7`, `12,345`.
 */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 10 ** digits) return Math.round(value).toLocaleString("en-US");
  return size < 1e-4 ? value.toExponential(digits - 2) : String(Number(value.toPrecision(digits)));
}

/** A loss, always as wide: `1.8312`, `12.345`. */
export function loss(value: number): string {
  return Math.abs(value) < 1e4 ? value.toPrecision(5).slice(0, 7) : value.toExponential(3);
}

/** A share from 0 to 1 in percent: `38.1 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A count and what is counted: `1 row`, `1,000 rows`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString("en-US")} ${value === 1 ? one : many}`;
}

/** A duration: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A number of bytes: `512 B`, `3.1 KiB`, `128 MiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : number(value, 3)} ${units[unit]}`;
}

/** Extents: `[3, 32, 32]`. */
export function shape(extents: readonly number[]): string {
  return `[${extents.join(", ")}]`;
}

/**
 * Lines of a table, columns two spaces apart.
 *
 * @param rows Cells; the first row is the head.
 * @param left How many columns from the left are aligned left; the others are right.
 * @returns One line a row, without spaces at its end.
 */
export function table(rows: readonly (readonly string[])[], left = 1): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row.map((cell, i) => i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
      .join("  ").trimEnd()
  );
}

/**
 * Breaks text into lines at spaces.
 *
 * @param text Words.
 * @param width Most characters in a line; longer words stand alone.
 * @returns At least one line.
 */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Where the text behind a label begins. */
const INDENT = 10;

/**
 * A label and what stands behind it, broken into lines that begin below each other.
 *
 * @param label A word or two; empty to go on with the label before.
 * @param text What it says.
 * @param width Most characters in a line.
 * @returns One or more lines.
 */
export function labelled(label: string, text: string, width: number): string {
  const indent = Math.max(INDENT, label.length + 2);
  return wrap(text, Math.max(40, width - indent))
    .map((line, i) => (i === 0 ? label : "").padEnd(indent) + line).join("\n");
}
