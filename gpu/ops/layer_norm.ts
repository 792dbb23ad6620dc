/** Layer normalisation: one kernel forward and one backward for the input, beside its composition. */

import { ShapeError } from "../errors.ts";
import { type KernelOp, record, type Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { sameShape, showShape } from "../shape.ts";
import { constant, nodeOf, type Tensor, wrap } from "../tensor.ts";
import { add, mul, sub } from "./binary.ts";
import { concat } from "./create.ts";
import { asComputed, refuseType } from "./define.ts";
import { sum } from "./reduce.ts";
import { type Fold, rowPlaces, rowsOf, type RowTeam, sumFold, writeRows } from "./row_kernel.ts";
import { rulesFrom } from "./second_order.ts";
import { mean, variance } from "./statistics.ts";
import { rsqrt } from "./unary.ts";
import { broadcastTo, reshape, slice } from "./view.ts";

/** Settings of {@link layerNorm}. */
export interface LayerNormSettings {
  /** Gain of every column, `[width]`; default 1. */
  weight?: Tensor;
  /** Shift of every column, `[width]`; default 0. */
  bias?: Tensor;
  /** Added to the variance, so that a row of equal numbers stays finite; default 1e-5. */
  epsilon?: number;
}

/** Inputs: x [..., width], gain [width], shift [width], epsilon. */
const layerNormOp: KernelOp = {
  kind: "kernel",
  name: "layerNorm",
  operands: ["inline", "inline", "inline", "inline"],
  gradients: [
    (g, { inputs: [x, weight, , epsilon] }) => {
      const nodes = [x, g, weight, epsilon].map(nodeOf);
      return wrap(record(layerNormGradientOp, nodes, x.shape, "f32"));
    },
    (g, { inputs: [x, , , epsilon] }) => {
      const shape = [...x.shape.slice(0, -1), 2];
      const parts = wrap(record(rowStatisticsOp, [x, epsilon].map(nodeOf), shape, "f32"));
      const [average, inverse] = [0, 1].map((i) => column(parts, i));
      return sumOverRows(mul(g, mul(sub(x, average), inverse)));
    },
    (g) => sumOverRows(g),
    null,
  ],
  write(writer, vertex) {
    const [x, weight, bias, epsilon] = vertex.inputs;
    writeOverLast(writer, x, (team, place) => {
      foldMoments(writer, team, x, place);
      writeInverse(writer, x, epsilon);
      team.each((c) => {
        const value = writer.value(x, place(c).row);
        const [gain, shift] = [weight, bias].map((side) => writer.value(side, place(c).column));
        writer.store(place(c).row, vertex, `((${value} - average) * inverse * ${gain} + ${shift})`);
      });
    });
  },
};

/**
 * Gradient with respect to x. With y = (x - mean) / deviation and h = g gain it is
 * (h - mean(h) - y mean(h y)) / deviation; everything it needs of a row is folded in one pass.
 */
const layerNormGradientOp: KernelOp = {
  kind: "kernel",
  name: "layerNormGradient",
  operands: ["inline", "inline", "inline", "inline"],
  gradients: rulesFrom(([x, g, weight, epsilon]) => {
    const { centred, inverse } = normalising(x, epsilon);
    const y = mul(centred, inverse);
    const h = mul(g, weight);
    const row = { axes: -1, keepDims: true };
    return mul(inverse, sub(sub(h, mean(h, row)), mul(y, mean(mul(h, y), row))));
  }, [true, true, true, false]),
  write(writer, vertex) {
    const [x, g, weight, epsilon] = vertex.inputs;
    writeOverLast(writer, x, (team, place) => {
      const slope = (c: string) => {
        const [own, gain] = [writer.value(g, place(c).row), writer.value(weight, place(c).column)];
        return writer.let(`${own} * ${gain}`, "f32");
      };
      // Taken from the row's first element, so that a large offset costs no digits.
      const first = writer.value(x, place("0u").row);
      foldMoments(writer, team, x, place, sumFold("slopes", "pulled"), (c, value) => {
        writer.line(`slopes += ${slope(c)};`);
        writer.line(`pulled += ${slope(c)} * (${value} - ${first});`);
      });
      writeInverse(writer, x, epsilon);
      const width = `f32(${writer.param(x.shape.at(-1)!)})`;
      writer.line(`let level = slopes / ${width};`);
      writer.line(
        `let along = (pulled - (average - ${first}) * slopes) * inverse * inverse / ${width};`,
      );
      team.each((c) => {
        const value = writer.value(x, place(c).row);
        const result = `((${slope(c)} - level - (${value} - average) * along) * inverse)`;
        writer.store(place(c).row, vertex, result);
      });
    });
  },
};

/** Mean of every row and 1 / deviation, `[..., 2]`: what the gain's gradient needs of the rows. */
const rowStatisticsOp: KernelOp = {
  kind: "kernel",
  name: "rowStatistics",
  operands: ["inline", "inline"],
  gradients: rulesFrom(([x, epsilon]) => {
    const { average, inverse } = normalising(x, epsilon);
    return concat([average, inverse], -1);
  }, [true, false]),
  write(writer, vertex) {
    const [x, epsilon] = vertex.inputs;
    writeOverLast(writer, x, (team, place) => {
      foldMoments(writer, team, x, place);
      writeInverse(writer, x, epsilon);
      const two = rowPlaces(writer, vertex.shape, vertex.shape.length - 1, team.row);
      team.once(() => {
        ["average", "inverse"].forEach((value, i) => writer.store(two(`${i}u`), vertex, value));
      });
    });
  },
};

/**
 * Normalises rows along the last axis to mean 0 and variance 1 (of the population), then scales and
 * shifts every column (Ba, Kiros, Hinton 2016). One kernel, and one for the gradient with respect to
 * `x`; that of the gain takes the statistics of the rows and a sum over them, that of the shift a sum.
 *
 * @param x f32 or f16 `[..., width]`.
 * @param settings Gain, shift, and what is added to the variance.
 * @returns f32 `[..., width]`.
 * @throws {ShapeError} Where gain or shift are not as long as a row.
 *
 * @example
 * ```ts
 * import { layerNorm, openGpu, tensor } from "@aft/aft/gpu";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await openGpu();
 * const [low, high] = await layerNorm(tensor([[1, 3]]), { weight: tensor([1, 2]) }).data();
 * assertAlmostEquals(low, -1, 1e-4);
 * assertAlmostEquals(high, 2, 1e-4);
 * ```
 */
export function layerNorm(x: Tensor, settings: LayerNormSettings = {}): Tensor {
  const inputs = checkedInputs(x, settings);
  return wrap(record(layerNormOp, inputs.map(nodeOf), x.shape, "f32"));
}

/**
 * The same as {@link layerNorm}, composed from plain ops: slower, and a check on the kernels.
 *
 * @param x f32 or f16 `[..., width]`.
 * @param settings Gain, shift, and what is added to the variance.
 * @returns f32 `[..., width]`.
 * @throws {ShapeError} Where gain or shift are not as long as a row.
 */
export function layerNormFromOps(x: Tensor, settings: LayerNormSettings = {}): Tensor {
  const [input, weight, bias, epsilon] = checkedInputs(x, settings);
  const { centred, inverse } = normalising(input, epsilon);
  return add(mul(mul(centred, inverse), weight), bias);
}

function normalising(x: Tensor, epsilon: Tensor) {
  const row = { axes: -1, keepDims: true };
  const average = mean(x, row);
  const inverse = rsqrt(add(variance(x, row), epsilon));
  return { average, inverse, centred: sub(x, average) };
}

function checkedInputs(x: Tensor, { weight, bias, epsilon = 1e-5 }: LayerNormSettings): Tensor[] {
  refuseType("layerNorm", "float", x.dtype);
  const width = x.shape.slice(-1);
  const odd = [weight, bias].find((side) => side && !sameShape(side.shape, width));
  if (x.rank === 0 || odd !== undefined) {
    throw new ShapeError(
      `Cannot normalise the rows of ${showShape(x.shape)}${
        odd ? ` with a gain or shift of ${showShape(odd.shape)}` : ""
      }: ${odd ? `one number for each column is ${showShape(width)}` : "it has no axis"}`,
      { shapes: odd ? [x.shape, odd.shape] : [x.shape] },
    );
  }
  const spread = (value: number) => broadcastTo(constant(value, "f32"), width);
  const sides = [weight ?? spread(1), bias ?? spread(0), constant(epsilon, "f32")];
  return [x, ...sides].map(asComputed);
}

function column(x: Tensor, i: number): Tensor {
  const start = x.shape.map((_, axis) => axis === x.rank - 1 ? i : 0);
  return slice(x, start, [...x.shape.slice(0, -1), i + 1]);
}

function sumOverRows(x: Tensor): Tensor {
  const width = x.shape.at(-1)!;
  return sum(reshape(x, [-1, width]), { axes: 0 });
}

/** Places of column `c`: in the row at hand, and in what there is once for all rows. */
type Places = (c: string) => {
  row: ReturnType<ReturnType<typeof rowPlaces>>;
  column: { shape: readonly number[]; flat: string; coordinates: readonly string[] };
};

function writeOverLast(
  writer: KernelWriter,
  x: Vertex,
  body: (team: RowTeam, place: Places) => void,
): void {
  const axis = x.shape.length - 1;
  writeRows(writer, rowsOf(x.shape, axis), x.shape[axis], (team) => {
    const row = rowPlaces(writer, x.shape, axis, team.row);
    body(team, (c) => ({
      row: row(c),
      column: { shape: [x.shape[axis]], flat: c, coordinates: [c] },
    }));
  });
}

/** Count, mean and sum of squared distances from it (Welford 1962; joined as in Chan et al. 1979). */
const MOMENTS: Fold = {
  carried: [["count", "f32", "0.0"], ["average", "f32", "0.0"], ["squares", "f32", "0.0"]],
  join: (other) => [
    `let apart = ${other("average")} - average;`,
    `let both = max(count + ${other("count")}, 1.0);`,
    `average += apart * ${other("count")} / both;`,
    `squares += ${other("squares")} + apart * apart * count * ${other("count")} / both;`,
    `count += ${other("count")};`,
  ],
};

/** Folds the moments of a row, and whatever else is wanted, in one pass. */
function foldMoments(
  writer: KernelWriter,
  team: RowTeam,
  x: Vertex,
  place: Places,
  more: Fold = sumFold(),
  take: (c: string, value: string) => void = () => {},
): void {
  const fold: Fold = {
    carried: [...MOMENTS.carried, ...more.carried],
    join: (other) => [...MOMENTS.join(other), ...more.join(other)],
  };
  team.fold(fold, (c) => {
    const value = writer.value(x, place(c).row);
    writer.line("count += 1.0;");
    const apart = writer.let(`${value} - average`, "f32");
    writer.line(`average += ${apart} / count;`);
    writer.line(`squares += ${apart} * (${value} - average);`);
    take(c, value);
  });
}

function writeInverse(writer: KernelWriter, x: Vertex, epsilon: Vertex): void {
  const guard = writer.value(epsilon, { shape: [], flat: "0u", coordinates: [] });
  const width = writer.param(x.shape.at(-1)!);
  writer.line(`let inverse = 1.0 / sqrt(squares / f32(${width}) + ${guard});`);
}
