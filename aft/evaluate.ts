/** How good a model is on a whole split. */

import { ShapeError } from "../gpu/errors.ts";
import type { Split } from "./data/types.ts";
import type { Model } from "./model.ts";
import { type Evaluation, scoreOutputs } from "./score.ts";

export {
  type ClassificationScore,
  type Evaluation,
  largest,
  probabilities,
  type RegressionScore,
  rowOf,
  type Score,
  scoreOutputs,
} from "./score.ts";

/**
 * Measures a model on all rows of a split, the last ones too where they fill no batch.
 *
 * @param model The model.
 * @param split Labelled rows of the model's kind.
 * @param rows Numbers of the rows to measure on; default all.
 * @returns Score, and confusion matrix or predictions.
 * @throws {ShapeError} If there are no rows, or no labels.
 *
 * @example
 * ```ts
 * import { openGpu } from "@aft/aft/gpu";
 * import { evaluateModel, Model } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const model = new Model({
 *   student: "mlp:4",
 *   data: { inputShape: [1], layout: "table", task: "classification", classes: ["a", "b"] },
 *   scaling: { inputs: { mean: [0], deviation: [1] } },
 *   seed: 0,
 * });
 * const inputs = Float32Array.of(1, 2, 3);
 * const labels = Int32Array.of(0, 1, 1);
 * const { rows, confusion } = await evaluateModel(model, { rows: 3, inputs, labels, labelled: true });
 * assertEquals([rows, confusion!.map((row) => row[0] + row[1])], [3, [1, 2]]);
 * ```
 */
export async function evaluateModel(
  model: Model,
  split: Split,
  rows?: ArrayLike<number>,
): Promise<Evaluation> {
  if (!split.labelled || (rows ?? split.labels).length === 0) {
    throw new ShapeError(
      `Cannot evaluate on ${split.rows} rows: there must be at least one, with labels`,
    );
  }
  const outputs = await model.outputs(split.inputs, rows);
  const labels = rows ? Array.from(rows, (row) => split.labels[row]) : [...split.labels];
  return scoreOutputs(outputs, labels, model.data);
}
