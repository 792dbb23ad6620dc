/** Factor transfer: the distance of codes, and the auto-encoder that makes them. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { codeColumns, encoderOf, trainEncoder } from "../../../aft/methods/autoencoder.ts";
import { ft } from "../../../aft/methods/ft.ts";
import type { Regulariser } from "../../../aft/methods/method.ts";
import { type Preparation, preparing } from "../../../aft/methods/preparation.ts";
import { read } from "../../../gpu/mod.ts";
import { type HostArray, hostArray } from "../../nn/support.ts";
import {
  affine,
  assertMethod,
  type HostSeen,
  hostVariables,
  lossOf,
  map2,
  type Matrix,
  matrixOf,
  mean,
  prepareWith,
  rowsOf,
  sum,
} from "./support.ts";

const positive = (x: Matrix) => x.map((row) => row.map((v) => Math.max(0, v)));
const shortened = (x: Matrix) => {
  return x.map((row) => row.map((v) => v / Math.max(Math.hypot(...row), 1e-12)));
};

/** Affine layers with a ReLU after each of them but, where it is asked for, the last. */
function layers(
  x: Matrix,
  prefix: string,
  variables: Record<string, HostArray>,
  last = true,
): Matrix {
  return [0, 2, 4].reduce((rows, layer) => {
    const [weight, bias] = ["weight", "bias"].map((part) =>
      variables[`${prefix}.layers.${layer}.${part}`]
    );
    const next = affine(rows, matrixOf(weight), [...bias.values]);
    return layer < 4 || last ? positive(next) : next;
  }, x);
}

/** mean over rows of ||t(phi)/||t(phi)|| - e(psi)/||e(psi)||||_1. */
function codeDistance({ phi, psi, variables }: HostSeen): number {
  const codes = shortened(layers(psi, "encoder", variables));
  const found = shortened(layers(phi, "translator", variables, false));
  return mean(map2(found, codes, (a, b) => Math.abs(a - b)).map(sum));
}

/** Start values that the last layer of the translator does not have by itself. */
function fill({ parameters }: Regulariser): void {
  const last = parameters["translator.layers.4.weight"];
  last.write(Float32Array.from(hostArray([...last.shape], 61).values));
}

Deno.test("ft agrees with plain numbers, forward and backward", async () => {
  await assertMethod(ft, codeDistance, { ready: fill });
  await assertMethod(ft, codeDistance, { rows: 5, features: 4, blocks: [3, 4], ready: fill });
  await assertMethod(ft, codeDistance, { blocks: [1], ready: fill });
});

Deno.test("ft's translator starts at one code for all rows, and pulls at its own last layer alone", async () => {
  const regulariser = ft.create({ features: 3, teacher: 6, seed: 1 })!;
  const { "translator.layers.4.weight": { values } } = await hostVariables(regulariser);
  assertEquals([...values], Array(9).fill(0));
  const psi = matrixOf(hostArray([4, 6], 1));
  const at = (seed: number) => lossOf(regulariser, matrixOf(hostArray([4, 3], seed)), psi);
  assertEquals(await at(2), await at(3));
});

Deno.test("ft is 0 where the translator gives the codes, whatever their length", async () => {
  const regulariser = ft.create({ features: 3, teacher: 6, seed: 1 })!;
  const psi = matrixOf(hostArray([5, 6], 4, 3));
  const codes = layers(psi, "encoder", await hostVariables(regulariser));
  for (const [name, variable] of Object.entries(regulariser.parameters)) {
    const isWeight = name.endsWith("weight");
    variable.write(
      Float32Array.from({ length: variable.size }, (_, i) => isWeight && i % 4 === 0 ? 1 : 0),
    );
  }
  const longer = codes.map((row, i) => row.map((v) => (i + 1) * v));
  assert(codes.flat().some((v) => v > 0));
  assertAlmostEquals(await lossOf(regulariser, longer, psi), 0, 1e-5);
  assert(await lossOf(regulariser, longer.map((row) => row.map((v) => v + 1)), psi) > 0.1);
});

/** Columns of the auto-encoders: few would need many epochs to learn anything. */
const WIDE = 128;

/** Rows of numbers that two numbers explain. */
function explained(count: number, columns = WIDE): Preparation {
  const [hidden, map] = [
    matrixOf(hostArray([count, 2], 71)),
    matrixOf(hostArray([columns, 2], 72)),
  ];
  return rowsOf(affine(hidden, map, Array(columns).fill(0)), Array(count).fill(0));
}

/** Errors on held-out rows, and the weights that were kept. */
async function trained(rows: Preparation, most: number, { batch = 1024, start = 1 } = {}) {
  const encoder = encoderOf(WIDE, start);
  const errors: number[] = [];
  for await (const epoch of trainEncoder(encoder, rows, { most, batch })) {
    assertEquals([epoch.done, epoch.of], [errors.length + 1, most]);
    errors.push(epoch.error);
  }
  return { errors, codes: await read(Object.values(encoder.parameters())) };
}

Deno.test("the auto-encoder learns to give features back, in one batch and in several", async () => {
  for (const batch of [1024, 27]) {
    const { errors } = await trained(explained(60), 50, { batch });
    assertEquals(errors.length, 50);
    assert(errors[49] < 0.75 * errors[0], `${errors[0]} -> ${errors[49]}`);
  }
});

Deno.test("the auto-encoder has the same bits for the same seed, and others for another", async () => {
  const rows = explained(60);
  const once = await trained(rows, 3, { batch: 27 });
  assertEquals(await trained(rows, 3, { batch: 27, start: 2 }), once);
  const other = await trained({ ...rows, seed: 6 }, 3, { batch: 27 });
  assert(other.errors[0] !== once.errors[0]);
});

Deno.test("the auto-encoder ends ten epochs after its least held-out error, and keeps that encoder", async () => {
  const noise = rowsOf(matrixOf(hostArray([20, WIDE], 81)), Array(20).fill(0));
  const { errors, codes } = await trained(noise, 400);
  const least = errors.indexOf(Math.min(...errors)) + 1;
  assertEquals(errors.length, least + 10);
  assertEquals((await trained(noise, least)).codes, codes);
  assert((await trained(noise, least - 1)).codes.some((values, i) => values[0] !== codes[i][0]));
});

Deno.test("one row is enough for an auto-encoder, and one column has a code", async () => {
  assertEquals([1, 2, 5, 512].map(codeColumns), [1, 1, 2, 256]);
  const regulariser = ft.create({ features: 2, teacher: 1, seed: 1 }, { codeEpochs: 3 })!;
  await prepareWith(regulariser, rowsOf([[2]], [0]));
  const { "encoder.layers.4.bias": { values } } = await hostVariables(regulariser);
  assert(values.every(Number.isFinite));
});

Deno.test("ft's preparation sets the encoder alone, and training leaves it as it is", async () => {
  const regulariser = ft.create({ features: 3, teacher: 8, seed: 1 }, { codeEpochs: 5 })!;
  const before = await hostVariables(regulariser);
  const told: number[] = [];
  for await (const { done, of } of preparing(regulariser, explained(40, 8))) told.push(done, of);
  assertEquals(told, [1, 5, 2, 5, 3, 5, 4, 5, 5, 5]);
  const after = await hostVariables(regulariser);
  for (const [name, { values }] of Object.entries(after)) {
    const isSame = values.every((value, i) => value === before[name].values[i]);
    assertEquals(isSame, name.startsWith("translator."), name);
  }
  assert(Object.keys(regulariser.parameters).every((name) => name.startsWith("translator.")));
});
