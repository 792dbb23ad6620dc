/**
 * The section on the run itself: configuration, environment, files, and how to go on from here.
 *
 * @module
 */

import type { ReportCommand, ReportData } from "./data.ts";
import { formatSeconds, html, type Markup, NONE } from "./html.ts";

/**
 * Shows what would be needed to repeat the run and to use its result.
 *
 * @param data The report's data.
 * @returns A section.
 */
export function runSection(data: ReportData): Markup {
  const commands = data.commands ?? defaultCommands(data);
  return html`
    <section aria-labelledby="run">
      <h2 id="run">The run</h2>
      <div class="columns">
        <div>${facts("configuration", "Configuration", data.config)}</div>
        <div>${facts("environment", "Environment", data.environment)}${fileList(data.files)}</div>
      </div>
      ${commands.length > 0 && usage(commands)}
    </section>
  `;
}

function facts(id: string, caption: string, values: Record<string, unknown>): Markup | undefined {
  const rows = flatten(values);
  if (rows.length === 0) return undefined;
  const cells = rows.map(([name, items]) =>
    html`
      <tr>
        <th scope="row">${name}</th>
        <td>${items.length === 1 ? items : items.map((item) => html`<div>${item}</div>`)}</td>
      </tr>
    `
  );
  return html`
    <table id="${id}" class="facts">
      <caption>${caption}</caption>
      <tbody>${cells}</tbody>
    </table>
  `;
}

/** Nested objects become dotted names; lists of texts, such as paths, get one line each. */
function flatten(values: Record<string, unknown>, prefix = ""): [string, string[]][] {
  return Object.entries(values).flatMap(([key, value]): [string, string[]][] => {
    const name = prefix + key;
    if (isRecord(value) && Object.keys(value).length > 0) return flatten(value, `${name}.`);
    if (name === "seconds" && typeof value === "number") return [[name, [formatSeconds(value)]]];
    if (isList(value) && value.some((item) => typeof item === "string")) {
      return [[name, value.map(asText)]];
    }
    return [[name, [asText(value)]]];
  });
}

/** Numbers stay as a program writes them, so that they can be pasted into a command. */
function asText(value: unknown): string {
  if (value === undefined || value === null || value === "") return NONE;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (ArrayBuffer.isView(value)) return asText(Array.from(value as Float32Array));
  if (isList(value)) return value.length === 0 ? NONE : value.map(asText).join(", ");
  if (isRecord(value)) return Object.keys(value).length === 0 ? NONE : JSON.stringify(value);
  return String(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !ArrayBuffer.isView(value);
}

function fileList(files: readonly string[]): Markup | undefined {
  if (files.length === 0) return undefined;
  return html`
    <h3>Files</h3>
    <ul class="files">${files.map((file) => html`<li><code>${file}</code></li>`)}</ul>
  `;
}

function usage(commands: readonly ReportCommand[]): Markup {
  const blocks = commands.map(({ purpose, command }) =>
    html`
      <div class="command">
        <p>${purpose}</p>
        <pre tabindex="0"><code>${command}</code></pre>
      </div>
    `
  );
  return html`<div class="usage"><h3>Go on from here</h3>${blocks}</div>`;
}

function defaultCommands({ files, config, task }: ReportData): ReportCommand[] {
  const checkpoint = files.find((file) => /(^|[\\/])checkpoint[^\\/]*\.safetensors$/.test(file));
  if (checkpoint === undefined) return [];
  const data = typeof config.data === "string" ? config.data : "DATA";
  const { format = "auto" } = config;
  const reading = format === "auto" ? "" : ` --format ${quote(String(format))}`;
  const using = `--checkpoint ${quote(checkpoint)}${reading} --data`;
  const answer = task === "classification" ? "class and probability" : "value";
  return [
    {
      purpose: "Measure this checkpoint on labelled data",
      command: `aft eval ${using} ${quote(data)}`,
    },
    {
      purpose: `Predict ${answer} for new inputs of the same form`,
      command: `aft predict ${using} NEW_INPUTS`,
    },
  ];
}

/** Quotes a word for a POSIX shell where it needs quoting. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
