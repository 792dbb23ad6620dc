/** IDX, the format of MNIST and its kin: a type, extents, numbers, all big-endian; also gzipped. */

import { exists, gunzipParts, list, lookAt, readBytes } from "../files.ts";
import { checkFinite } from "./finite.ts";
import { baseName, beside, broken, inFolder, type RawData, type RawLabels } from "./raw.ts";
import { type RawSplit, rowShape, show, sizeOf, type SplitName } from "./raw.ts";

/** Numbers of an IDX file. */
interface IdxArray {
  shape: number[];
  /** Bytes stay bytes, wider integers become Int32, floats Float32. */
  values: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

interface ElementType {
  bytes: number;
  isFloat: boolean;
  get: (view: DataView, at: number) => number;
}

const TYPES: Readonly<Record<number, ElementType>> = {
  0x08: { bytes: 1, isFloat: false, get: (view, at) => view.getUint8(at) },
  0x09: { bytes: 1, isFloat: false, get: (view, at) => view.getInt8(at) },
  0x0b: { bytes: 2, isFloat: false, get: (view, at) => view.getInt16(at) },
  0x0c: { bytes: 4, isFloat: false, get: (view, at) => view.getInt32(at) },
  0x0d: { bytes: 4, isFloat: true, get: (view, at) => view.getFloat32(at) },
  0x0e: { bytes: 8, isFloat: true, get: (view, at) => view.getFloat64(at) },
};

/** Parts of a file name: what it starts with, split, content. Older copies write `.` for `-`. */
const NAME = /^(.*?)(train|t10k|test|val)([-_.])(images|labels)([-_.])idx\d([-_.])ubyte(\.gz)?$/;

/** True for names that files of images have. */
export function isIdxName(name: string): boolean {
  return NAME.exec(name)?.[4] === "images";
}

/** True where bytes begin as an IDX file does. */
export function isIdxHead(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0 && head[1] === 0 && head[2] in TYPES &&
    head[3] >= 1 && head[3] <= 4;
}

/** True where bytes begin as a gzip file does. */
export function isGzipHead(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * Reads a folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and their `t10k-`
 * counterparts, raw or with `.gz` (raw wins where both are there); or one file of images with its
 * labels beside it, and its test images too where training rows are wanted.
 *
 * @param path Folder or file.
 * @param wanted Row groups to read.
 * @returns What was found of them.
 * @throws {FormatError} If headers, sizes and counts do not agree.
 */
export async function readIdx(path: string, wanted: readonly SplitName[]): Promise<RawData> {
  const { isFolder } = await lookAt(path);
  const images = isFolder ? await imagesOfFolder(path) : await imagesOfFile(path, wanted);
  const data: RawData = { path, format: "idx", splits: {}, files: [] };
  for (const name of wanted) {
    const file = images[name];
    if (file === undefined) continue;
    const labels = await findLabels(file);
    data.files.push(file, ...(labels === undefined ? [] : [labels]));
    data.splits[name] = await readPair(file, labels);
  }
  return data;
}

type Images = Partial<Record<SplitName, string>>;

async function imagesOfFolder(folder: string): Promise<Images> {
  const found: Images = {};
  for (const name of await list(folder)) {
    const group = groupOf(name);
    if (group === undefined) continue;
    const before = found[group];
    // Names are sorted, so that a raw file comes before its .gz copy.
    if (before !== undefined && `${before}.gz` === inFolder(folder, name)) continue;
    if (before !== undefined) {
      broken(folder, `it has two files of ${group} images, ${baseName(before)} and ${name}`);
    }
    found[group] = inFolder(folder, name);
  }
  return found;
}

/** The file alone or, where training images are wanted of it, the test images that go with it. */
async function imagesOfFile(file: string, wanted: readonly SplitName[]): Promise<Images> {
  const group = wanted.includes("train") ? groupOf(baseName(file)) ?? "all" : "all";
  if (group !== "train") return { [group]: file };
  for (const other of ["t10k", "test"]) {
    const name = baseName(file).replace(/train(?=[-_.]images)/, other);
    const test = await rawOrZipped(beside(file, name));
    if (test !== undefined) return { train: file, test };
  }
  return { train: file };
}

function groupOf(name: string): SplitName | undefined {
  const [, , split, , content] = NAME.exec(name) ?? [];
  if (content !== "images") return undefined;
  return split === "t10k" ? "test" : split as SplitName;
}

/** The labels that belong to a file of images, by its name. */
function findLabels(images: string): Promise<string | undefined> {
  const [, start, split, a, , b, c] = NAME.exec(baseName(images)) ?? [];
  if (split === undefined) return Promise.resolve(undefined);
  return rawOrZipped(beside(images, `${start}${split}${a}labels${b}idx1${c}ubyte`));
}

async function rawOrZipped(file: string): Promise<string | undefined> {
  const raw = file.replace(/\.gz$/, "");
  for (const candidate of [raw, `${raw}.gz`]) if (await exists(candidate)) return candidate;
  return undefined;
}

async function readPair(file: string, labelFile: string | undefined): Promise<RawSplit> {
  const { shape, values } = await readArray(file);
  const inputShape = rowShape(shape, file, "inputs");
  const inputs = values instanceof Int32Array ? Float32Array.from(values) : values;
  if (inputs instanceof Float32Array) checkFinite(inputs, shape, file, "inputs");
  const split: RawSplit = { rows: shape[0], inputs, file, inputShape };
  if (labelFile !== undefined) split.labels = await readLabels(labelFile, shape[0], file);
  return split;
}

async function readLabels(file: string, rows: number, images: string): Promise<RawLabels> {
  const { shape, values } = await readArray(file);
  if (shape.length !== 1) broken(file, `it has shape ${show(shape)}, labels are [rows]`);
  if (shape[0] !== rows) broken(file, `it has ${shape[0]} labels, ${images} has ${rows} rows`);
  const at = (row: number) => `row ${row}`;
  return values instanceof Float32Array
    ? { kind: "floats", values, file, at }
    : { kind: "integers", values: Int32Array.from(values), file, at };
}

async function readArray(file: string): Promise<IdxArray> {
  const bytes = await readBytes(file);
  const plain = isGzipHead(bytes) ? await gunzip(bytes, file) : bytes;
  return decode(plain, file);
}

/** Type, extents and the whole file's length, as the first bytes claim them. */
function readHeader(head: Uint8Array, file: string) {
  if (!isIdxHead(head)) broken(file, "it does not begin as an IDX file of numbers does", "header");
  const rank = head[3];
  const start = 4 + 4 * rank;
  if (head.length < start) broken(file, "it ends inside its header", "header");
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const type = TYPES[head[2]];
  return { type, shape, start, size: start + sizeOf(shape) * type.bytes };
}

function decode(bytes: Uint8Array<ArrayBuffer>, file: string): IdxArray {
  const { type, shape, start, size } = readHeader(bytes, file);
  if (bytes.length !== size) {
    broken(file, `it has ${bytes.length} bytes, ${show(shape)} takes ${size} with its header`);
  }
  if (type === TYPES[0x08]) return { shape, values: bytes.subarray(start) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new (type.isFloat ? Float32Array : Int32Array)(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = type.get(view, start + i * type.bytes);
  return { shape, values };
}

/** No IDX header is longer: 4 bytes and at most 4 extents. */
const LONGEST_HEADER = 20;

/** Deflate cannot shrink anything further than this (a length of 258 bytes takes 2 bits). */
const LARGEST_RATIO = 1032;

/**
 * Unpacks a gzipped IDX file into exactly the bytes that its header claims, so that a small file
 * that unpacks without end is refused, not unpacked.
 */
async function gunzip(bytes: Uint8Array<ArrayBuffer>, file: string) {
  let plain = new Uint8Array(LONGEST_HEADER);
  let filled = 0;
  const put = (part: Uint8Array) => {
    if (filled + part.length > plain.length) {
      broken(file, `it unpacks to more than the ${plain.length} bytes that its header claims`);
    }
    plain.set(part, filled);
    filled += part.length;
  };
  try {
    for await (const part of gunzipParts(bytes)) {
      const headerLeft = Math.max(0, LONGEST_HEADER - filled);
      put(part.subarray(0, headerLeft));
      if (headerLeft > 0 && filled === LONGEST_HEADER) plain = grown(plain, bytes.length, file);
      put(part.subarray(headerLeft));
    }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    broken(file, "its gzip data is damaged or cut off", undefined, cause);
  }
  return plain.subarray(0, filled);
}

/** Room for all that the header claims, with the header in it. */
function grown(header: Uint8Array, packed: number, file: string): Uint8Array<ArrayBuffer> {
  const { size, shape } = readHeader(header, file);
  if (size > packed * LARGEST_RATIO) {
    broken(file, `its header claims ${show(shape)}, more than ${packed} packed bytes can hold`);
  }
  const plain = new Uint8Array(Math.max(size, header.length));
  plain.set(header);
  return plain;
}
