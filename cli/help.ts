/** Help texts, made from what commands say of themselves. */

import type { Command } from "./command.ts";
import type { Flag } from "./flags.ts";
import { wrap } from "./format.ts";

const WIDEST = 100;
/** Longest left column; what is longer has its text in the next line. */
const MARGIN = 30;

/** How headings are set off. */
export type Heading = (text: string) => string;

/**
 * The help of the whole program.
 *
 * @param commands All commands.
 * @param heading How headings are set off.
 * @returns Lines.
 */
export function overview(commands: readonly Command[], heading: Heading): string[] {
  return [
    "Trains a small model on your labels while it draws on what pre-trained models know.",
    "",
    heading("Usage:") + " aft COMMAND [flags]",
    "",
    heading("Commands:"),
    ...commands.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`),
    "",
    heading("Examples:"),
    ...commands.flatMap(({ examples }) => examples.slice(0, 1)).map(([, line]) => `  ${line}`),
    "",
    "aft COMMAND --help says more. aft --version prints the version.",
    "Exit codes: 0 done, 1 failed, 2 refused input, 130 stopped by Ctrl-C.",
  ];
}

/**
 * The help of one command.
 *
 * @param command The command.
 * @param columns Characters in a line.
 * @param heading How headings are set off.
 * @returns Lines.
 */
export function commandHelp(command: Command, columns: number, heading: Heading): string[] {
  const width = Math.max(50, Math.min(columns, WIDEST));
  const { name, summary, usage, notes = [], examples, flags } = command;
  const groups = [...new Set(flags.map(({ group }) => group))];
  return [
    `${summary[0].toUpperCase()}${summary.slice(1)}.`,
    "",
    heading("Usage:") + ` aft ${name} ${usage}`,
    ...notes.flatMap((note) => ["", ...wrap(note, width)]),
    ...groups.flatMap((group) => [
      "",
      heading(group === undefined ? "Flags:" : `Flags, ${group}:`),
      ...flags.filter((flag) => flag.group === group).flatMap((flag) => flagHelp(flag, width)),
    ]),
    "",
    heading("Examples:"),
    ...examples.flatMap(([purpose, line]) => [`  # ${purpose}`, `  ${line}`]),
  ];
}

function flagHelp(flag: Flag, width: number): string[] {
  const left = `  --${flag.flag}${flag.placeholder ? ` ${flag.placeholder}` : ""}`;
  const text = wrap(`${flag.help}${rangeText(flag)}`, width - MARGIN);
  const indented = text.map((line) => " ".repeat(MARGIN) + line);
  if (left.length > MARGIN - 2) return [left, ...indented];
  return [left.padEnd(MARGIN) + text[0], ...indented.slice(1)];
}

/** Range and default in brackets, where they say something. */
function rangeText(flag: Flag): string {
  if (flag.placeholder === undefined) return "";
  const initial = flag.defaultText ?? defaultOf(flag);
  const parts = [
    flag.range === "a text" || flag.range.startsWith("paths") ? undefined : flag.range,
    initial === undefined ? undefined : `default ${initial}`,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? ` (${parts.join("; ")})` : "";
}

function defaultOf({ default: value }: Flag): string | undefined {
  if (value === undefined || value === "" || Array.isArray(value)) return undefined;
  return String(value);
}
