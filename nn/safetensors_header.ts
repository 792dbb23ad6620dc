/** The header of a safetensors file: a length, then JSON that says where each tensor lies. */

import { FormatError } from "../gpu/errors.ts";

/** Element types of the format that are read and written here. */
export type SafeDType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** Bytes of one element. */
export const BYTES: Readonly<Record<SafeDType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** What the header says about one tensor. */
export interface SafeTensorEntry {
  /** Element type. */
  dtype: SafeDType;
  /** Extents; an empty list is a scalar. */
  shape: readonly number[];
  /** First byte and byte after the last, counted from the end of the header. */
  offsets: readonly [number, number];
}

/** A header that was checked. */
export interface SafetensorsHeader {
  /** Tensors by name, in the order in which their bytes lie in the file. */
  entries: Map<string, SafeTensorEntry>;
  /** The file's own notes: text by name. */
  metadata: Record<string, string>;
  /** Byte of the file at which the tensors' bytes begin. */
  dataStart: number;
}

/** Longest header that is read, the limit of the format's own library: 100 MB. */
export const HEADER_LIMIT = 100_000_000;

/** The error of a file that breaks the format at one place. */
export function brokenFile(file: string, what: string, place?: string, cause?: unknown): never {
  const because = cause === undefined ? {} : { cause };
  throw new FormatError(`Cannot read ${file}: ${what}`, { file, place, ...because });
}

/**
 * Length of the JSON header in bytes, from the first 8 bytes of a file.
 *
 * @param head The first bytes, 8 or more.
 * @param size Bytes of the whole file.
 * @param file Name for messages.
 * @returns Bytes of the header, from 2 to 100,000,000 and within the file.
 * @throws {FormatError} If the file is too short or the length out of range.
 */
export function safetensorsHeaderLength(head: Uint8Array, size: number, file: string): number {
  if (head.length < 8) brokenFile(file, `it has ${size} bytes, a safetensors file has 10 or more`);
  const length = Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true));
  if (length > HEADER_LIMIT) {
    brokenFile(file, `its header claims ${length} bytes, the limit is ${HEADER_LIMIT}`, "header");
  }
  if (length < 2 || length > size - 8) {
    brokenFile(file, `its header claims ${length} of the ${size - 8} bytes that follow`, "header");
  }
  return length;
}

/**
 * Reads and checks the header of a safetensors file.
 *
 * @param head The file's bytes up to the end of the header, or more.
 * @param size Bytes of the whole file.
 * @param file Name for messages.
 * @returns Entries, metadata and the place where the tensors' bytes begin.
 * @throws {FormatError} If lengths, JSON, names, types, shapes or byte ranges are not as the format
 * asks: every byte after the header belongs to exactly one tensor.
 */
export function decodeSafetensorsHeader(
  head: Uint8Array,
  size: number,
  file: string,
): SafetensorsHeader {
  const length = safetensorsHeaderLength(head, size, file);
  if (head.length < 8 + length) brokenFile(file, `it ends inside its header`, "header");
  const json = parseHeader(head.subarray(8, 8 + length), file);
  const { __metadata__: notes, ...tensors } = json;
  const entries = Object.entries(tensors).map(([name, value]) =>
    [name, checkEntry(name, value, file)] as const
  );
  entries.sort(([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]);
  checkCover(entries, size - 8 - length, file);
  return {
    entries: new Map(entries),
    metadata: checkMetadata(notes, file),
    dataStart: 8 + length,
  };
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    return brokenFile(file, "its header is not JSON", "header", cause);
  }
  // The format asks for "{" as the very first byte; JSON alone would allow blanks before it.
  if (!text.startsWith("{") || typeof json !== "object" || json === null) {
    brokenFile(file, "its header is not a JSON object", "header");
  }
  const twice = findDuplicateKey(text);
  if (twice !== undefined) brokenFile(file, `its header names ${twice} twice`, twice);
  return json as Record<string, unknown>;
}

/** The first key that an object of `text` has twice; `JSON.parse` would keep the last silently. */
function findDuplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  const token = /["{}]/g;
  const colon = /\s*:/y;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "{") open.push(new Set());
    else if (match[0] === "}") open.pop();
    else {
      const end = endOfText(text, match.index);
      token.lastIndex = colon.lastIndex = end;
      if (!colon.test(text)) continue;
      const key = JSON.parse(text.slice(match.index, end)) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

/** The place behind a text that starts at a quotation mark: texts may be too long for an expression. */
function endOfText(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end + 1;
}

/** True behind an odd number of backslashes. */
function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json[first - 1] === "\\") first--;
  return (at - first) % 2 === 1;
}

function checkEntry(name: string, value: unknown, file: string): SafeTensorEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const broken = (what: string) => brokenFile(file, `tensor ${name} ${what}`, name);
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype)) {
    return broken(
      `has type ${JSON.stringify(dtype)}, known are ${Object.keys(BYTES).join(", ")}`,
    );
  }
  if (!isCounts(shape)) return broken(`has shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return broken(`has byte range ${JSON.stringify(offsets)}`);
  }
  const entry = { dtype: dtype as SafeDType, shape, offsets: [offsets[0], offsets[1]] as const };
  const claimed = offsets[1] - offsets[0];
  const needed = shape.reduce((a, b) => a * b, 1) * BYTES[entry.dtype];
  if (claimed !== needed) {
    return broken(`has ${claimed} bytes, [${shape.join(", ")}] of ${dtype} takes ${needed}`);
  }
  return entry;
}

/** True for sizes as the format has them. */
export function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);
}

/** No overlap, no hole, nothing left over: hidden bytes have no place in the format. */
function checkCover(
  entries: readonly (readonly [string, SafeTensorEntry])[],
  size: number,
  file: string,
): void {
  let end = 0;
  for (const [name, { offsets }] of entries) {
    if (offsets[0] < end) brokenFile(file, `tensor ${name} overlaps the one before it`, name);
    if (offsets[0] > end) {
      brokenFile(file, `${offsets[0] - end} bytes before tensor ${name} belong to none`, name);
    }
    end = offsets[1];
  }
  if (end > size) {
    brokenFile(file, `its tensors take ${end} bytes, ${size} are there: the file is cut off`);
  }
  if (end < size) brokenFile(file, `${size - end} bytes after its last tensor belong to none`);
}

function checkMetadata(notes: unknown, file: string): Record<string, string> {
  if (notes === undefined) return {};
  const isText = typeof notes === "object" && notes !== null && !Array.isArray(notes) &&
    Object.values(notes).every((value) => typeof value === "string");
  if (!isText) brokenFile(file, "its metadata is not text by name", "__metadata__");
  return notes as Record<string, string>;
}
