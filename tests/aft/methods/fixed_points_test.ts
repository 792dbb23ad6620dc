/** Forms whose least loss needs a map, a weight or a target to be set: it is reached, and nowhere else. */

import { assert, assertAlmostEquals } from "@std/assert";
import { methods } from "../../../aft/methods/mod.ts";
import type { MethodOptions } from "../../../aft/methods/options.ts";
import { tensor, type Variable } from "../../../gpu/mod.ts";
import { hostArray } from "../../nn/support.ts";
import { batchOf, lossOf, type Matrix, matrixOf, onDevice } from "./support.ts";

const X = matrixOf(hostArray([9, 4], 91));
const MOVED = X.map((row, i) => row.map((v, c) => v + (i === c ? 1 : 0)));

function writeIdentity(map: Variable): void {
  const [rows, columns] = map.shape;
  map.write(Float32Array.from({ length: rows * columns }, (_, i) => i % (columns + 1) ? 0 : 1));
}

const aftOf = (options: MethodOptions) =>
  methods.aft.create({ features: 4, teacher: 4, blocks: [2, 2], seed: 1 }, options)!;

Deno.test("aft without a kernel is 0 where its map makes teacher and student the same", async () => {
  const regulariser = aftOf({ kernel: "none" });
  writeIdentity(regulariser.parameters["map.weight"]);
  assertAlmostEquals(await lossOf(regulariser, X, X), 0, 1e-12);
  assert(await lossOf(regulariser, MOVED, X) > 1e-3);
});

Deno.test("aft with a full matrix is at its floor where that keeps the student's columns", async () => {
  const regulariser = aftOf({ rho: "dense" });
  writeIdentity(regulariser.parameters.s);
  assertAlmostEquals(await lossOf(regulariser, X, X), 1e-4, 2e-6);
  assert(await lossOf(regulariser, MOVED, X) > 1e-2);
});

Deno.test("rho in closed form stays where student and teacher are the same", async () => {
  const regulariser = aftOf({ rho: "closed" });
  for (let batch = 0; batch < 3; batch++) {
    assertAlmostEquals(await lossOf(regulariser, X, X), 1e-4, 2e-6);
  }
  for (const weight of await regulariser.constants.weight.data()) {
    assertAlmostEquals(weight, 1, 1e-4);
  }
});

Deno.test("aft of an outer product is at its floor where the student has that product", async () => {
  const outer = (x: Matrix) => x.map(([a, b, c, d]) => [a * c, a * d, b * c, b * d]);
  const regulariser = aftOf({ tensorProduct: true });
  assertAlmostEquals(await lossOf(regulariser, outer(X), X), 1e-4, 3e-6);
  assert(await lossOf(regulariser, outer(MOVED), X) > 1e-2);
});

Deno.test("logitkd is 0 where logits are the probes' outputs, whatever is added to a row", async () => {
  const shape = { features: 4, teacher: 4, outputs: 3, rows: 5, seed: 1 };
  const regulariser = methods.logitkd.create(shape)!;
  const targets = matrixOf(hostArray([5, 3], 92, 3));
  regulariser.constants.targets.write(Float32Array.from(targets.flat()));
  const positions = tensor(Uint32Array.of(4, 0, 2));
  const lossAt = (logits: Matrix) =>
    regulariser.loss({
      ...batchOf(X.slice(0, 3), X.slice(0, 3)),
      ...{ logits: onDevice(logits), positions },
    }).item();
  const said = [4, 0, 2].map((place, i) => targets[place].map((v) => v + i));
  assertAlmostEquals(await lossAt(said), 0, 1e-5);
  assert(await lossAt(said.map(([a, ...rest]) => [a + 1, ...rest])) > 1e-2);
});

Deno.test("aft-auto is 0 where the map gives the columns and logits the answers", async () => {
  const shape = { features: 4, teacher: 4, outputs: 2, rows: 9, seed: 1 };
  const { parameters, constants, loss } = methods["aft-auto"].create(shape)!;
  writeIdentity(parameters["map.weight"]);
  parameters["map.bias"].write(new Float32Array(4));
  constants.targets.write(Float32Array.from(X.flatMap(([a, b]) => [a, b])));
  constants.known.write(Float32Array.of(1));
  const positions = tensor(Uint32Array.from(X, (_, i) => i));
  const lossAt = (features: Matrix, logits: Matrix) =>
    loss({ ...batchOf(features, X), logits: onDevice(logits), positions }).item();
  const answers = X.map(([a, b]) => [a, b]);
  assertAlmostEquals(await lossAt(X, answers), 0, 1e-5);
  assert(await lossAt(MOVED, answers) > 1e-2);
  assert(await lossAt(X, MOVED.map(([a, b]) => [a, b])) > 1e-3);
  constants.known.write(Float32Array.of(0)); // an answer that knows nothing is not followed
  assertAlmostEquals(await lossAt(X, MOVED.map(([a, b]) => [a, b])), 0, 1e-12);
});
