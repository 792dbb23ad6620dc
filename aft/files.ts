/** The one place where this package reads and writes files. */

import { FormatError } from "../gpu/errors.ts";

/**
 * Reads a whole file.
 *
 * @param path The file.
 * @returns Its bytes.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 *
 * @example
 * ```ts
 * import { readBytes, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/a.bin`;
 * await writeAtomic(path, Uint8Array.of(1, 2));
 * assertEquals([...await readBytes(path)], [1, 2]);
 * ```
 */
export function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return named(path, () => Deno.readFile(path));
}

/**
 * Reads the first bytes of a file.
 *
 * @param path The file.
 * @param count How many bytes.
 * @returns The bytes, fewer where the file is shorter.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export function readHead(path: string, count: number): Promise<Uint8Array<ArrayBuffer>> {
  return named(path, async () => {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const read = await file.read(bytes.subarray(filled));
      if (read === null) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  });
}

/**
 * Reads a whole file as UTF-8 text.
 *
 * @param path The file.
 * @returns Its text.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 */
export function readText(path: string): Promise<string> {
  return named(path, () => Deno.readTextFile(path));
}

/**
 * Reads a whole file of JSON.
 *
 * @param path The file.
 * @returns What it holds; a byte order mark at the start is left out.
 * @throws {FormatError} If it is no JSON.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 *
 * @example
 * ```ts
 * import { readJson, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/a.json`;
 * await writeAtomic(path, '{ "steps": 3 }');
 * assertEquals(await readJson(path), { steps: 3 });
 * ```
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new FormatError(`Cannot read ${path}: it is no JSON (${(cause as Error).message})`, {
      file: path,
      cause,
    });
  }
}

/**
 * Reads a UTF-8 file piece by piece, for files longer than a string can be. A byte order mark at
 * the start is left out.
 *
 * @param path The file.
 * @returns Pieces of text, cut anywhere between two characters.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 * @throws {TypeError} If the bytes are not UTF-8.
 */
export async function* readTextParts(path: string): AsyncGenerator<string> {
  const file = await named(path, () => Deno.open(path));
  yield* file.readable.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
}

/**
 * Reads gzip-compressed bytes piece by piece.
 *
 * @param bytes The compressed bytes.
 * @returns Pieces of the plain bytes.
 * @throws {TypeError} If the bytes are damaged or cut off.
 */
export async function* gunzipParts(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array> {
  yield* new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
}

/** What a path leads to. */
export interface PathKind {
  /** True for a folder, false for a file. */
  isFolder: boolean;
  /** Bytes of the file. */
  size: number;
}

/**
 * Says what a path leads to.
 *
 * @param path File or folder.
 * @returns Kind and size.
 * @throws {Deno.errors.NotFound} If there is nothing; the path is in the message.
 */
export function lookAt(path: string): Promise<PathKind> {
  return named(path, async () => {
    const { isDirectory, size } = await Deno.stat(path);
    return { isFolder: isDirectory, size };
  });
}

/**
 * Says whether a path leads anywhere.
 *
 * @param path File or folder.
 * @returns True where it does.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/**
 * Says whether two paths lead to one place, however they are spelled and through whatever links.
 *
 * @param a File or folder.
 * @param b File or folder.
 * @returns True where they do; of a path that leads nowhere, or may not be read, its text decides.
 */
export async function samePlace(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  const [placeA, placeB] = await Promise.all(
    [a, b].map((path) => Deno.realPath(path).catch(() => path)),
  );
  return placeA === placeB;
}

/**
 * Names of the files in a folder, sorted, so that no order depends on the file system. Folders in
 * it are left out; links are not, wherever they lead.
 *
 * @param folder The folder.
 * @returns Names without the folder.
 * @throws {Deno.errors.NotFound} If there is no such folder; the path is in the message.
 */
export function list(folder: string): Promise<string[]> {
  return named(folder, async () => {
    const names: string[] = [];
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isDirectory) names.push(entry.name);
    }
    return names.sort();
  });
}

/**
 * Names of the folders in a folder, sorted; links to folders are among them.
 *
 * @param folder The folder.
 * @returns Names without the folder.
 * @throws {Deno.errors.NotFound} If there is no such folder; the path is in the message.
 */
export function listFolders(folder: string): Promise<string[]> {
  return named(folder, async () => {
    const names: string[] = [];
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
      if (isDirectory || isSymlink && await leadsToFolder(`${folder}/${name}`)) names.push(name);
    }
    return names.sort();
  });
}

async function leadsToFolder(link: string): Promise<boolean> {
  return await exists(link) && (await lookAt(link)).isFolder;
}

/**
 * Makes a folder and those above it; one that is there already stays as it is.
 *
 * @param folder The folder.
 */
export async function makeFolder(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
}

/** What can be written: bytes, text, or pieces of both one after the other. */
export type FileContent =
  | Uint8Array
  | string
  | Iterable<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>;

/**
 * Writes a file as a whole or not at all: into a temporary file beside it, synced, then renamed
 * over the old one. Whoever reads the path meanwhile, or after a power cut, sees the old file or
 * the new one; if writing fails the old one stays and the temporary one goes.
 *
 * @param path The file.
 * @param content Bytes, text, or pieces of both.
 * @throws {Deno.errors.NotFound} If its folder is missing; the path is in the message.
 *
 * @example
 * ```ts
 * import { list, readText, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await writeAtomic(`${folder}/config.json`, "{}");
 * assertEquals(await readText(`${folder}/config.json`), "{}");
 * assertEquals(await list(folder), ["config.json"]);
 * ```
 */
export async function writeAtomic(path: string, content: FileContent): Promise<void> {
  const [folder, name] = splitPath(path);
  const temporary = `${folder}/.${name}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  await named(path, async () => {
    try {
      await writeSynced(temporary, content);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {}); // gone, or never made: nothing to clear away
      throw error;
    }
  });
  await syncFolder(folder);
}

/**
 * Adds one line to a file, which is made where it is missing.
 *
 * @param path The file.
 * @param line The line, without its end.
 */
export function appendLine(path: string, line: string): Promise<void> {
  return named(path, () => Deno.writeTextFile(path, `${line}\n`, { append: true }));
}

async function writeSynced(path: string, content: FileContent): Promise<void> {
  const isOne = typeof content === "string" || content instanceof Uint8Array;
  using file = await Deno.open(path, { write: true, createNew: true });
  for await (const part of isOne ? [content] : content) {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  }
  await file.sync();
}

/** Makes a rename last through a power cut. Windows cannot open folders, nor needs it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder);
    await handle.sync();
  } catch {
    // The file itself is written and renamed; only this extra guarantee is not to be had here.
  }
}

/** The folder that a path lies in, which need not be there; see {@linkcode splitPath}. */
export function folderOf(path: string): string {
  return splitPath(path)[0];
}

/** Folder and name of a path; the folder of a bare name is ".", that of "/a" is the root. */
function splitPath(path: string): [string, string] {
  const cut = Math.max(
    path.lastIndexOf("/"),
    Deno.build.os === "windows" ? path.lastIndexOf("\\") : -1,
  );
  return cut < 0 ? [".", path] : [path.slice(0, cut) || "/", path.slice(cut + 1)];
}

/** Runs `action`; a missing file, or a folder in its place, becomes an error that says which. */
async function named<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (isMissing(cause)) throw new Deno.errors.NotFound(`Cannot find ${path}`, { cause });
    if (isTooLong(cause)) {
      throw new Deno.errors.NotFound(`Cannot find ${path}: the name is too long`, { cause });
    }
    if (!(cause instanceof Deno.errors.IsADirectory)) throw cause;
    throw new Deno.errors.IsADirectory(`Cannot read ${path}: it is a folder, name a file in it`, {
      cause,
    });
  }
}

/** Of names that are too long Deno has no class of errors. */
export function isTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENAMETOOLONG";
}

/** Also true for a path that goes on behind a file, as in `a.csv/b`. */
function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
