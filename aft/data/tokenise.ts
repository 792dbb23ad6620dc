/** Rows of words, or of their numbers, as token ids. */

import type { RawData, RawSplit } from "./raw.ts";
import { asTokens } from "./tokens.ts";
import type { Vocabulary } from "./types.ts";
import { LONGEST, longestOf, tokenIds, vocabularyOf } from "./words.ts";

/** Options of {@linkcode tokenised}. */
export interface TokeniseOptions {
  /** Longest sentence, in words; default 128. */
  readonly tokens?: number;
  /** Rows of the first group that the vocabulary comes from; default all. */
  readonly rows?: ArrayLike<number>;
}

/**
 * Turns sentences into token ids of a vocabulary that comes from the training rows, and checks ids that
 * the files say there are. Other data stay as they are.
 *
 * @param data What was read.
 * @param options Longest sentence, and which rows are for training.
 * @returns The data, with inputs and, for tokens, a vocabulary.
 * @throws {FormatError} If an id is not in the vocabulary.
 */
export function tokenised(
  data: RawData,
  { tokens = LONGEST, rows }: TokeniseOptions = {},
): RawData {
  const { train, all, test, val } = data.splits;
  const source = (train ?? all ?? test ?? val)?.sentences;
  if (source === undefined) return data.vocabulary ? withIds(data, data.vocabulary) : data;
  const learned = rows ? Array.from(rows, (row) => source[row]) : source;
  return withIds(data, vocabularyOf(learned), longestOf(learned, tokens));
}

function withIds(data: RawData, vocabulary: Vocabulary, length?: number): RawData {
  const splits = Object.entries(data.splits).map(([name, split]) => {
    return [name, splitIds(split, vocabulary, length)];
  });
  return { ...data, vocabulary, splits: Object.fromEntries(splits) };
}

/**
 * Rows as token ids of a vocabulary that is there already.
 *
 * @param split Sentences, or integers.
 * @param vocabulary The vocabulary, with words for sentences.
 * @param length Tokens of a row, for sentences.
 * @returns The rows, as integers.
 * @throws {FormatError} If rows are neither, or an id is not in the vocabulary.
 */
export function splitIds(split: RawSplit, vocabulary: Vocabulary, length = 0): RawSplit {
  const { sentences, ...rest } = split;
  if (sentences === undefined || vocabulary.words === undefined) return asTokens(split, vocabulary);
  return { ...rest, inputs: tokenIds(sentences, vocabulary, length), inputShape: [length] };
}
