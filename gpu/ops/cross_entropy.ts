/** Cross-entropy of class numbers: one kernel forward and one backward, beside its composition. */

import { LARGEST } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { stopGradient } from "../grad.ts";
import { type Gradient, type KernelOp, record, type Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { sameShape, showShape, sizeOf } from "../shape.ts";
import { constant, nodeOf, type Tensor, wrap } from "../tensor.ts";
import { add, and, cast, div, equal, greaterEqual, less, mul, sub, where } from "./binary.ts";
import { arange } from "./create.ts";
import { asComputed, refuseType } from "./define.ts";
import { max, sum } from "./reduce.ts";
import {
  aloneOn,
  EXPONENTIALS,
  type Fold,
  joinTeam,
  rowPlaces,
  rowsOf,
  type RowTeam,
  sumFold,
  takeExponential,
  writeRows,
} from "./row_kernel.ts";
import { rulesFrom } from "./second_order.ts";
import { exp, log } from "./unary.ts";
import { broadcastTo, reshape } from "./view.ts";

/** Threads of the workgroup that adds up all rows. */
const TEAM = 64;
/** Logits up to which one workgroup does the whole sum; more take a kernel for the rows first. */
const SMALL = 2 ** 15;
/** Power of two, which costs no digits, that keeps sums of rows with the lowest number finite. */
const SHRINK = 2 ** -24;

/** Loss of every row; inputs: logits [..., C], labels [...], smoothing. */
const rowLossOp: KernelOp = {
  kind: "kernel",
  name: "crossEntropyRows",
  operands: ["inline", "inline", "inline"],
  gradients: [(g, { inputs }) => slopes(inputs, g), null, null],
  write(writer, vertex) {
    const [logits] = vertex.inputs;
    const axis = logits.shape.length - 1;
    writeRows(writer, rowsOf(logits.shape, axis), logits.shape[axis], (team) => {
      const loss = writeLoss(writer, vertex, team);
      team.once(() => writer.store({ shape: vertex.shape, flat: team.row }, vertex, loss));
    });
  },
};

/** Mean loss of all rows, where they are few enough for one workgroup. */
const meanLossOp: KernelOp = {
  kind: "kernel",
  name: "crossEntropy",
  operands: ["inline", "inline", "inline"],
  gradients: [
    (g, { inputs }) => slopes(inputs, broadcastTo(div(g, inputs[1].size), inputs[1].shape)),
    null,
    null,
  ],
  write(writer, vertex) {
    const [logits, labels] = vertex.inputs;
    const rows = writer.param(sizeOf(labels.shape));
    writer.launch(1, TEAM);
    writer.line("var sum = 0.0;");
    writer.block(`for (var row = lid; row < ${rows}; row += ${TEAM}u)`, () => {
      const loss = writeLoss(writer, vertex, aloneOn(writer, "row", logits.shape.at(-1)!));
      writer.line(`sum += ${loss};`);
    });
    joinTeam(writer, sumFold("sum"));
    writer.block("if (lid == 0u)", () => {
      writer.store({ shape: [], flat: "0u", coordinates: [] }, vertex, `(sum / f32(${rows}))`);
    });
  },
};

/** Softmax less the target, times the row's gradient; inputs: logits, labels, smoothing, g [...]. */
const gradientOp: KernelOp = {
  kind: "kernel",
  name: "crossEntropyGradient",
  operands: ["inline", "inline", "inline", "inline"],
  gradients: rulesFrom(([logits, labels, smoothing, g]) => {
    const parts = partsOf(logits, labels);
    const share = div(exp(parts.below), parts.total);
    const even = div(smoothing, logits.shape.at(-1)!);
    const target = add(mul(cast(parts.chosen, "f32"), sub(1, smoothing)), even);
    const pull = where(parts.known, sub(share, target), 0);
    return mul(pull, reshape(g, [...g.shape, 1]));
  }, [true, false, false, true]),
  write(writer, vertex) {
    const [logits, labels, smoothing, g] = vertex.inputs;
    const axis = logits.shape.length - 1;
    writeRows(writer, rowsOf(logits.shape, axis), logits.shape[axis], (team) => {
      const place = rowPlaces(writer, logits.shape, axis, team.row);
      const row = { shape: labels.shape, flat: team.row };
      team.fold(EXPONENTIALS, (c) => takeExponential(writer, writer.value(logits, place(c))));
      const classes = writer.param(logits.shape[axis]);
      writer.line(`let label = u32(${writer.value(labels, row)});`);
      writer.line(`let pull = select(0.0, ${writer.value(g, row)}, label < ${classes});`);
      const smooth = writer.value(smoothing, { shape: [], flat: "0u", coordinates: [] });
      writer.line(`let even = ${smooth} / f32(${classes});`);
      team.each((c) => {
        const share = `exp(${writer.value(logits, place(c))} - top) / total`;
        const target = `select(even, 1.0 - ${smooth} + even, ${c} == label)`;
        writer.store(place(c), vertex, `((${share} - ${target}) * pull)`);
      });
    });
  },
};

/**
 * Cross-entropy between class numbers and the softmax of logits, mean over the rows; with smoothing e
 * the target is (1 - e) one-hot + e/C. One kernel forward (two for more than 32,768 logits) and one
 * backward.
 *
 * @param logits f32 or f16 `[..., C]`.
 * @param labels i32 or u32 `[...]`; a row with a label outside 0 to C - 1 counts 0 in the sum.
 * @param smoothing Share of the target spread evenly over all classes, from 0 to 1; default 0.
 * @returns Scalar.
 * @throws {ShapeError} Where labels are not one whole number per row of logits.
 *
 * @example
 * ```ts
 * import { crossEntropyLoss, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const loss = crossEntropyLoss(tensor([[0, 0]]), tensor([1], { dtype: "i32" }));
 * assertAlmostEquals(await loss.item(), Math.log(2), 1e-6);
 * ```
 */
export function crossEntropyLoss(logits: Tensor, labels: Tensor, smoothing: number = 0): Tensor {
  checkInputs(logits, labels);
  const nodes = [asComputed(logits), labels, constant(smoothing, "f32")].map(nodeOf);
  const settings = { smooth: smoothing > 0 };
  if (logits.size <= SMALL) return wrap(record(meanLossOp, nodes, [], "f32", settings));
  const rows = wrap(record(rowLossOp, nodes, labels.shape, "f32", settings));
  return div(sum(rows), labels.size);
}

/**
 * The same as {@link crossEntropyLoss}, composed from plain ops: slower, and a check on the kernels.
 *
 * @param logits f32 or f16 `[..., C]`.
 * @param labels i32 or u32 `[...]`.
 * @param smoothing Share of the target spread evenly over all classes.
 * @returns Scalar.
 * @throws {ShapeError} Where labels are not one whole number per row of logits.
 */
export function crossEntropyLossFromOps(
  logits: Tensor,
  labels: Tensor,
  smoothing: number = 0,
): Tensor {
  checkInputs(logits, labels);
  // log p = below - log(total). The two parts are summed apart: the gradient of `total` then needs
  // no second sum over the classes, and nothing is added back that would cost the digits of a small loss.
  const { below, total, chosen, known } = partsOf(asComputed(logits), labels);
  // A choice, not a product with one-hot: 0 times a logit of minus infinity would be NaN.
  const picked = mul(sum(where(chosen, below, 0)), 1 / labels.size);
  const evidence = mul(sum(where(known, log(total), 0)), 1 / labels.size);
  if (smoothing === 0) return sub(evidence, picked);
  const even = mul(sum(where(known, below, 0)), 1 / logits.size); // over rows and classes
  return sub(evidence, add(mul(picked, 1 - smoothing), mul(even, smoothing)));
}

function partsOf(logits: Tensor, labels: Tensor) {
  const rows = { axes: -1, keepDims: true };
  const classes = logits.shape[logits.rank - 1];
  const below = sub(logits, stopGradient(max(logits, rows))); // [..., C]
  const column = reshape(labels, [...labels.shape, 1]); // [...] -> [..., 1]
  return {
    below,
    total: sum(exp(below), rows), // [..., 1]
    chosen: equal(column, arange(classes, labels.dtype)), // [..., C]
    known: and(greaterEqual(column, 0), less(column, classes)), // [..., 1]
  };
}

/** Gradient with respect to the logits, from that with respect to the loss of every row. */
function slopes(
  [logits, labels, smoothing]: Parameters<Gradient>[1]["inputs"],
  g: Tensor,
): Tensor {
  const nodes = [logits, labels, smoothing, g].map(nodeOf);
  return wrap(record(gradientOp, nodes, logits.shape, "f32"));
}

/** Writes the loss of one row; returns its expression. */
function writeLoss(writer: KernelWriter, vertex: Vertex, team: RowTeam): string {
  const [logits, labels, smoothing] = vertex.inputs;
  const axis = logits.shape.length - 1;
  const place = rowPlaces(writer, logits.shape, axis, team.row);
  const classes = writer.param(logits.shape[axis]);
  const { smooth } = vertex.attributes;
  const more: Fold = smooth ? sumFold("spread") : sumFold();
  const base = smooth ? baseOf(writer, writer.value(logits, place("0u"))) : "";
  const fold: Fold = {
    carried: [...EXPONENTIALS.carried, ...more.carried],
    join: (other) => [...EXPONENTIALS.join(other), ...more.join(other)],
  };
  team.fold(fold, (c) => {
    const value = writer.value(logits, place(c));
    takeExponential(writer, value);
    if (smooth) writer.line(`spread += (${value} - ${base}) * ${SHRINK};`);
  });
  const label = writer.value(labels, { shape: labels.shape, flat: team.row });
  const known = writer.let(`u32(${label}) < ${classes}`, "bool");
  const column = writer.let(`min(u32(${label}), ${classes} - 1u)`, "u32");
  const picked = writer.let(`${writer.value(logits, place(column))} - top`, "f32");
  if (!smooth) return `select(0.0, log(total) - ${picked}, ${known})`;
  const e = writer.value(smoothing, { shape: [], flat: "0u", coordinates: [] });
  const even = `(spread / f32(${classes}) / ${SHRINK} + ${base} - top)`;
  return `select(0.0, log(total) - (1.0 - ${e}) * ${picked} - ${e} * ${even}, ${known})`;
}

/**
 * What the logits of a row are taken from before they are added up: the first, so that a large offset
 * costs no digits, or 0 where that is infinite.
 */
function baseOf(writer: KernelWriter, first: string): string {
  return writer.let(`select(0.0, ${first}, abs(${first}) <= ${LARGEST})`, "f32");
}

function checkInputs(logits: Tensor, labels: Tensor): void {
  refuseType("crossEntropy", "float", logits.dtype);
  const action = `Cannot take the cross-entropy of logits ${showShape(logits.shape)} with labels ${
    showShape(labels.shape)
  }`;
  if (logits.rank < 1 || !sameShape(logits.shape.slice(0, -1), labels.shape)) {
    throw new ShapeError(
      `${action}: labels must be ${showShape(logits.shape.slice(0, -1))}, one class number per row`,
      { shapes: [logits.shape, labels.shape] },
    );
  }
  if (labels.dtype !== "i32" && labels.dtype !== "u32") {
    throw new ShapeError(`${action}: labels must be i32 or u32 and are ${labels.dtype}`, {
      shapes: [logits.shape, labels.shape],
    });
  }
}
