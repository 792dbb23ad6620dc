/** Penalties that make the scales of few columns matter, whatever their common size. */

import {
  add,
  clip,
  div,
  equal,
  log,
  mean,
  mul,
  neg,
  sigmoid,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  uniform,
  variance,
  where,
} from "../../gpu/mod.ts";
import { deriveSeed } from "../../nn/mod.ts";
import type { SparsityName } from "./options.ts";

/** What a penalty looks at. */
export interface Scaled {
  /** Scales before the sigmoid, `[dPsi]`. */
  s: Tensor;
  /** Weights of columns, `[dPsi]`. */
  rho: Tensor;
  /** Teacher features, `[B, dPsi]`. */
  psi: Tensor;
}

/** A penalty on scales, as a scalar. */
export type Penalty = (scaled: Scaled) => Tensor;

/** Temperature of the gates (Louizos et al. 2018, arXiv 1712.01312). */
const TEMPERATURE = 2 / 3;
/** What gates are stretched to before they are cut at 0 and 1. */
const [BELOW, ABOVE] = [-0.1, 1.1];
/** Ends of the drawn numbers, kept away from where their logarithm is infinite. */
const EDGE = 1e-6;

/** Penalties by name. */
export const penalties: Readonly<Record<Exclude<SparsityName, "none">, Penalty>> = {
  // From 1 (one column) to sqrt(dPsi) (all alike).
  l1l2: ({ rho }) => div(sum(rho), sqrt(sum(square(rho)))),
  // Of the shares in the energy, in nats: from 0 (one column) to log(dPsi) (all alike).
  entropy: ({ rho, psi }) => {
    const energy = mul(square(rho), stopGradient(variance(psi, { axes: 0 })));
    const total = sum(energy);
    const shares = div(energy, where(equal(total, 0), 1, total));
    const none = equal(shares, 0);
    return neg(sum(where(none, 0, mul(shares, log(where(none, 1, shares))))));
  },
  // Expected share of gates that are open (equation 12 of the paper).
  gates: ({ s }) => mean(sigmoid(sub(s, TEMPERATURE * Math.log(-BELOW / ABOVE)))),
};

/** Gates drawn for one step (equations 10 and 11), `[dPsi]` from 0 to 1. */
export function drawGates(s: Tensor, seed: number, step: number): Tensor {
  const u = uniform(s.shape, { seed: deriveSeed(seed, step), low: EDGE, high: 1 - EDGE });
  const noise = sub(log(u), log(sub(1, u)));
  return stretched(sigmoid(div(add(noise, s), TEMPERATURE)));
}

function stretched(gates: Tensor): Tensor {
  return clip(add(mul(gates, ABOVE - BELOW), BELOW), 0, 1);
}

/** A gate without noise, as reports show it: 0 and 1 are reached. */
export function settledGate(s: number): number {
  const gate = 1 / (1 + Math.exp(-s));
  return Math.min(1, Math.max(0, gate * (ABOVE - BELOW) + BELOW));
}
