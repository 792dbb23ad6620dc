/** Relational knowledge distillation (Park et al. 2019, arXiv 1904.05068): distances and angles. */

import {
  add,
  cast,
  div,
  greater,
  matmul,
  mul,
  reshape,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from "../../gpu/mod.ts";
import { ConfigError } from "../../gpu/errors.ts";
import { huber } from "../../nn/mod.ts";
import type { Method } from "./method.ts";
import { computed, safeRoot } from "./rows.ts";

/** Differences of rows below this length count as 0: they have no direction. */
const SHORTEST = 1e-12;

/** Matches distances of pairs, each over their mean, and angles of triples of rows. */
export const rkd: Method = {
  name: "rkd",
  summary: "match distances between rows and angles of triples of rows",
  formula: "(D + 2 A) / 2: D, A smooth L1 between distances over their mean, and between cosines",
  source: "Park et al. 2019 (arXiv 1904.05068), equations 6 to 10",
  learns: "nothing",
  beta: 10,
  usesTeachers: true,
  options: [],
  create: () => ({
    parameters: {},
    constants: {},
    rate: "student",
    undefinedWhere: "where all rows of a batch are equal there is no distance to compare",
    loss({ features, teacher }) {
      refuseOne(features);
      const differences = differencesOf(features);
      const squares = sum(square(differences), { axes: 2 });
      const wanted = stopGradient(sum(square(differencesOf(computed(teacher))), { axes: 2 }));
      const distance = huber(relative(squares), relative(wanted));
      const angle = huber(cosines(differences, squares), cosinesOfSquares(wanted));
      return mul(add(distance, mul(angle, 2)), 0.5);
    },
  }),
};

function refuseOne({ shape: [rows] }: Tensor): void {
  if (rows > 1) return;
  throw new ConfigError(
    `Cannot take distances in a batch of ${rows}: method rkd needs two rows or more`,
    { field: "batch-size", value: rows },
  );
}

/**
 * Differences of all pairs of rows, `[B, d]` -> `[B, B, d]` as (from, to, column). Distances are
 * taken from these: products of rows would lose the digits of near ones.
 */
function differencesOf(x: Tensor): Tensor {
  const [rows, columns] = x.shape;
  return sub(reshape(x, [1, rows, columns]), reshape(x, [rows, 1, columns]));
}

/** Distances over the mean of those above 0; not a number where there are none. */
function relative(squares: Tensor): Tensor {
  const distance = safeRoot(squares);
  const count = sum(cast(greater(distance, 0), "f32"));
  return div(distance, div(sum(distance), count));
}

/** Cosines of the angles at row j between rows i and k, as (j, i, k), from `[B, B, d]` differences. */
function cosines(differences: Tensor, squares: Tensor): Tensor {
  const [rows] = squares.shape;
  const directions = mul(differences, reshape(inverseRoots(squares), [rows, rows, 1]));
  return matmul(directions, directions, { transposeB: true });
}

/**
 * The same by the law of cosines, a third of the time and no memory for wide teachers. Only where no
 * gradient is asked for: where rows lie in line, its gradient is a difference of large numbers.
 */
function cosinesOfSquares(squares: Tensor): Tensor {
  const [rows] = squares.shape;
  const inverse = inverseRoots(squares);
  const [toI, toK, across] = [[rows, rows, 1], [rows, 1, rows], [1, rows, rows]];
  const product = sub(add(reshape(squares, toI), reshape(squares, toK)), reshape(squares, across));
  return mul(mul(product, 0.5), mul(reshape(inverse, toI), reshape(inverse, toK)));
}

/** 1 / distance, and 0 where rows coincide. */
function inverseRoots(squares: Tensor): Tensor {
  const apart = greater(squares, SHORTEST ** 2);
  return where(apart, div(1, safeRoot(where(apart, squares, 1))), 0);
}
