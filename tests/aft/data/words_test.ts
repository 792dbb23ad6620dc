import { assertEquals, assertThrows } from "@std/assert";
import { longestOf, tokenIds, vocabularyOf, wordsOf } from "../../../aft/data/words.ts";
import { ConfigError } from "../../../gpu/errors.ts";

Deno.test("words are letters and digits with apostrophes inside, signs stand alone, all in small letters", () => {
  const cases: [string, string[]][] = [
    ["It doesn't WORK, alas!", ["it", "doesn't", "work", ",", "alas", "!"]],
    ["  'tis 3.5 re-made ", ["'", "tis", "3", ".", "5", "re", "-", "made"]],
    ["rock’n’roll", ["rock’n’roll"]],
    ["cafe\u0301 straße Ω2", ["café", "straße", "ω2"]],
    ["😀😀", ["😀", "😀"]],
    ["\t\n", []],
  ];
  for (const [sentence, words] of cases) assertEquals(wordsOf(sentence), words);
});

Deno.test("a vocabulary has words that come twice, by frequency and then by letter", () => {
  const sentences = ["b a b once", "a b c", "d c", "d"];
  assertEquals(vocabularyOf(sentences), { size: 6, words: ["b", "a", "c", "d"] });
  assertEquals(vocabularyOf(["one", "two"]), { size: 2, words: [] });
});

Deno.test("token ids are padded with 0, cut at the end, and 1 for other words", () => {
  const vocabulary = vocabularyOf(["b a b", "a b"]);
  assertEquals(
    tokenIds(["a B", "", "x a a a b"], vocabulary, 4),
    Int32Array.of(...[
      ...[3, 2, 0, 0],
      ...[0, 0, 0, 0],
      ...[1, 3, 3, 3],
    ]),
  );
  assertEquals([longestOf(["a b", "a b c"], 9), longestOf(["a b", "a b c"], 2)], [3, 2]);
  assertEquals(longestOf([""], 9), 1);
  assertThrows(
    () => tokenIds(["a"], { size: 7 }, 1),
    ConfigError,
    "Cannot make token ids of words: the vocabulary is 7 numbers, it has no words",
  );
});
