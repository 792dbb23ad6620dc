/** How a kernel takes an element from memory: alone, or with the three beside it. */

import { type DType, storageType } from "../dtype.ts";
import { fourType, type Neighbour } from "./fours.ts";

/** A buffer range as a kernel sees it. */
export interface Binding {
  name: string;
  /** Whether it is an array of fours rather than of elements, or for halves of pairs. */
  wide: boolean;
}

/** Gives an expression a name, the same one where it has one. */
type Let = (expression: string, type: string) => string;

/**
 * The element at `flat`.
 *
 * @param name Names expressions.
 * @param binding Where it is read.
 * @param dtype Its type in memory.
 * @param flat Its row-major number, an expression.
 * @param neighbour The same as one of four, where that is known.
 */
export function elementAt(
  name: Let,
  binding: Binding,
  dtype: DType,
  flat: string,
  neighbour: Neighbour | undefined,
): string {
  const word = wordAt(name, binding, dtype, flat, neighbour);
  switch (dtype) {
    case "bool":
      return name(`${word} != 0u`, "bool");
    case "f16": {
      const pair = name(`unpack2x16float(${word})`, "vec2<f32>");
      if (neighbour !== undefined) return `${pair}.${"xy"[neighbour.part & 1]}`;
      return name(`select(${pair}.x, ${pair}.y, ((${flat}) & 1u) == 1u)`, "f32");
    }
    default:
      return name(word, dtype);
  }
}

/** The word that holds the element: itself, or for halves the pair that it belongs to. */
function wordAt(
  name: Let,
  { name: buffer, wide }: Binding,
  dtype: DType,
  flat: string,
  neighbour: Neighbour | undefined,
): string {
  const halves = dtype === "f16";
  if (!wide) return `${buffer}[${halves ? `(${flat}) >> 1u` : flat}]`;
  if (neighbour !== undefined) {
    const four = name(`${buffer}[${neighbour.group}]`, fourType(dtype));
    return `${four}.${"xyzw"[halves ? neighbour.part >> 1 : neighbour.part]}`;
  }
  // Bound for its fours already: a second binding of the same range might be one too many.
  const four = name(`${buffer}[(${flat}) >> 2u]`, fourType(dtype));
  return `${four}[${halves ? `((${flat}) >> 1u) & 1u` : `(${flat}) & 3u`}]`;
}

/** Type of the elements of a binding. */
export function elementType(dtype: DType, wide: boolean): string {
  return wide ? fourType(dtype) : storageType(dtype);
}
