/** AFT as it is best used: relevant columns, and cross-fitted answers as far as they are right. */

import {
  add,
  div,
  mean,
  mul,
  sigmoid,
  square,
  sub,
  type Tensor,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { Linear } from "../../nn/mod.ts";
import { paced, type WorkStep } from "../bit_by_bit.ts";
import { type CrossFit, crossFitSteps } from "../rank/cross_fit.ts";
import { pickLabels } from "../rank/features.ts";
import { matrix } from "../rank/linear_algebra/matrix.ts";
import type { Score } from "../score.ts";
import { entropyOf } from "../statistics.ts";
import { outputGap } from "./logitkd.ts";
import type { Method } from "./method.ts";
import type { Preparation } from "./preparation.ts";
import { relevances, scalesAt } from "./relevance.ts";
import { computed, named } from "./rows.ts";

/** Strength of the answers of the probe, beside a task loss of 1, where it knows everything. */
const ANSWERS = 4;
/** Strength of the columns. */
const COLUMNS = 10;

/**
 * Two ways at once, chosen on validation rows among those that docs/claims/attempts.md tells of. The
 * student's features predict the standardised teacher columns by a learned linear map, each column
 * weighed by rho^2, its relevance for the labels, so that columns of noise have next to no weight. And
 * its logits follow a linear probe of the columns times their relevance, which is asked only for rows
 * that it was not fitted to, as strongly as it knows the task: g is the share of the labels' entropy
 * (of values, of their variance) that its answers explain. Teachers that know nothing are thus still
 * predicted, which keeps a student from learning its rows by heart, but not believed.
 */
export const auto: Method = {
  name: "aft-auto",
  summary: "predict relevant columns, and follow a cross-fitted probe as strongly as it knows",
  formula: `${ANSWERS} g KL(softmax(z) || softmax(logits)) + ` +
    `${COLUMNS} mean_i(rho_i^2 (phi V^T + c - psi_i)^2) / mean(rho^2)`,
  source: "this project; the weighting is that of arXiv 2406.07337",
  learns: "before training rho, z and g, then the map V, c",
  rate: "regulariser",
  beta: 1,
  usesTeachers: true,
  standardises: true,
  options: [],
  create({ features, teacher, outputs = 1, rows = 1, seed }) {
    const map = new Linear(features, teacher, { seed });
    const constants = {
      s: variable(zeros([teacher])),
      targets: variable(zeros([rows, outputs])),
      known: variable(zeros([])),
    };
    return {
      parameters: named("map", map.parameters()),
      constants,
      rate: "regulariser",
      async *prepare(rows) {
        const { outputs, score } = yield* paced(answersOf(rows));
        constants.s.write(scalesAt(relevances(rows).map(Math.sqrt)));
        constants.targets.write(Float32Array.from(outputs.values));
        constants.known.write(Float32Array.of(knownShare(score, rows)));
      },
      loss(batch) {
        const error = sub(map.forward(batch.features), computed(batch.teacher));
        const columns = mul(weighed(error, sigmoid(constants.s)), COLUMNS);
        const answers = mul(outputGap(batch, constants.targets, 1), ANSWERS);
        return add(mul(answers, constants.known), columns);
      },
    };
  },
};

/** Mean square with columns weighed by rho^2 over its mean. */
function weighed(error: Tensor, rho: Tensor): Tensor {
  const weights = square(rho);
  const columns = mean(square(error), { axes: 0 });
  return div(mean(mul(columns, weights)), mean(weights));
}

/** What a probe of all teachers' columns, times their relevance, says of rows it has not seen. */
function answersOf(rows: Preparation): Generator<WorkStep, CrossFit> {
  const psi = rows.teacher();
  const features = matrix(rows.rows, psi.length / rows.rows, psi);
  return crossFitSteps({ features, labels: rows.labels }, {
    seed: rows.seed,
    ...rows.classes > 0 && { classes: rows.classes },
    // Seen from the fitted rows alone: a weight must not know the label of a row that is asked for.
    weigh: (fitted) => unitSquare(relevances(among(rows, fitted))),
  });
}

/** Some of the rows. */
function among(rows: Preparation, numbers: readonly number[]): Preparation {
  const all = numbers.map((_, i) => i);
  return {
    ...rows,
    rows: numbers.length,
    labels: pickLabels(rows.labels, numbers),
    teacher: (positions = all) => rows.teacher(Array.from(positions, (at) => numbers[at])),
  };
}

/** Weights brought to a mean square of 1, so that strengths mean what they mean without. */
function unitSquare(weights: Float64Array): Float64Array {
  const square = weights.reduce((sum, weight) => sum + weight * weight, 0) / weights.length;
  return weights.map((weight) => weight / Math.sqrt(square));
}

/** Share of the labels' entropy, or of their variance, that answers explain; from 0 to 1. */
function knownShare(score: Score, { labels, classes, rows }: Preparation): number {
  if ("r2" in score) return Math.max(0, score.r2);
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  const entropy = entropyOf(counts.map((count) => count / rows));
  return entropy > 0 ? Math.max(0, 1 - score.loss / entropy) : 0;
}
