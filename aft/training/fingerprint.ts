/** Short texts that tell one run's rows from another's, even where their statistics are the same. */

import type { Split } from "../data/types.ts";
import type { TeacherFeatures } from "./prepare.ts";

/** What the rows of a run hold, each as 16 hexadecimal digits. */
export interface Fingerprints {
  /** Inputs and labels of the training rows in use. */
  readonly train: string;
  /** Inputs and labels of the validation rows in use; missing without any. */
  readonly val?: string;
  /** Inputs and labels of the test rows. */
  readonly test: string;
  /** Teachers' features of the training rows in use; missing without teachers. */
  readonly features?: string;
}

/** A split and the numbers of the rows that are meant; all of them where none are given. */
export type RowsOfSplit = readonly [split: Split, rows?: ArrayLike<number>];

/** Numbers of any type, the same count in each row. */
export interface RowNumbers {
  /** Number of rows. */
  readonly rows: number;
  /** All numbers, row by row. */
  readonly values: ArrayBufferView<ArrayBuffer>;
}

/** Fingerprints of the rows that a run trains on, chooses by and is measured on. */
export function fingerprintsOf(
  { train, val, test }: Record<"train" | "test", RowsOfSplit> & { val?: RowsOfSplit },
  teachers: readonly TeacherFeatures[],
): Fingerprints {
  const features = teachers.map(({ splits }) => splits.train);
  return {
    train: labelled(train),
    ...val && { val: labelled(val) },
    test: labelled(test),
    ...features.length > 0 && { features: fingerprint(features, train[1]) },
  };
}

function labelled([{ rows, inputs, labels }, chosen]: RowsOfSplit): string {
  return fingerprint([{ rows, values: inputs }, { rows, values: labels }], chosen);
}

/**
 * A hash of 64 bits, quick enough for all rows of a data set. Rows are what they hold, in the order
 * given, wherever they lie among others; bytes are taken as little-endian words.
 *
 * @param arrays Numbers that belong to the rows, one array after the other.
 * @param chosen Numbers of the rows that are meant; default all.
 * @returns 16 hexadecimal digits.
 */
export function fingerprint(arrays: readonly RowNumbers[], chosen?: ArrayLike<number>): string {
  let state: State = [0, 0];
  for (const { rows, values } of arrays) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const size = bytes.length / rows;
    const words = new Uint32Array(Math.ceil(size / 4));
    const row = new Uint8Array(words.buffer);
    const count = chosen?.length ?? rows;
    for (let i = 0; i < count; i++) {
      const start = (chosen?.[i] ?? i) * size;
      row.set(bytes.subarray(start, start + size));
      state = hashed(state, words);
    }
  }
  return state.map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Both halves of a hash. The second follows the first, so that no change of one word is lost. */
type State = [first: number, second: number];

function hashed([first, second]: State, words: Uint32Array): State {
  for (let i = 0; i < words.length; i++) {
    first = stirred(first, words[i]);
    second = stirred(second, first);
  }
  return [first, second];
}

/** One word of MurmurHash3. */
function stirred(hash: number, word: number): number {
  const once = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul(once << 15 | once >>> 17, 0x1b873593);
  return Math.imul(mixed << 13 | mixed >>> 19, 5) + 0xe6546b64 | 0;
}
