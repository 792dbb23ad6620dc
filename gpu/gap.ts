/**
 * The similarity gap of Adaptive Feature Transfer (arXiv 2406.07337): how far the batch similarity of
 * student features is from that of scaled teacher features. Kernels of its own, forward and backward;
 * `similarityGapFromOps` says the same in plain ops.
 *
 * With A = [phi | rho psi], centred over the batch and normalised by row, and S = [phi | -rho psi]:
 * K - T = A S^T, and the gradient with respect to A is one more product with S.
 */

import { ShapeError } from "./errors.ts";
import { type Layout, layoutOf, meansOp, rowsOp } from "./gap_kernels.ts";
import { type InlineOp, record } from "./node.ts";
import { unitRows } from "./gap_rows.ts";
import { add, div, less, mul, sub, where } from "./ops/binary.ts";
import { arange } from "./ops/create.ts";
import { asComputed } from "./ops/define.ts";
import { matmul, matmulDifference } from "./ops/product.ts";
import { mean } from "./ops/statistics.ts";
import { sqrt, square } from "./ops/unary.ts";
import { slice } from "./ops/view.ts";
import { showShape } from "./shape.ts";
import { nodeOf, type Tensor, wrap } from "./tensor.ts";

/** Guards the root of the mean square; the gap of a perfect match is its root, 1e-4. */
const ROOT_GUARD = 1e-8;

/** The root of the mean square of K - T; `K - T` itself comes along for the gradient. */
const gapOp: InlineOp = {
  kind: "inline",
  name: "similarityGap",
  cost: 0,
  pointwise: true,
  gradients: [
    (g, { inputs: [rows, difference, gap], attributes }) => {
      // d gap / dA = 2 (K - T) S / (B^2 gap): K - T is symmetric, so one product does both sides.
      const { teacherStart, lengths, columns } = attributes as unknown as Layout;
      const entries = difference.size;
      const column = arange(columns, "i32");
      const sign = where(less(column, teacherStart), 1, where(less(column, lengths), -1, 0));
      const scale = div(mul(g, 2 / entries), gap);
      return mul(matmul(difference, rows), mul(sign, scale));
    },
    null,
    null,
  ],
  emit: (emitter, { inputs: [, , gap] }, index) => emitter.value(gap, index),
};

/**
 * Root of the mean squared difference between the similarity (Gram) matrices of student features and
 * of scaled teacher features, both centred over the batch and normalised by row:
 * sqrt(mean((K - T)^2) + 1e-8). Its floor is 1e-4; a constant factor on `rho` does not change it.
 *
 * @param phi Student features, `[B, dPhi]`.
 * @param psi Teacher features, `[B, dPsi]`, all teachers side by side; f32 or f16.
 * @param rho Weight of each teacher column, `[dPsi]`; sigmoid(s) in the method.
 * @returns The gap, a scalar, with gradients for all three.
 * @throws {ShapeError} Where batch or column counts differ.
 *
 * @example
 * ```ts
 * import { ones, openGpu, similarityGap, tensor } from "@aft/aft/gpu";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const phi = tensor([[1, 0], [0, 1], [2, 3]]);
 * const gap = await similarityGap(phi, phi, ones([2])).item();
 * assertAlmostEquals(gap, 1e-4, 1e-6);
 * ```
 */
export function similarityGap(phi: Tensor, psi: Tensor, rho: Tensor): Tensor {
  const inputs = checkedInputs(phi, psi, rho);
  const layout = layoutOf(phi.shape[1], psi.shape[1]);
  const [batch] = phi.shape;
  const columns = [phi.shape[1] + psi.shape[1]];
  const means = wrap(record(meansOp, inputs.slice(0, 2).map(nodeOf), columns, "f32"));
  const nodes = [...inputs, means].map(nodeOf);
  const rows = wrap(record(rowsOp, nodes, [batch, layout.columns], "f32"));
  const sides = slice(rows, [0, 0], [batch, layout.lengths]);
  const difference = matmulDifference(sides, sides, layout.teacherStart, { transposeB: true });
  const gap = rootMeanSquare(difference);
  const parts = [rows, difference, gap].map(nodeOf);
  return wrap(record(gapOp, parts, [], "f32", { ...layout }));
}

/**
 * The same as {@link similarityGap}, composed from plain ops: slower, and a check on the kernels.
 *
 * @param phi Student features, `[B, dPhi]`.
 * @param psi Teacher features, `[B, dPsi]`.
 * @param rho Weight of each teacher column, `[dPsi]`.
 * @returns The gap, a scalar.
 * @throws {ShapeError} Where batch or column counts differ.
 */
export function similarityGapFromOps(phi: Tensor, psi: Tensor, rho: Tensor): Tensor {
  const [student, teacher, scales] = checkedInputs(phi, psi, rho);
  return rootMeanSquare(sub(similarity(student), similarity(mul(teacher, scales))));
}

/**
 * Similarity of the rows of a batch: the Gram matrix of centred, row-normalised features.
 *
 * @param features `[B, d]`.
 * @returns `[B, B]`, entries from -1 to 1.
 *
 * @example
 * ```ts
 * import { openGpu, similarity, tensor } from "@aft/aft/gpu";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const [, opposite] = await similarity(tensor([[1, 2], [3, 4]])).data();
 * assertAlmostEquals(opposite, -1, 1e-6);
 * ```
 */
export function similarity(features: Tensor): Tensor {
  const { rows } = unitRows(asComputed(features));
  return matmul(rows, rows, { transposeB: true });
}

function rootMeanSquare(x: Tensor): Tensor {
  return sqrt(add(mean(square(x)), ROOT_GUARD));
}

function checkedInputs(phi: Tensor, psi: Tensor, rho: Tensor): Tensor[] {
  const fits = phi.rank === 2 && psi.rank === 2 && rho.rank === 1 &&
    phi.shape[0] === psi.shape[0] && psi.shape[1] === rho.shape[0];
  if (!fits) {
    throw new ShapeError(
      `Cannot compare student ${showShape(phi.shape)} with teacher ${
        showShape(psi.shape)
      } by scales ${showShape(rho.shape)}: they are [B, dPhi], [B, dPsi] and [dPsi]`,
      { shapes: [phi.shape, psi.shape, rho.shape] },
    );
  }
  return [phi, psi, rho].map(asComputed);
}
