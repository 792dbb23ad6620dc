/** Distillation of logits: what linear probes of the teachers say of each training row. */

import {
  div,
  logSoftmax,
  mean,
  mul,
  softmax,
  square,
  sub,
  sum,
  take,
  type Tensor,
  type Variable,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { paced } from "../bit_by_bit.ts";
import { ensembleOf } from "./ensemble.ts";
import type { Method, MethodBatch } from "./method.ts";
import { withDefaults } from "./options.ts";
import { probedOutputs } from "./probed.ts";
import { placesOf } from "./rows.ts";

/**
 * The softened answers of linear probes of the teachers as a second target. A probe per teacher is
 * fitted to the training rows in use before the first step; with `folds` of 2 or more each row is
 * asked of a probe that has not seen it, so that the answers are as sure as they would be of new
 * rows. Outputs of several teachers are averaged. Values in place of classes are followed by their
 * squared error. Needs the places of a batch's rows, and keeps an output for every training row.
 */
export const logitkd: Method = {
  name: "logitkd",
  summary: "follow the softened outputs of linear probes of the teachers",
  formula: "T^2 KL(softmax(z / T) || softmax(logits / T)), z the probes' outputs",
  source: "Hinton et al. 2015 (arXiv 1503.02531); weights by confidence Zhang et al. 2022 " +
    "(arXiv 2201.00007)",
  learns: "linear probes of the teachers, before training",
  beta: 1,
  usesTeachers: true,
  options: ["temperature", "ensemble", "folds"],
  create({ outputs = 1, rows = 1, blocks, teacher }, options) {
    const { temperature, ensemble, folds } = withDefaults(options);
    const targets = variable(zeros([rows, outputs]));
    return {
      parameters: {},
      constants: { targets },
      rate: "student",
      async *prepare(rows) {
        const said = yield* paced(probedOutputs(rows, blocks ?? [teacher], folds));
        targets.write(ensembleOf(said, rows, ensemble));
      },
      loss: (batch) => outputGap(batch, targets, temperature),
    };
  },
};

/**
 * How far logits are from targets: T^2 KL of the softened answers, mean over rows; of values, which
 * have one column, the mean squared error.
 *
 * @param batch Logits `[B, C]` and the places of the rows.
 * @param targets A row for every training row in use, `[rows, C]`.
 * @param temperature T.
 * @throws {ShapeError} Where the batch does not say which rows it holds.
 */
export function outputGap(batch: MethodBatch, targets: Variable, temperature: number): Tensor {
  const wanted = take(targets, placesOf(batch));
  if (targets.shape[1] === 1) return mean(square(sub(batch.logits, wanted)));
  const [z, said] = [div(wanted, temperature), div(batch.logits, temperature)];
  const gap = sum(mul(softmax(z), sub(logSoftmax(z), logSoftmax(said))), { axes: 1 });
  return mul(mean(gap), temperature ** 2);
}
