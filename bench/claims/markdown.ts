/** Markdown as the repository formats it: lines of at most 100 characters, tables in columns. */

const WIDTH = 100;

/**
 * Breaks a paragraph into lines.
 *
 * @param text Words with spaces between them.
 * @returns Lines with line feeds between.
 */
export function paragraph(text: string): string {
  const lines = [""];
  for (const word of text.split(" ").filter((word) => word !== "")) {
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (longer.length > WIDTH && lines.at(-1) !== "") lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join("\n");
}

/**
 * A table whose columns are as wide as their longest cell.
 *
 * @param heads Column heads.
 * @param rows Cells of each row.
 * @returns Lines with line feeds between.
 */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) =>
    Math.max(3, head.length, ...rows.map((row) => row[i].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)]
    .join("\n");
}

/** Text that is shown letter by letter. */
export function code(text: string): string {
  return `\`${text}\``;
}

/**
 * Puts a text between the two marks of a page, `<!-- name -->` and `<!-- /name -->`.
 *
 * @param page The page as it is.
 * @param name What the marks are called.
 * @param text What stands between them from now on.
 * @returns The page with it.
 * @throws {RangeError} If the page has no such marks.
 */
export function betweenMarks(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) {
    throw new RangeError(`Cannot write the ${name}: the page has no ${start} and ${end}`);
  }
  return `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`;
}
