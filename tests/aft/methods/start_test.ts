/** Methods that hold a student near its own start, without a teacher. */

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { channelAttention } from "../../../aft/methods/channel_attention.ts";
import { methodOf, methods } from "../../../aft/methods/mod.ts";
import { matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { linearProbe, probeOutputs } from "../../../aft/rank/probe.ts";
import { ShapeError } from "../../../gpu/errors.ts";
import { tensor, variable } from "../../../gpu/mod.ts";
import { assertClose, type HostArray, hostArray } from "../../nn/support.ts";
import {
  assertMethod,
  batchOf,
  type HostSeen,
  lossOf,
  type Matrix,
  matrixOf,
  mean,
  prepareWith,
  rowsOf,
  sum,
} from "./support.ts";

/** Weights of a student with one hidden layer, and where they are after some steps. */
const START: Record<string, HostArray> = {
  "layers.0.weight": hostArray([3, 2], 31),
  "layers.0.bias": hostArray([3], 32),
  "head.weight": hostArray([2, 3], 33),
  "head.bias": hostArray([2], 34),
};
const NOW = Object.fromEntries(
  Object.entries(START).map(([name, { shape }], i) => [name, hostArray(shape, 41 + i)]),
);

const squares = (values: Iterable<number>) => sum([...values].map((v) => v * v));

/** a/2 ||w - w0||^2 + b/2 ||head||^2. */
function pulled({ student }: HostSeen, a: number, b: number): number {
  const parts = Object.entries(student).map(([name, { values }]) => {
    if (name.startsWith("head.")) return b / 2 * squares(values);
    return a / 2 * squares(values.map((v, i) => v - START[name].values[i]));
  });
  return sum(parts);
}

const variablesOf = (weights: Record<string, HostArray>) =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => {
      return [name, variable(tensor(Float32Array.from(values), { shape }))];
    }),
  );

Deno.test("l2sp agrees with plain numbers, forward and backward", async () => {
  for (const [startStrength, headStrength] of [[0.01, 0.01], [2, 0], [0, 3], [0.5, 0.25]]) {
    await assertMethod(methods.l2sp, (seen) => pulled(seen, startStrength, headStrength), {
      options: { startStrength, headStrength },
      student: NOW,
      ready: async (regulariser, student) => {
        for (const [name, { values }] of Object.entries(START)) {
          student[name].write(Float32Array.from(values));
        }
        await prepareWith(regulariser, rowsOf([[0]], [0]));
        for (const [name, { values }] of Object.entries(NOW)) {
          student[name].write(Float32Array.from(values));
        }
      },
    });
  }
});

Deno.test("l2sp is 0 at the start but for its head, which it holds near 0", async () => {
  const student = variablesOf(START);
  const shape = { features: 3, teacher: 0, student, seed: 1 };
  const regulariser = methods.l2sp.create(shape, { startStrength: 3, headStrength: 0 })!;
  await prepareWith(regulariser, rowsOf([[0]], [0]));
  assertEquals(await lossOf(regulariser, [[1, 2, 3]], [[0]]), 0);
  student["head.bias"].write(Float32Array.of(8, 9));
  assertEquals(await lossOf(regulariser, [[1, 2, 3]], [[0]]), 0);
  student["layers.0.bias"].write(Float32Array.of(8, 9, 10));
  assert(await lossOf(regulariser, [[1, 2, 3]], [[0]]) > 1);
});

Deno.test("l2sp keeps the start of all but the head, and learns nothing", () => {
  const shape = { features: 3, teacher: 0, student: variablesOf(START), seed: 1 };
  const { parameters, constants } = methods.l2sp.create(shape)!;
  assertEquals(parameters, {});
  assertEquals(Object.keys(constants), ["start.layers.0.weight", "start.layers.0.bias"]);
  const both = methodOf("l2sp+kd").create({ ...shape, teacher: 2 })!;
  assertEquals(
    Object.keys(both.constants),
    Object.keys(constants).map((name) => `l2sp.${name}`),
  );
});

/** Features of eight rows at the start, of which the first six are a batch, from the last on. */
const BEFORE = matrixOf(hostArray([8, 3], 51));
const LABELS = [0, 1, 0, 1, 1, 0, 1, 0];

/** delta's loss with weights of columns that stand in the method's constants; row i has place 5 - i. */
function heldFeatures({ phi, variables, student }: HostSeen, a: number, b: number): number {
  const weights = variables.attention.values;
  const rows = phi.map((row, i) =>
    sum(row.map((v, c) => weights[c] * (v - BEFORE[5 - i][c]) ** 2))
  );
  const head = Object.entries(student).filter(([name]) => name.startsWith("head."));
  return a / 2 * mean(rows) + b / 2 * sum(head.map(([, { values }]) => squares(values)));
}

Deno.test("delta agrees with plain numbers, forward and backward", async () => {
  for (const [startStrength, headStrength] of [[0.01, 0.01], [2, 0.5]]) {
    const shape = { features: 3, teacher: 0, rows: 8, seed: 1 };
    const options = { startStrength, headStrength };
    await assertMethod(methods.delta, (seen) => heldFeatures(seen, startStrength, headStrength), {
      ...{ options, student: NOW },
      create: (student) => methods.delta.create({ ...shape, student }, options)!,
      ready: (regulariser) =>
        prepareWith(regulariser, rowsOf([], LABELS, { classes: 2, student: BEFORE })),
    });
  }
});

Deno.test("delta is 0 at the start but for its head, and compares a batch by the places of its rows", async () => {
  const student = variablesOf(START);
  const shape = { features: 3, teacher: 0, rows: 8, student, seed: 1 };
  const regulariser = methods.delta.create(shape, { startStrength: 2, headStrength: 0 })!;
  await prepareWith(regulariser, rowsOf([], LABELS, { classes: 2, student: BEFORE }));
  const lossAt = (places: number[]) => {
    const positions = tensor(Uint32Array.from(places));
    return regulariser.loss({ ...batchOf([BEFORE[5], BEFORE[2]], [[0], [0]]), positions }).item();
  };
  assertEquals(await lossAt([5, 2]), 0);
  assert(await lossAt([2, 5]) > 0.1);
  assertThrows(
    () => regulariser.loss(batchOf([BEFORE[5]], [[0]])),
    ShapeError,
    "does not say their places",
  );
});

/** Weights of columns from what a probe loses when a column of its features is 0 in every row. */
function attentionOf(
  features: Matrix,
  labels: Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
) {
  const whole = matrix(features.length, features[0].length, features.flat());
  const probe = linearProbe({ features: whole, labels });
  const losses = features[0].map((_, off) => {
    const without = features.map((row) => row.map((v, c) => c === off ? 0 : v));
    const said = probeOutputs(probe, matrix(whole.rows, whole.columns, without.flat())).values;
    return mean(without.map((_, i) => {
      if (labels instanceof Float64Array) return (said[i] - labels[i]) ** 2;
      const row = [...said.subarray(2 * i, 2 * i + 2)];
      return Math.log(sum(row.map(Math.exp))) - row[labels[i]];
    }));
  });
  const centre = mean(losses);
  const deviation = Math.sqrt(mean(losses.map((loss) => (loss - centre) ** 2)));
  const raised = losses.map((loss) => Math.exp((loss - centre) / deviation / 5));
  return raised.map((value) => value / mean(raised));
}

Deno.test("the columns that the labels need weigh more, as a probe without them says", () => {
  const rows = matrixOf(hostArray([40, 4], 61)).map(([a, b, c, d], i) => {
    return [a, b + 2 * (i % 2) + 5, 0.1 * c, d + 0.5 * (i % 2)];
  });
  const flat = Float32Array.from(rows.flat());
  const labels = rows.map((_, i) => i % 2);
  const found = channelAttention(flat, rowsOf(rows, labels, { classes: 2 }));
  const exact = Array.from({ length: 40 }, (_, i) => [...flat.subarray(4 * i, 4 * i + 4)]);
  assertClose(found, attentionOf(exact, Int32Array.from(labels)), 1e-6);
  assert(found[1] > found[3] && found[3] > found[0], `${found}`);
  assertAlmostEquals(mean([...found]), 1, 1e-6);

  const values = exact.map(([a, b]) => 3 * a - 0.5 * b);
  const ofValues = channelAttention(flat, rowsOf(rows, values));
  const rounded = Float64Array.from(Float32Array.from(values));
  assertClose(ofValues, attentionOf(exact, rounded), 1e-6);
  assert(ofValues[0] > ofValues[2]);
});

Deno.test("columns weigh the same where none matters more than another, and beside a single row", () => {
  const alike = [[1, 1], [-1, -1], [1, 1], [-1, -1], [1, 1], [-1, -1]];
  const found = channelAttention(
    Float32Array.from(alike.flat()),
    rowsOf(alike, [0, 1, 0, 1, 0, 1], { classes: 2 }),
  );
  assertClose(found, [1, 1], 1e-6);
  const single = channelAttention(Float32Array.of(3, 4), rowsOf([[3, 4]], [1], { classes: 2 }));
  assertEquals([...single], [1, 1]);
});

Deno.test("a method that needs no teacher leaves teachers to the others of a combination", () => {
  assertEquals(methodOf("l2sp").usesTeachers, false);
  const { usesTeachers, beta } = methodOf("aft+l2sp");
  assertEquals([usesTeachers, beta], [true, [30, 1]]);
  assertEquals(
    methods.l2sp.create({ features: 1, teacher: 0, seed: 1 })!.loss(batchOf([[1]], [[1]])).shape,
    [],
  );
});
