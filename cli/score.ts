/** Scores in words. */

import type { Score } from "../aft/evaluate.ts";
import { loss, number, percent } from "./format.ts";

/**
 * A score for people.
 *
 * @param score Of a classifier, or of predicted values.
 * @returns Such as `accuracy 38.1 %, loss 1.8300`.
 */
export function scoreText(score: Score): string {
  if ("accuracy" in score) return `accuracy ${percent(score.accuracy)}, loss ${loss(score.loss)}`;
  return `loss ${loss(score.loss)}, mean absolute error ${number(score.mae)}, R2 ${
    number(score.r2)
  }`;
}
