/**
 * Markup that is escaped by construction, and numbers as people write them.
 *
 * @module
 */

/** Text that is already valid HTML or SVG. Only {@linkcode html} and the page's own text make it. */
export class Markup {
  /** The text, ready for the page. */
  readonly text: string;

  /** @param text HTML or SVG that needs no escaping. */
  constructor(text: string) {
    this.text = text;
  }

  /** @returns The text. */
  toString(): string {
    return this.text;
  }
}

/** What may stand in a hole of {@linkcode html}; `undefined`, `null` and `false` leave it empty. */
export type Hole = Markup | string | number | undefined | null | false | readonly Hole[];

/**
 * Template tag that escapes every hole unless it is Markup, so that no name, path or value of a
 * user can become part of the page's structure. Attribute values must stand in double quotes. The
 * indentation of the template itself, and empty first and last lines, do not reach the page.
 *
 * @param strings Literal parts, kept as they are.
 * @param holes Values between them.
 * @returns The markup.
 */
export function html(strings: TemplateStringsArray, ...holes: Hole[]): Markup {
  const parts = dedented(strings);
  let text = parts[0];
  holes.forEach((hole, i) => text += fill(hole) + parts[i + 1]);
  return new Markup(text);
}

const DEDENTED = new WeakMap<TemplateStringsArray, string[]>();

/** Charts fill the same small template thousands of times, so each is cleaned once. */
function dedented(strings: TemplateStringsArray): string[] {
  const known = DEDENTED.get(strings);
  if (known) return known;
  const parts = strings.map((part) => part.replace(/\n\s+/g, "\n"));
  parts[0] = parts[0].replace(/^\n/, "");
  parts[parts.length - 1] = parts[parts.length - 1].replace(/\n$/, "");
  DEDENTED.set(strings, parts);
  return parts;
}

function fill(hole: Hole): string {
  if (hole === undefined || hole === null || hole === false) return "";
  if (hole instanceof Markup) return hole.text;
  if (typeof hole === "object") return hole.map(fill).join("");
  return escapeText(String(hole));
}

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Escapes text for element content and quoted attributes. Control characters, which HTML forbids
 * even as references, become U+FFFD.
 *
 * @param text Any text.
 * @returns The escaped text.
 */
export function escapeText(text: string): string {
  return text
    .replace(/[&<>"']/g, (c) => ESCAPES[c])
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd");
}

/**
 * Attributes of an SVG element; numbers are rounded by {@linkcode at}.
 *
 * @param values Values by attribute name; `undefined` leaves one out.
 * @returns Markup for the inside of a tag.
 */
export function attributes(values: Record<string, string | number | undefined>): Markup {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const texts = given.map(([name, value]) =>
    `${name}="${typeof value === "number" ? at(value) : escapeText(value as string)}"`
  );
  return new Markup(texts.join(" "));
}

/**
 * Template tag for the data of an SVG path, with every number rounded by {@linkcode at}.
 *
 * @param strings Path commands.
 * @param numbers Coordinates.
 * @returns The text of a `d` attribute.
 */
export function pathData(strings: TemplateStringsArray, ...numbers: number[]): string {
  return String.raw({ raw: strings }, ...numbers.map(at));
}

/**
 * Writes a coordinate, which no screen shows more finely than this.
 *
 * @param value Units of the view box.
 * @returns The number with at most two decimals.
 */
export function at(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/**
 * A block of data that browsers do not run and other programs can read.
 *
 * @param id The element's id.
 * @param value Anything JSON can hold; numbers that are not finite become null.
 * @returns A script element of type application/json.
 */
export function dataBlock(id: string, value: unknown): Markup {
  // "<" would allow "</script>" or "<!--" inside a string to end the block; \u003c means the same.
  const json = JSON.stringify(value).replaceAll("<", "\\u003c");
  return html`<script type="application/json" id="${id}">${new Markup(json)}</script>`;
}

/** Stands where there is no number. */
export const NONE = "–";

/**
 * Writes a number with some significant digits: 1.83, 0.0421, 12,345, 3.1e-7.
 *
 * @param value Any number.
 * @param digits Significant digits for numbers below 1,000.
 * @returns The text; a dash for a value that is missing or not finite.
 */
export function formatNumber(value: number | undefined | null, digits = 3): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en");
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) {
    return value.toExponential(Math.max(0, digits - 1)).replace(/\.?0*e\+?/, "e");
  }
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size || 1)));
  return value.toLocaleString("en", { minimumFractionDigits: 0, maximumFractionDigits: decimals });
}

/**
 * Writes a share as a percentage.
 *
 * @param share A number, 1 being all.
 * @param decimals Digits after the point.
 * @returns Such as "38.1 %", with a space that does not break; a dash where there is no number.
 */
export function formatPercent(share: number | undefined | null, decimals = 1): string {
  if (share === undefined || share === null || !Number.isFinite(share)) return NONE;
  return `${(100 * share).toFixed(decimals)}\u00a0%`;
}

/**
 * Writes a duration.
 *
 * @param seconds At least 0.
 * @returns Such as "42.1 s", "3 min 20 s", "2 h 5 min".
 */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds < 60) return `${formatNumber(seconds)}\u00a0s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}\u00a0min ${whole % 60}\u00a0s`;
  return `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

/**
 * Writes a number with a noun in the right form.
 *
 * @param count How many.
 * @param noun Singular; its plural adds an s.
 * @returns Such as "1 row" or "2,000 rows".
 */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}
