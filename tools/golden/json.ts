/** Fields of parsed JSON, each checked as it is taken; what is amiss is named with file and place. */

import { FormatError } from "../../gpu/mod.ts";
import { readText } from "../../aft/files.ts";

/** An object of a JSON file that knows where it stands. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: unknown, readonly file: string, readonly place: string) {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      refuse(file, place, "is not an object");
    }
    this.#values = values as Record<string, unknown>;
  }

  /** Names of the fields, in the file's order. */
  get names(): string[] {
    return Object.keys(this.#values);
  }

  text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : this.#refuse(name, "a text");
  }

  /** A number; JSON has no NaN and no infinity. */
  number(name: string): number {
    const value = this.#values[name];
    return typeof value === "number" ? value : this.#refuse(name, "a number");
  }

  /** A number, or undefined where the field is null or missing. */
  numberOrNone(name: string): number | undefined {
    return (this.#values[name] ?? undefined) === undefined ? undefined : this.number(name);
  }

  /** A whole number from 1. */
  count(name: string): number {
    const value = this.number(name);
    return Number.isSafeInteger(value) && value > 0 ? value : this.#refuse(name, "a count from 1");
  }

  /** A list of whole numbers from 1. */
  counts(name: string): number[] {
    const value = this.#values[name];
    const fits = Array.isArray(value) && value.length > 0 &&
      value.every((count) => Number.isSafeInteger(count) && count > 0);
    return fits ? value : this.#refuse(name, "a list of counts from 1");
  }

  flag(name: string, missing: boolean): boolean {
    const value = this.#values[name] ?? missing;
    return typeof value === "boolean" ? value : this.#refuse(name, "true or false");
  }

  object(name: string): Fields {
    return new Fields(this.#values[name], this.file, `${this.place}, ${name}`);
  }

  /** A list of objects; each is called by its id in messages, where it has one. */
  objects(name: string): Fields[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) return this.#refuse(name, "a list");
    return value.map((item, i) => {
      const id = (item as { id?: unknown } | null)?.id;
      return new Fields(item, this.file, typeof id === "string" ? `case ${id}` : `${name}[${i}]`);
    });
  }

  #refuse(name: string, wanted: string): never {
    const value = this.#values[name];
    const found = value === undefined ? "missing" : JSON.stringify(value);
    return refuse(this.file, this.place, `field ${name} is ${found}, not ${wanted}`);
  }
}

/** Reads an index file. */
export async function readIndex(file: string): Promise<Fields> {
  const text = await readText(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`Cannot read ${file}: it is not JSON`, { file, cause });
  }
  return new Fields(json, file, "the whole");
}

/** Throws the error of a file that is not of the form. */
export function refuse(file: string, place: string, what: string): never {
  throw new FormatError(`Cannot read ${file}: ${place}: ${what}`, { file, place });
}
