/** Methods that hold a student near its own start, without a teacher. */

import { assert, assertEquals } from "@std/assert";
import { methodOf, methods } from "../../../aft/methods/mod.ts";
import { tensor, variable } from "../../../gpu/mod.ts";
import { type HostArray, hostArray } from "../../nn/support.ts";
import { assertMethod, batchOf, type HostSeen, lossOf, rowsOf, sum } from "./support.ts";

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
        await regulariser.prepare!(rowsOf([[0]], [0]));
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
  await regulariser.prepare!(rowsOf([[0]], [0]));
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

Deno.test("a method that needs no teacher leaves teachers to the others of a combination", () => {
  assertEquals(methodOf("l2sp").usesTeachers, false);
  const { usesTeachers, beta } = methodOf("aft+l2sp");
  assertEquals([usesTeachers, beta], [true, [30, 1]]);
  assertEquals(
    methods.l2sp.create({ features: 1, teacher: 0, seed: 1 })!.loss(batchOf([[1]], [[1]])).shape,
    [],
  );
});
