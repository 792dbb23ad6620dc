/** Methods that compare features or relations of rows, with and without a learned map. */

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { methods } from "../../../aft/methods/mod.ts";
import { requireFinite, TrainingError } from "../../../aft/training/error.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { grad } from "../../../gpu/mod.ts";
import { hostArray } from "../../nn/support.ts";
import {
  affine,
  assertMethod,
  batchOf,
  centred,
  dot,
  gram,
  type HostSeen,
  hostVariables,
  lossOf,
  map2,
  type Matrix,
  matrixOf,
  mean,
  product,
  rootMeanSquare,
  sum,
  transposed,
  unit,
} from "./support.ts";

const squares = (x: Matrix) => mean(x.flat().map((v) => v * v));
const difference = (a: Matrix, b: Matrix) => map2(a, b, (x, y) => x - y);
const mapped = (x: Matrix, { variables }: HostSeen) =>
  affine(x, matrixOf(variables["map.weight"]), [...variables["map.bias"].values]);

const references: Record<string, (seen: HostSeen) => number> = {
  kd: (seen) => squares(difference(mapped(seen.phi, seen), seen.psi)),
  kkd: (seen) => {
    const similarity = (x: Matrix) => gram(unit(centred(x)));
    return rootMeanSquare(difference(similarity(mapped(seen.phi, seen)), similarity(seen.psi)));
  },
  sp: ({ phi, psi }) => squares(difference(unit(gram(phi), 0), unit(gram(psi), 0))),
  pkt: ({ phi, psi }) => {
    const chances = (x: Matrix) =>
      gram(unit(x, 1e-7)).map((row) => row.map((v) => (v + 1) / 2))
        .map((row) => row.map((v) => v / sum(row)));
    const terms = map2(chances(psi), chances(phi), (t, s) => t * Math.log((t + 1e-7) / (s + 1e-7)));
    return mean(terms.flat());
  },
  cka: ({ phi, psi }) => {
    const [x, y] = [centred(phi), centred(psi)];
    const norm = (a: Matrix, b: Matrix) => Math.hypot(...product(transposed(a), b).flat());
    return 1 - norm(y, x) ** 2 / (norm(x, x) * norm(y, y));
  },
  vid: (seen) => {
    const variance = [...seen.variables.p.values].map((p) => Math.log1p(Math.exp(p)) + 1e-5);
    const terms = map2(mapped(seen.phi, seen), seen.psi, (a, b) => (a - b) ** 2);
    return mean(
      terms.flatMap((row) => row.map((e, c) => (e / variance[c] + Math.log(variance[c])) / 2)),
    );
  },
  rkd: ({ phi, psi }) => {
    const smooth = (e: number) => Math.abs(e) <= 1 ? e * e / 2 : Math.abs(e) - 0.5;
    const gap = (a: number[], b: number[]) => mean(a.map((v, i) => smooth(v - b[i])));
    const between = (a: number[], b: number[]) => b.map((v, c) => v - a[c]);
    const distances = (x: Matrix) => {
      const all = x.flatMap((a) => x.map((b) => Math.hypot(...between(a, b))));
      const apart = all.filter((d) => d > 0);
      return all.map((d) => d / mean(apart));
    };
    const cosines = (x: Matrix) =>
      x.flatMap((corner) => {
        const directions = x.map((to) => between(corner, to)).map((e) =>
          e.map((v) => v / Math.max(Math.hypot(...e), 1e-12))
        );
        return directions.flatMap((a) => directions.map((b) => dot(a, b)));
      });
    return (gap(distances(phi), distances(psi)) + 2 * gap(cosines(phi), cosines(psi))) / 2;
  },
};

for (const [name, reference] of Object.entries(references)) {
  const method = methods[name as keyof typeof methods];
  Deno.test(`${name} agrees with plain numbers, forward and backward`, async () => {
    await assertMethod(method, reference);
    await assertMethod(method, reference, { rows: 5, features: 7, blocks: [2, 1] });
  });
}

/** Matrices whose columns differ in kind: an offset, a wide and a narrow one. */
const X = matrixOf(hostArray([7, 4], 21)).map(([a, b, c, d]) => [a + 3, 5 * b, 0.1 * c, d]);

Deno.test("methods without a map are at their least where student and teacher are the same", async () => {
  const shape = { features: 4, teacher: 4, seed: 1 };
  for (const name of ["sp", "pkt", "cka", "rkd"] as const) {
    assertAlmostEquals(await lossOf(methods[name].create(shape)!, X, X), 0, 2e-6, name);
  }
});

Deno.test("methods with a map are at their least where the map makes them the same", async () => {
  const shape = { features: 4, teacher: 4, seed: 1 };
  const identity = Float32Array.from({ length: 16 }, (_, i) => i % 5 === 0 ? 1 : 0);
  const least = { kd: 0, kkd: 1e-4, vid: Math.log(5) / 2 };
  for (const name of ["kd", "kkd", "vid"] as const) {
    const regulariser = methods[name].create(shape)!;
    regulariser.parameters["map.weight"].write(identity);
    regulariser.parameters["map.bias"].write(new Float32Array(4));
    assertAlmostEquals(await lossOf(regulariser, X, X), least[name], 1e-6, name);
  }
});

Deno.test("relations of rows do not change when the student's features are turned", async () => {
  const [sin, cos] = [Math.sin(0.7), Math.cos(0.7)];
  const turn = [[cos, -sin, 0, 0], [sin, cos, 0, 0], [0, 0, cos, sin], [0, 0, -sin, cos]];
  const psi = matrixOf(hostArray([7, 5], 22));
  for (const name of ["sp", "pkt", "cka", "rkd"] as const) {
    const method = methods[name].create({ features: 4, teacher: 5, seed: 1 })!;
    const [before, after] = [
      await lossOf(method, X, psi),
      await lossOf(method, product(X, turn), psi),
    ];
    assert(before > 1e-3 || name === "pkt");
    assertAlmostEquals(before, after, 2e-6, name);
  }
});

Deno.test("cka and rkd do not change when features are multiplied by a number", async () => {
  const psi = matrixOf(hostArray([7, 5], 22));
  for (const name of ["cka", "rkd"] as const) {
    const method = methods[name].create({ features: 4, teacher: 5, seed: 1 })!;
    const larger = X.map((row) => row.map((v) => 8 * v));
    assertAlmostEquals(await lossOf(method, X, psi), await lossOf(method, larger, psi), 2e-6, name);
  }
});

Deno.test("vid starts at variance 5 in every column", async () => {
  const { p } = await hostVariables(methods.vid.create({ features: 2, teacher: 3, seed: 1 })!);
  for (const value of p.values) assertAlmostEquals(Math.log1p(Math.exp(value)) + 1e-5, 5, 1e-5);
});

Deno.test("rkd refuses what has no distances: one row at once, equal rows by their loss", async () => {
  const rkd = methods.rkd.create({ features: 2, teacher: 2, seed: 1 })!;
  const error = assertThrows(() => rkd.loss(batchOf([[1, 2]], [[3, 4]])), ConfigError);
  assertEquals(
    error.message,
    "Cannot take distances in a batch of 1: method rkd needs two rows or more",
  );
  const loss = await lossOf(rkd, [[1, 2], [1, 2]], [[1, 2], [3, 4]]);
  assert(Number.isNaN(loss));
  assertThrows(
    () => requireFinite("the regulariser", loss, { step: 3, reason: rkd.undefinedWhere }),
    TrainingError,
    "Cannot train on after step 3: the regulariser is NaN; where all rows of a batch are equal " +
      "there is no distance to compare; otherwise take a smaller lr",
  );
});

Deno.test("rkd has finite gradients where two rows of many are equal", async () => {
  const rkd = methods.rkd.create({ features: 2, teacher: 2, seed: 1 })!;
  const phi = [[1, 2], [1, 2], [0, 1], [3, -1]];
  const { teacher, logits, labels, features } = batchOf(phi, [[1, 0], [0, 1], [1, 1], [2, 2]]);
  const slope = grad((x: typeof features) => rkd.loss({ features: x, teacher, logits, labels }));
  assert((await slope(features).data()).every(Number.isFinite));
});
