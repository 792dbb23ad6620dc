/** A student that starts from weights of a file, matched by name. */

import { ConfigError, FormatError } from "../gpu/errors.ts";
import { sameShape, type Shape, showShape } from "../gpu/shape.ts";
import { decodeSafetensors, type State, toFloat32 } from "../nn/mod.ts";
import { decodeCheckpoint, weightsOf } from "./checkpoint.ts";
import { readBytes, readJson } from "./files.ts";
import type { Student } from "./student.ts";

/** A tensor by its name, where it was found and its extents. */
export interface NamedShape {
  /** Name. */
  readonly name: string;
  /** Extents. */
  readonly shape: Shape;
}

/** What became of the weights of a file and of a student. */
export interface StartWeights {
  /** Weights that the student starts from: its own name, the file's, the shape of both. */
  readonly matched: readonly (NamedShape & { readonly from: string })[];
  /** Weights of one name but two shapes: the student keeps its own start. */
  readonly differing: readonly (NamedShape & { readonly from: string; readonly found: Shape })[];
  /** Weights of the student that the file lacks: they keep their own start. */
  readonly missing: readonly NamedShape[];
  /** Weights of the file that the student lacks. */
  readonly unused: readonly NamedShape[];
}

/** Names of a file, or their beginnings up to a dot, and what stands for them in the student. */
export type NameMap = readonly (readonly [from: string, to: string])[];

/**
 * Reads how names of a file are changed.
 *
 * @param text `FROM=TO[,FROM=TO...]`, or a JSON file with an object of such pairs.
 * @returns The pairs, in order.
 * @throws {ConfigError} If the text is neither.
 * @throws {FormatError} If the file holds no object of texts.
 */
export async function readNameMap(text: string): Promise<NameMap> {
  if (text === "") return [];
  if (/\.json$/i.test(text)) return pairsOf(await readJson(text), text);
  return text.split(",").map((pair) => {
    const parts = pair.split("=").map((part) => part.trim());
    if (parts.length !== 2 || parts[0] === "" || parts[1] === "") {
      throw new ConfigError(
        `Cannot train with init-map ${text}: ${
          JSON.stringify(pair)
        } is not FROM=TO, and the whole ` +
          "is no .json file",
        { field: "init-map", value: text },
      );
    }
    return [parts[0], parts[1]] as const;
  });
}

function pairsOf(value: unknown, file: string): NameMap {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((to) => typeof to === "string");
  if (!isMap) {
    throw new FormatError(`Cannot read ${file}: a map is a JSON object from names to names`, {
      file,
    });
  }
  return Object.entries(value as Record<string, string>);
}

/**
 * Matches the tensors of a file with the weights of a student.
 *
 * @param own The student's weights: shapes by name.
 * @param tensors The file's: shapes by name.
 * @param map Changes of the file's names; a pair changes a name that it equals, or that begins with
 * it and a dot. The first pair that fits wins.
 * @returns What goes where.
 *
 * @example
 * ```ts
 * import { matchWeights } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const own = { "head.weight": { shape: [2, 4] }, "head.bias": { shape: [2] } };
 * const { matched, missing } = matchWeights(own, { "fc.weight": { shape: [2, 4] } }, [["fc", "head"]]);
 * assertEquals(matched.map(({ name, from }) => [name, from]), [["head.weight", "fc.weight"]]);
 * assertEquals(missing.map(({ name }) => name), ["head.bias"]);
 * ```
 */
export function matchWeights(
  own: Readonly<Record<string, { readonly shape: Shape }>>,
  tensors: Readonly<Record<string, { readonly shape: Shape }>>,
  map: NameMap = [],
): StartWeights {
  const taken = new Map<string, string>();
  for (const from of Object.keys(tensors)) {
    const to = changed(from, map);
    if (!taken.has(to)) taken.set(to, from);
  }
  const pairs = Object.entries(own).map(([name, { shape }]) => {
    const from = taken.get(name);
    return { name, shape, from, found: from === undefined ? undefined : tensors[from].shape };
  });
  const used = new Set(pairs.map(({ from }) => from));
  return {
    matched: pairs.flatMap(({ name, shape, from, found }) =>
      from !== undefined && sameShape(found!, shape) ? [{ name, shape, from }] : []
    ),
    differing: pairs.flatMap(({ name, shape, from, found }) =>
      from !== undefined && !sameShape(found!, shape) ? [{ name, shape, from, found: found! }] : []
    ),
    missing: pairs.flatMap(({ name, shape, from }) => from === undefined ? [{ name, shape }] : []),
    unused: Object.entries(tensors).flatMap(([name, { shape }]) =>
      used.has(name) ? [] : [{ name, shape: [...shape] }]
    ),
  };
}

function changed(name: string, map: NameMap): string {
  for (const [from, to] of map) {
    if (name === from) return to;
    if (name.startsWith(`${from}.`)) return to + name.slice(from.length);
  }
  return name;
}

/**
 * Lets a student start from the weights of a safetensors file. Of a checkpoint of this program the
 * trained weights are taken, by their names without `student.`: at their average where it has one, and
 * with changes of low rank worked in, as an export has them.
 *
 * @param student What starts.
 * @param file The safetensors file.
 * @param map See {@linkcode matchWeights}.
 * @returns What was matched and what was not.
 * @throws {ConfigError} If no weight of the file has name and shape of one of the student's.
 * @throws {FormatError} If the file is damaged, or a weight is not finite.
 * @throws {Deno.errors.NotFound} If there is no such file; the path is in the message.
 */
export async function startFrom(
  student: Student,
  file: string,
  map: NameMap = [],
): Promise<StartWeights> {
  const found = offeredBy(await readBytes(file), file);
  const state = await student.state();
  const result = matchWeights(state, found, map);
  if (result.matched.length === 0) refuseAll(file, state, found);
  const start = Object.fromEntries(
    result.matched.map(({ name, from, shape }) => {
      return [name, { shape, values: finite(found[from].values(), from, file) }];
    }),
  );
  student.load({ ...state, ...start });
  return result;
}

/** A weight of a file; its values are converted where they are asked for. */
interface Offer {
  readonly shape: Shape;
  readonly values: () => Float32Array<ArrayBuffer>;
}

function offeredBy(bytes: Uint8Array<ArrayBuffer>, file: string): Record<string, Offer> {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format !== "aft-checkpoint") {
    return Object.fromEntries([...tensors].map(([name, tensor]) => {
      return [name, { shape: tensor.shape, values: () => toFloat32(tensor) }];
    }));
  }
  const trained = Object.entries(weightsOf(decodeCheckpoint(bytes, file)));
  return Object.fromEntries(trained.map(([name, { shape, values }]) => {
    return [name, { shape, values: () => Float32Array.from(values) }];
  }));
}

function finite(
  values: Float32Array<ArrayBuffer>,
  name: string,
  file: string,
): Float32Array<ArrayBuffer> {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  throw new FormatError(
    `Cannot start from ${file}: value ${at} of tensor ${name} is ${values[at]}`,
    {
      file,
      place: name,
    },
  );
}

function refuseAll(file: string, own: State, found: Record<string, Offer>): never {
  const list = (all: Record<string, { readonly shape: Shape }>) =>
    Object.entries(all).map(([name, { shape }]) => `${name} ${showShape(shape)}`).join(", ");
  throw new ConfigError(
    `Cannot train with init ${file}: no weight has name and shape of one of the student's; the file ` +
      `has ${list(found)}, the student ${list(own)}; init-map changes names`,
    { field: "init", value: file },
  );
}
