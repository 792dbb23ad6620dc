/** Scales of teacher columns: how the weights rho of aft come about. */

import {
  matmul,
  mul,
  normal,
  ones,
  sigmoid,
  type Tensor,
  type Variable,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { closedScales } from "./closed.ts";
import type { MethodBatch, MethodShape, Regulariser } from "./method.ts";
import type { MethodOptions, RhoKind } from "./options.ts";
import { relevantScales } from "./relevance.ts";
import { computed } from "./rows.ts";
import { drawGates, penalties } from "./sparsity.ts";

/** Scales at work. */
export interface Scales extends Pick<Regulariser, "parameters" | "constants" | "prepare"> {
  /** Weights of the columns of {@link Scales.target}, or of the teacher's own. */
  rho(batch: MethodBatch): Tensor;
  /** What takes the place of the teacher's features, `[B, d]`; missing where they stay. */
  target?(teacher: Tensor): Tensor;
  /** What is added to the gap; missing where there is no penalty. */
  penalty?(batch: MethodBatch): Tensor;
}

/** Makes scales of one kind. */
type ScalesOf = (shape: MethodShape, options: Required<MethodOptions>) => Scales;

/** Kinds of scales by name. */
export const scaleKinds: Readonly<Record<RhoKind, ScalesOf>> = {
  learned: (shape, options) => sigmoidScales(shape, options),
  fixed: (shape, options) => sigmoidScales(shape, options, { fixed: true }),
  relevance: (shape, options) => sigmoidScales(shape, options, { relevant: true }),
  "relevance-fixed": (shape, options) =>
    sigmoidScales(shape, options, { relevant: true, fixed: true }),
  closed: ({ teacher }) => closedScales(teacher),
  dense: ({ teacher, seed }) => denseScales(teacher, seed),
};

/** rho = sigmoid(s), or gates; s starts at 0, or where rho is the columns' relevance. */
function sigmoidScales(
  { teacher, seed }: MethodShape,
  { sparsity, sparsityStrength }: Required<MethodOptions>,
  { fixed = false, relevant = false } = {},
): Scales {
  const s = variable(zeros([teacher]));
  const own: Record<string, Variable> = { s };
  return {
    parameters: fixed ? {} : own,
    constants: fixed ? own : {},
    rho: ({ seed: step = 0 }) => sparsity === "gates" ? drawGates(s, seed, step) : sigmoid(s),
    ...relevant && { prepare: (rows) => Promise.resolve(s.write(relevantScales(rows))) },
    ...sparsity !== "none" && {
      penalty: ({ teacher: psi }) => {
        const scaled = { s, rho: sigmoid(s), psi: computed(psi) };
        return mul(penalties[sparsity](scaled), sparsityStrength);
      },
    },
  };
}

/** psi S with S free, `[dPsi, dPsi]`, from N(0, 1)/sqrt(dPsi); no weights beside it. */
function denseScales(columns: number, seed: number): Scales {
  const s = variable(normal([columns, columns], { seed, deviation: 1 / Math.sqrt(columns) }));
  const alike = ones([columns]);
  return {
    parameters: { s },
    constants: {},
    rho: () => alike,
    target: (teacher) => matmul(computed(teacher), s), // [B, dPsi] -> [B, dPsi]
  };
}
