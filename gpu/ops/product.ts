/** Matrix products; the kernels that compute them are in gpu/product/. */

import { ShapeError } from "../errors.ts";
import {
  type Gradient,
  type GradientContext,
  type InlineOp,
  type KernelOp,
  type Node,
  record,
} from "../node.ts";
import { extentOf } from "../product/frame.ts";
import { chosenVariant } from "../product/tuned.ts";
import { type VariantName, variants } from "../product/variant.ts";
import { broadcastShapes, type Shape, showShape, sizeOf } from "../shape.ts";
import { nodeOf, type Tensor, wrap } from "../tensor.ts";
import { less, mul, where } from "./binary.ts";
import { arange } from "./create.ts";
import { asComputed, refuseType } from "./define.ts";
import { laidOut } from "./laid_out.ts";
import { sum } from "./reduce.ts";
import { broadcastTo, isTransposed, reshape, transpose } from "./view.ts";

/** Settings of {@link matmul}. */
export interface MatmulOptions {
  /** Take the first operand with its last two axes swapped; costs nothing. */
  transposeA?: boolean;
  /** Take the second operand with its last two axes swapped; costs nothing. */
  transposeB?: boolean;
}

/** A gradient for an operand seen transposed is made transposed, so that it comes out as stored. */
const gradients: readonly Gradient[] = [
  (g, { inputs: [a, b] }) =>
    isTransposed(a)
      ? transpose(matmul(b, g, { transposeB: true }))
      : matmul(g, b, { transposeB: true }),
  (g, { inputs: [a, b] }) =>
    isTransposed(b)
      ? transpose(matmul(g, a, { transposeA: true }))
      : matmul(a, g, { transposeA: true }),
];

/** The entries of products of one kind, with the same gradients. */
interface Family {
  kernel: KernelOp;
  /** A product that is computed from other nodes than its operands, which its gradients still need. */
  through: InlineOp;
}

function family(gradients: readonly Gradient[]): Family {
  return {
    kernel: {
      kind: "kernel",
      name: "product",
      operands: ["stored", "stored"],
      gradients,
      write: (writer, vertex) =>
        variants[vertex.attributes.variant as VariantName].write(writer, vertex),
      operations(vertex) {
        const { inner, parts } = extentOf(vertex);
        return 2 * inner * sizeOf(vertex.shape) / parts;
      },
    },
    through: {
      kind: "inline",
      name: "product",
      gradients: [...gradients, null],
      cost: 0,
      pointwise: true,
      emit: (emitter, { inputs: [, , result] }, index) => emitter.value(result, index),
    },
  };
}

const plain = family(gradients);

/** Products whose terms from inner place `negativeFrom` on are taken off. */
const signed = family([
  (g, context) => mul(gradients[0](g, context), signsOf(context)),
  (g, context) => mul(gradients[1](g, context), reshape(signsOf(context), [-1, 1])),
]);

/** 1 for each inner place whose terms are added, -1 for the others. */
function signsOf({ inputs: [a], attributes }: GradientContext): Tensor {
  const inner = a.shape.at(-1)!;
  return where(less(arange(inner, "i32"), attributes.negativeFrom as number), 1, -1);
}

/**
 * Matrix product of the last two axes; leading axes broadcast.
 *
 * @param a `[..., M, K]`, or `[..., K, M]` with `transposeA`.
 * @param b `[..., K, N]`, or `[..., N, K]` with `transposeB`.
 * @param options Which operands are transposed.
 * @returns `[..., M, N]`.
 * @throws {ShapeError} Where inner dimensions differ.
 *
 * @example
 * ```ts
 * import { matmul, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const product = matmul(tensor([[1, 2], [3, 4]]), tensor([[1], [10]]));
 * assertEquals(await product.toArray(), [[21], [43]]);
 * ```
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  return multiply(a, b, options);
}

/**
 * Like {@link matmul}, but from inner place `negativeFrom` on the terms are taken off: the difference
 * of two products whose operands lie side by side, in one kernel.
 */
export function matmulDifference(
  a: Tensor,
  b: Tensor,
  negativeFrom: number,
  options: MatmulOptions = {},
): Tensor {
  return multiply(a, b, options, negativeFrom);
}

function multiply(
  a: Tensor,
  b: Tensor,
  options: MatmulOptions,
  negativeFrom?: number,
): Tensor {
  refuseType("matmul", "float", a.dtype);
  refuseType("matmul", "float", b.dtype);
  const names = `${showShape(a.shape)} by ${showShape(b.shape)}`;
  if (a.rank < 2 || b.rank < 2) {
    throw new ShapeError(`Cannot multiply ${names}: both need two axes or more`, {
      shapes: [a.shape, b.shape],
    });
  }
  const left = options.transposeA ? transpose(asComputed(a)) : asComputed(a);
  const right = options.transposeB ? transpose(asComputed(b)) : asComputed(b);
  const [rows, inner] = left.shape.slice(-2);
  const [innerB, columns] = right.shape.slice(-2);
  if (inner !== innerB) {
    throw new ShapeError(
      `Cannot multiply ${names}: inner dimensions are ${inner} and ${innerB}`,
      { shapes: [a.shape, b.shape] },
    );
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2), "multiply");
  const variant = chosenVariant({
    batch: sizeOf(batch),
    rows,
    inner,
    columns,
    leftTransposed: isTransposed(left),
    rightTransposed: isTransposed(right),
  });
  return product([left, right], batch, variant, negativeFrom);
}

/** Records a product by one variant: perhaps of packed copies, perhaps in parts. */
function product(
  [left, right]: readonly [Tensor, Tensor],
  batch: Shape,
  variant: VariantName,
  negativeFrom: number | undefined,
): Tensor {
  const { pack, parts: most = 1 } = variants[variant];
  const { kernel, through } = negativeFrom === undefined ? plain : signed;
  const [rows, inner, columns] = [...left.shape.slice(-2), right.shape.at(-1)!];
  const whole = [left, right].map((x) => nodeOf(broadcastTo(x, [...batch, ...x.shape.slice(-2)])));
  const parts = Math.min(most, inner);
  const [a, b] = [
    pack === "left" && !isTransposed(left) ? transpose(laidOut(transpose(left))) : left,
    pack === "right" && isTransposed(right) ? laidOut(right) : right,
  ];
  const operands = [a, b].map((x) => nodeOf(broadcastTo(x, [...batch, ...x.shape.slice(-2)])));
  const shape = [...batch, rows, columns];
  const whose = (result: Node) =>
    wrap(record(through, [...whole, result], shape, "f32", { negativeFrom }));
  if (parts === 1) {
    const result = record(kernel, operands, shape, "f32", { variant, negativeFrom });
    return a === left && b === right ? wrap(result) : whose(result);
  }
  const attributes = { variant, negativeFrom, parts };
  const sums = record(kernel, operands, [parts, ...shape], "f32", attributes);
  return whose(nodeOf(sum(wrap(sums), { axes: 0 })));
}
