/** The method to use by default. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { methods } from "../../../aft/methods/mod.ts";
import { resolveSettings } from "../../../aft/config.ts";
import { hostArray } from "../../nn/support.ts";
import {
  affine,
  assertMethod,
  type HostSeen,
  type Matrix,
  matrixOf,
  mean,
  prepareWith,
  rowsOf,
  sigmoid,
  softmax,
  sum,
} from "./support.ts";

const auto = methods["aft-auto"];

/** Rows come from the last to the first. */
function reference({ phi, psi, logits, variables }: HostSeen): number {
  const weights = [...variables.s.values].map((s) => sigmoid(s) ** 2);
  const map = affine(phi, matrixOf(variables["map.weight"]), [...variables["map.bias"].values]);
  const columns = mean(
    map.flatMap((row, b) => row.map((v, i) => weights[i] * (v - psi[b][i]) ** 2)),
  ) / mean(weights);
  const answers = mean(
    matrixOf(variables.targets).reverse().map((target, b) => {
      const [wanted, said] = [softmax(target), softmax(logits[b])];
      return sum(wanted.map((p, c) => p * Math.log(p / said[c])));
    }),
  );
  return 4 * variables.known.values[0] * answers + 10 * columns;
}

Deno.test("aft-auto agrees with plain numbers, forward and backward", () =>
  assertMethod(auto, reference, {
    blocks: [3, 2],
    ready: ({ constants: { s, targets, known } }) => {
      s.write(Float32Array.from(hostArray([5], 41, 2).values));
      targets.write(Float32Array.from(hostArray([6, 3], 42, 2).values));
      known.write(Float32Array.of(0.7));
    },
  }));

/** Two classes, which the first column tells apart; the second column is noise. */
const LABELS = Array.from({ length: 60 }, (_, i) => i % 2);
const NOISE: Matrix = matrixOf(hostArray([60, 2], 43));
const PSI: Matrix = NOISE.map(([a, b], i) => [LABELS[i] * 2 - 1 + a / 2, b]);

/** What preparation finds. */
async function prepared(psi: Matrix, labels: readonly number[], classes: number) {
  const outputs = Math.max(1, classes);
  const shape = { features: 2, teacher: psi[0].length, outputs, rows: psi.length, seed: 0 };
  const { prepare, constants } = auto.create(shape)!;
  await prepareWith({ prepare }, rowsOf(psi, labels, { classes }));
  const [s, targets] = [await constants.s.data(), await constants.targets.data()];
  return { rho: Array.from(s, sigmoid), targets, known: await constants.known.item() };
}

Deno.test("teachers pull as strongly as a probe of them knows the labels", async () => {
  const useful = await prepared(PSI, LABELS, 2);
  assert(useful.known > 0.5 && useful.known < 1);
  assert(useful.rho[0] > 0.99 && useful.rho[1] < 0.3);
  const right = LABELS.filter((label, i) =>
    Number(useful.targets[2 * i + 1] > useful.targets[2 * i]) === label
  );
  assert(right.length > 54);
  const useless = await prepared(NOISE, LABELS, 2);
  assert(useless.known < 0.05);
});

Deno.test("of values the known share is that of their variance", async () => {
  const values = PSI.map(([a], i) => a + NOISE[(i + 1) % 60][1] / 2);
  const centre = mean(values);
  const deviation = Math.sqrt(mean(values.map((v) => (v - centre) ** 2)));
  const labels = values.map((v) => (v - centre) / deviation);
  const { known, targets } = await prepared(PSI, labels, 0);
  assertAlmostEquals(known, 1 - mean(labels.map((v, i) => (v - targets[i]) ** 2)), 1e-5);
  assert(known > 0.6);
});

Deno.test("one class alone leaves nothing to know", async () => {
  assertEquals((await prepared(PSI, LABELS.map(() => 0), 1)).known, 0);
});

Deno.test("teachers of aft-auto are standardised unless the run says otherwise", () => {
  assertEquals(resolveSettings({ method: "aft-auto" }).standardise, true);
  assertEquals(resolveSettings({ method: "aft-auto", standardise: false }).standardise, false);
  assertEquals(resolveSettings({ method: "kd+aft-auto" }).standardise, true);
  assertEquals(resolveSettings({ method: "aft" }).standardise, false);
});
