/** Distillation of logits, its probes and their ensembles. */

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ensembleOf } from "../../../aft/methods/ensemble.ts";
import { methods } from "../../../aft/methods/mod.ts";
import type { Preparation } from "../../../aft/methods/preparation.ts";
import { probedOutputs } from "../../../aft/methods/probed.ts";
import type { WorkStep } from "../../../aft/bit_by_bit.ts";
import { matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { ShapeError } from "../../../gpu/errors.ts";
import { hostArray } from "../../nn/support.ts";
import {
  assertMethod,
  batchOf,
  type HostSeen,
  type Matrix,
  matrixOf,
  mean,
  prepareWith,
  rowsOf,
  softmax,
  sum,
} from "./support.ts";

const { logitkd } = methods;

/** T^2 KL over rows, which come from the last to the first. */
const divergence = (t: number) => ({ logits, variables }: HostSeen) => {
  const targets = matrixOf(variables.targets).reverse();
  return t * t * mean(targets.map((target, i) => {
    const wanted = softmax(target.map((v) => v / t));
    const said = softmax(logits[i].map((v) => v / t));
    return sum(wanted.map((p, c) => p * Math.log(p / said[c])));
  }));
};

for (const temperature of [1, 4]) {
  Deno.test(`logitkd at temperature ${temperature} agrees with plain numbers, forward and backward`, () =>
    assertMethod(logitkd, divergence(temperature), {
      options: { temperature },
      ready: ({ constants }) =>
        constants.targets.write(Float32Array.from(hostArray([6, 3], 31, 3).values)),
    }));
}

Deno.test("logitkd follows values by their squared error", () =>
  assertMethod(
    logitkd,
    ({ logits, variables }) =>
      mean(matrixOf(variables.targets).reverse().map(([z], i) => (logits[i][0] - z) ** 2)),
    {
      outputs: 1,
      ready: ({ constants }) =>
        constants.targets.write(Float32Array.from(hostArray([6, 1], 32).values)),
    },
  ));

Deno.test("logitkd asks for the places of rows", () => {
  const shape = { features: 2, teacher: 2, outputs: 2, rows: 3, seed: 0 };
  const rows = [[1, 2], [3, 4], [5, 6]];
  const loss = () => logitkd.create(shape)!.loss(batchOf(rows, rows));
  assertThrows(loss, ShapeError, "does not say their places");
});

/** Two classes that the first column tells apart, with noise in the second. */
const LABELS = Array.from({ length: 40 }, (_, i) => i % 2);
const PSI: Matrix = matrixOf(hostArray([40, 2], 33)).map(([a, b], i) => [LABELS[i] * 2 - 1 + a, b]);

/** Outputs of probes, and what they said of how far they were. */
function probed(rows: Preparation, blocks: readonly number[], folds: number) {
  const work = probedOutputs(rows, blocks, folds);
  const told: WorkStep[] = [];
  let fit = work.next();
  for (; !fit.done; fit = work.next()) told.push(fit.value);
  return { outputs: fit.value, told };
}

Deno.test("probes that have not seen a row are less sure of it than those that have", () => {
  // More columns than rows: anything can be fitted.
  const wide = matrixOf(hostArray([40, 60], 34)).map((row, i) => [3 * PSI[i][0], ...row]);
  const rows = rowsOf(wide, LABELS, { classes: 2 });
  const right = (folds: number) => {
    const [{ values }] = probed(rows, [61], folds).outputs;
    return mean(LABELS.map((label, i) => softmax([...values.slice(2 * i, 2 * i + 2)])[label]));
  };
  assert(right(1) > right(5) + 0.1);
});

Deno.test("every teacher has a probe of its own columns", () => {
  const rows = rowsOf(PSI, LABELS, { classes: 2 });
  const [first, second] = probed(rows, [1, 1], 4).outputs;
  const firstRows = rowsOf(PSI.map(([a]) => [a]), LABELS, { classes: 2 });
  assertEquals(first.values, probed(firstRows, [1], 4).outputs[0].values);
  const hits = ({ values }: typeof first) =>
    LABELS.filter((label, i) => Number(values[2 * i + 1] > values[2 * i]) === label).length;
  assert(hits(first) > 32);
  assert(hits(second) < 30);
});

Deno.test("probes say how far they are, one teacher after the other", () => {
  const rows = rowsOf(PSI, LABELS, { classes: 2 });
  const { told } = probed(rows, [1, 1], 4);
  const [{ of }] = told;
  const [first, second] = [told.filter(({ done }) => done <= of / 2), told.slice(-1)];
  assertEquals(first.map(({ done }) => done), first.map((_, i) => i + 1));
  assert(first.length >= 4 && first.length < told.length);
  assert(second[0].done > of / 2 && second[0].done <= of);
  const whole = probed(rows, [1, 1], 1).told;
  assert(whole.length >= 4 && whole.every(({ of }) => of === whole[0].of));
});

Deno.test("probes of values say values", () => {
  const { outputs } = probed(rowsOf(PSI, PSI.map(([a]) => 2 * a)), [2], 5);
  const [{ rows, columns, values }] = outputs;
  assertEquals([rows, columns], [40, 1]);
  const errors = PSI.map(([a], i) => (values[i] - 2 * a) ** 2);
  assert(mean(errors) < 0.01);
});

Deno.test("ensembles weigh teachers by their doubt", () => {
  const sure = matrix(1, 2, [4, 0]);
  const unsure = matrix(1, 2, [0, 1]);
  const rows = { labels: Int32Array.of(1), classes: 2 };
  const first = (name: "mean" | "entropy" | "confidence") =>
    ensembleOf([sure, unsure], rows, name)[0];
  assertEquals(first("mean"), 2);

  const doubts = {
    entropy: entropies(),
    confidence: [-Math.log(softmax([4, 0])[1]), -Math.log(softmax([0, 1])[1])],
  };
  for (const name of ["entropy", "confidence"] as const) {
    assertAlmostEquals(first(name), 4 * (1 - softmax(doubts[name])[0]), 1e-6);
  }
  assert(first("entropy") > 2); // the sure one counts more
  assert(first("confidence") < 2); // it is wrong

  function entropies() {
    return [[4, 0], [0, 1]].map((row) => -sum(softmax(row).map((p) => p * Math.log(p))));
  }
});

Deno.test("an ensemble of one is what it says, and values are weighed by their error", () => {
  const rows = { labels: Float32Array.of(1), classes: 0 };
  assertEquals([...ensembleOf([matrix(1, 1, [3])], rows, "confidence")], [3]);
  const [weighed] = ensembleOf([matrix(1, 1, [1]), matrix(1, 1, [3])], rows, "confidence");
  assertAlmostEquals(weighed, 3 - 2 * (1 - softmax([0, 4])[0]), 1e-6);
});

Deno.test("logitkd prepares the same targets every time", async () => {
  const shape = { features: 2, teacher: 2, outputs: 2, rows: 40, seed: 0 };
  const prepared = async () => {
    const regulariser = logitkd.create(shape)!;
    await prepareWith(regulariser, rowsOf(PSI, LABELS, { classes: 2 }));
    return await regulariser.constants.targets.data();
  };
  const [once, again] = [await prepared(), await prepared()];
  assertEquals(once, again);
  assert(once.some((value) => value !== 0));
});
