/** Token ids: integers that are names of words, not numbers to compute with. */

import { broken, type RawSplit, show } from "./raw.ts";
import type { Inputs, Vocabulary } from "./types.ts";

/** More ids than this are hashes or row numbers, by mistake. */
export const MOST_TOKENS = 2 ** 20;

/** Inputs that may be token ids, as integers; undefined for floats. */
export function wholeInputs(inputs: Inputs): Int32Array<ArrayBuffer> | undefined {
  if (inputs instanceof Float32Array) return undefined;
  return inputs instanceof Int32Array ? inputs : Int32Array.from(inputs);
}

/** Place of the first id that is not from 0 to `size - 1`; -1 where all are. */
export function firstOutside(ids: Int32Array, size: number): number {
  return ids.findIndex((id) => id < 0 || id >= size);
}

/**
 * Reads how many token ids a file says there are.
 *
 * @param text The metadata's `vocabulary`; undefined where it has none.
 * @param file File for messages.
 * @returns The vocabulary; undefined where the file says nothing.
 * @throws {FormatError} If it is not such a number.
 */
export function vocabularyIn(text: string | undefined, file: string): Vocabulary | undefined {
  if (text === undefined) return undefined;
  const size = /^\s*\d+\s*$/.test(text) ? Number(text) : NaN;
  if (size >= 2 && size <= MOST_TOKENS) return { size };
  const range = `the number of token ids, from 2 to ${MOST_TOKENS}`;
  return broken(file, `its metadata has vocabulary ${text}, it must be ${range}`, "vocabulary");
}

/**
 * Checks that rows are token ids of a vocabulary.
 *
 * @param split The rows.
 * @param vocabulary How many ids there are.
 * @returns The rows, as integers.
 * @throws {FormatError} If they are floats or images, or an id is out of range; with row and place.
 */
export function asTokens(split: RawSplit, { size }: Vocabulary): RawSplit {
  const { file, inputShape } = split;
  if (split.sentences) broken(file, "its rows are sentences, the model takes token ids", "inputs");
  const ids = inputShape.length === 1 ? wholeInputs(split.inputs) : undefined;
  if (ids === undefined) {
    const kind = split.inputs instanceof Float32Array ? "floats" : "images";
    return broken(
      file,
      `its inputs are ${kind} ${show(inputShape)}, token ids are integers [rows, tokens]`,
      "inputs",
    );
  }
  const at = firstOutside(ids, size);
  if (at < 0) return { ...split, inputs: ids };
  const place = `row ${Math.floor(at / inputShape[0])}, token ${at % inputShape[0]}`;
  return broken(file, `${place} holds id ${ids[at]}, ids are 0 to ${size - 1}`, place);
}
