/** Integers as token ids, for students that read text. */

import { ConfigError } from "../../gpu/errors.ts";
import { firstOutside, MOST_TOKENS, wholeInputs } from "../data/tokens.ts";
import type { Vocabulary } from "../data/types.ts";
import { parseStudent } from "../student.ts";
import type { TrainingData } from "./prepare.ts";

/**
 * Data as a student takes them: rows of integers become token ids for one that reads text. How many ids
 * there are is what the data say, or else follows from the largest of all training rows.
 *
 * @param student Student, such as `text:64,2,4`.
 * @param data Labelled rows.
 * @returns The data, with a vocabulary where the student needs one and the rows allow it.
 * @throws {ConfigError} If an id is out of range; with split, row and place.
 */
export function dataFor(student: string, data: TrainingData): TrainingData {
  const isText = data.vocabulary !== undefined || parseStudent(student).takesTokens === true;
  const { splits, inputShape } = data;
  const ids = wholeInputs(splits.train.inputs);
  if (!isText || ids === undefined || inputShape.length !== 1) return data;
  const vocabulary = data.vocabulary ?? { size: 1 + largest(ids) };
  const refuse = (reason: string) => {
    throw new ConfigError(`Cannot train with the student ${student}: ${reason}`, {
      field: "data",
      value: vocabulary.size,
    });
  };
  if (vocabulary.size > MOST_TOKENS) {
    refuse(`token ids go up to ${vocabulary.size - 1}, they may go up to ${MOST_TOKENS - 1}`);
  }
  const tokens = Object.entries(splits).map(([name, split]) => {
    const inputs = wholeInputs(split.inputs);
    if (inputs === undefined) {
      return refuse(`inputs of ${name} are floats, those of train integers`);
    }
    const at = firstOutside(inputs, vocabulary.size);
    if (at >= 0) refuse(outside(name, inputs[at], at, inputShape[0], vocabulary));
    return [name, { ...split, inputs }];
  });
  return { ...data, layout: "tokens", vocabulary, splits: Object.fromEntries(tokens) };
}

function largest(ids: Int32Array): number {
  return ids.reduce((most, id) => Math.max(most, id), 0);
}

function outside(name: string, id: number, at: number, length: number, { size }: Vocabulary) {
  const place = `row ${Math.floor(at / length)}, token ${at % length} of ${name}`;
  return `${place} is id ${id}, training rows or the file's vocabulary have ids from 0 to ${
    size - 1
  }`;
}
