/** The one place where the command writes: lines, JSON lines, a progress line, errors. */

import { labelled } from "./format.ts";

/** Something that text can be written to. */
export interface Stream {
  /** Whether a person is looking. */
  readonly isTerminal: boolean;
  /** Characters in a line of it. */
  readonly columns: number;
  /** Writes text at once. */
  write(text: string): void;
}

/** Where a command's words go, and whether they may have colours. */
export interface Streams {
  /** Results. */
  readonly stdout: Stream;
  /** Errors. */
  readonly stderr: Stream;
  /** Whether a terminal may show colours. */
  readonly colours: boolean;
}

/** How a piece of text may stand out on a terminal. */
export type Style = "bold" | "dim" | "red";

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31 };
const DEFAULT_COLUMNS = 100;

/** The streams of this process. */
export function processStreams(): Streams {
  return {
    stdout: streamOf(Deno.stdout),
    stderr: streamOf(Deno.stderr),
    colours: !Deno.noColor, // true where NO_COLOR is set and not empty
  };
}

function streamOf(file: typeof Deno.stdout): Stream {
  const isTerminal = file.isTerminal();
  const encoder = new TextEncoder();
  return {
    isTerminal,
    get columns() {
      return isTerminal ? consoleColumns() : DEFAULT_COLUMNS;
    },
    write(text) {
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    },
  };
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS; // a terminal that does not know its size
  }
}

/** Writes what a command has to say, for people or for machines. */
export class Output {
  /** Whether stdout carries JSON lines and nothing else. */
  readonly json: boolean;
  readonly #streams: Streams;
  readonly #closed: AbortController = new AbortController();
  #progress = false;

  constructor(streams: Streams, json: boolean) {
    this.#streams = streams;
    this.json = json;
  }

  /** Characters in a line. */
  get columns(): number {
    return this.#streams.stdout.columns;
  }

  /** Whether a progress line would be seen. */
  get showsProgress(): boolean {
    return this.#streams.stdout.isTerminal && !this.json;
  }

  /** Aborts when nobody reads stdout any more, as behind `| head`. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Writes a line for people; for machines, nothing. */
  line(text = ""): void {
    if (!this.json) this.raw(`${text}\n`);
  }

  /** Writes a label and what stands behind it, for people. */
  field(label: string, text: string): void {
    this.line(labelled(label, text, this.columns));
  }

  /** Writes an object as one line for machines; for people, nothing. */
  event(value: unknown): void {
    if (this.json) this.raw(`${JSON.stringify(value)}\n`);
  }

  /** Writes text to stdout as it is, whoever reads. */
  raw(text: string): void {
    this.clearProgress();
    this.#write(text);
  }

  /** Shows how far things are in a line that the next one replaces; only on a terminal. */
  progress(text: string): void {
    if (!this.showsProgress) return;
    this.#write(`\r${text.slice(0, this.columns - 1)}\x1b[K`);
    this.#progress = true;
  }

  /** The same, and a line of its own where output is no terminal. */
  passing(text: string): void {
    if (this.showsProgress) this.progress(text);
    else this.line(text);
  }

  /** Takes the progress line away. */
  clearProgress(): void {
    if (this.#progress) this.#write("\r\x1b[K");
    this.#progress = false;
  }

  /** Writes to stderr, for people and machines alike. */
  note(text: string): void {
    this.clearProgress();
    try {
      this.#streams.stderr.write(`${text}\n`);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  /** Text in a style where stdout is a terminal that may show one. */
  styled(style: Style, text: string): string {
    return paint(text, style, this.#streams.stdout.isTerminal && this.#streams.colours);
  }

  /** As {@link styled}, for stderr. */
  styledNote(style: Style, text: string): string {
    return paint(text, style, this.#streams.stderr.isTerminal && this.#streams.colours);
  }

  #write(text: string): void {
    if (this.#closed.signal.aborted) return;
    try {
      this.#streams.stdout.write(text);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      this.#closed.abort();
    }
  }
}

function paint(text: string, style: Style, isAllowed: boolean): string {
  return isAllowed ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}
