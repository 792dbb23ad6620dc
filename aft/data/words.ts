/** Sentences as token ids: words by how often training rows have them. */

import { ConfigError } from "../../gpu/errors.ts";
import { MOST_TOKENS } from "./tokens.ts";
import type { Vocabulary } from "./types.ts";

/** Tokens of a sentence that are kept at most, where no other number is given. */
export const LONGEST = 128;
/** Id of a place without a word. */
const PADDING = 0;
/** Id of a word that the vocabulary lacks. */
const UNKNOWN = 1;
/** Id of the most frequent word. */
const FIRST = 2;
/** A word that training has once cannot be told from one that it lacks. */
const FEWEST = 2;
/** Letters and digits with apostrophes between them, or any other sign by itself. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/**
 * Takes a sentence apart: words in small letters, and signs one by one.
 *
 * @param sentence Any text.
 * @returns Its words in order.
 *
 * @example
 * ```ts
 * import { wordsOf } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(wordsOf("It doesn't work, alas!"), ["it", "doesn't", "work", ",", "alas", "!"]);
 * ```
 */
export function wordsOf(sentence: string): string[] {
  return sentence.normalize("NFC").toLowerCase().match(WORD) ?? [];
}

/**
 * The words that sentences have twice or more, the most frequent first; ties in the order of letters.
 *
 * @param sentences Training rows.
 * @returns Ids: 0 is padding, 1 a word that is not among them, words count from 2.
 *
 * @example
 * ```ts
 * import { vocabularyOf } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(vocabularyOf(["a good film", "a bad film", "a pity"]), { size: 4, words: ["a", "film"] });
 * ```
 */
export function vocabularyOf(sentences: Iterable<string>): Vocabulary {
  const counts = new Map<string, number>();
  for (const sentence of sentences) {
    for (const word of wordsOf(sentence)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].filter(([, count]) => count >= FEWEST)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MOST_TOKENS - FIRST)
    .map(([word]) => word);
  return { size: FIRST + words.length, words };
}

/**
 * Words of the longest sentence.
 *
 * @param sentences Training rows.
 * @param most No more than that, from 1.
 * @returns At least 1.
 */
export function longestOf(sentences: Iterable<string>, most: number): number {
  let longest = 1;
  for (const sentence of sentences) longest = Math.max(longest, wordsOf(sentence).length);
  return Math.min(longest, most);
}

/**
 * Sentences as rows of token ids of one length: long ones lose their ends, short ones get padding.
 *
 * @param sentences The sentences.
 * @param vocabulary Words, in the order of their ids.
 * @param length Tokens of a row, from 1.
 * @returns sentences x length ids.
 * @throws {ConfigError} If the vocabulary has no words, only their number.
 *
 * @example
 * ```ts
 * import { tokenIds, vocabularyOf } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const vocabulary = vocabularyOf(["a good film", "a bad film", "a pity"]);
 * assertEquals(tokenIds(["A fine film", "film"], vocabulary, 3), Int32Array.of(2, 1, 3, 3, 0, 0));
 * ```
 */
export function tokenIds(
  sentences: readonly string[],
  { size, words }: Vocabulary,
  length: number,
): Int32Array<ArrayBuffer> {
  if (words === undefined) {
    throw new ConfigError(
      `Cannot make token ids of words: the vocabulary is ${size} numbers, it has no words`,
      { field: "vocabulary", value: size },
    );
  }
  const ids = new Map(words.map((word, i) => [word, FIRST + i]));
  const rows = new Int32Array(sentences.length * length).fill(PADDING);
  sentences.forEach((sentence, row) => {
    const own = wordsOf(sentence).slice(0, length).map((word) => ids.get(word) ?? UNKNOWN);
    rows.set(own, row * length);
  });
  return rows;
}
