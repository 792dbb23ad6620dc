/** Scales in closed form: the weights of columns that come nearest to the student's similarity. */

import {
  add,
  div,
  equal,
  greater,
  matmul,
  max,
  maximum,
  mul,
  ones,
  reshape,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  variable,
  where,
  zeros,
} from "../../gpu/mod.ts";
import { centred, computed } from "./rows.ts";
import type { Scales } from "./scales.ts";

/** Share of the running averages that each batch replaces. */
const SHARE = 0.05;
/** Updates of the weights with each batch. */
const UPDATES = 8;
/** Smallest weight of a column that varies, as a share of the largest: from 0 none would rise again. */
const LEAST = 1e-12;

/**
 * Weights w = rho^2 >= 0 that minimise ||K - sum_i w_i psi_i psi_i^T||^2 over unnormalised, centred
 * kernels: the non-negative solution of G w = b with G = (psi^T psi)^2 element by element and
 * b_i = ||phi^T psi_i||^2. Running averages of G and b over batches; as both are nowhere negative,
 * w <- w b / (G w) comes nearer with every update and stays non-negative (Lee and Seung 2001). A
 * column that was constant in all batches so far weighs 0; where it varies at last it starts at the
 * largest weight. G takes `[dPsi, dPsi]`.
 */
export function closedScales(columns: number): Scales {
  const gramAverage = variable(zeros([columns, columns]));
  const matchAverage = variable(zeros([columns]));
  const weights = variable(ones([columns]));
  return {
    parameters: {},
    constants: { gram: gramAverage, match: matchAverage, weight: weights },
    rho({ features, teacher }) {
      const psi = stopGradient(centred(computed(teacher)));
      const phi = stopGradient(centred(features));
      const gram = square(matmul(psi, psi, { transposeA: true })); // [dPsi, dPsi]
      const match = sum(square(matmul(phi, psi, { transposeA: true })), { axes: 0 }); // [dPsi]
      const [g, b] = [averaged(gramAverage, gram), averaged(matchAverage, match)];
      gramAverage.assign(g);
      matchAverage.assign(b);
      let w = started(weights, g);
      for (let i = 0; i < UPDATES; i++) w = updated(w, g, b);
      weights.assign(w);
      return sqrt(div(w, orOne(max(w)))); // only ratios mean anything
    },
  };
}

function averaged(before: Tensor, now: Tensor): Tensor {
  return add(before, mul(sub(now, before), SHARE));
}

/** Weights to go on from: 0 for columns that have no part in any product, and for no others. */
function started(w: Tensor, g: Tensor): Tensor {
  const varies = greater(sum(g, { axes: 1 }), 0);
  return where(varies, where(equal(w, 0), orOne(max(w)), w), 0);
}

/** One update; weights of 0 stay 0. */
function updated(w: Tensor, g: Tensor, b: Tensor): Tensor {
  const along = reshape(matmul(g, reshape(w, [-1, 1])), [-1]);
  const moved = mul(w, div(b, orOne(along)));
  return where(equal(w, 0), 0, maximum(moved, mul(max(moved), LEAST)));
}

/** Numbers to divide by: 1 in place of 0. */
function orOne(x: Tensor): Tensor {
  return where(equal(x, 0), 1, x);
}
