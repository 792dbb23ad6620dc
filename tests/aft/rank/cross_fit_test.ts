/** Probes asked for rows that they have not seen. */

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { crossFit } from "../../../aft/rank/cross_fit.ts";
import { labelledRows } from "../../../aft/rank/features.ts";
import { matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { linearProbe, probeOutputs } from "../../../aft/rank/probe.ts";
import { permutationOf } from "../../../gpu/mod.ts";
import { ConfigError, ShapeError } from "../../../gpu/errors.ts";
import { hostArray } from "../../nn/support.ts";

const ROWS = 30;
const labels = Int32Array.from({ length: ROWS }, (_, i) => i % 3);
const features = matrix(
  ROWS,
  2,
  hostArray([ROWS, 2], 5).values.map((v, at) => v + 2 * labels[at >> 1] * (at % 2)),
);

Deno.test("every row is answered by a probe of the parts it is not in", () => {
  const { outputs, strength, score } = crossFit({ features, labels }, { folds: 3, seed: 7 });
  const order = [...permutationOf(ROWS, { seed: 7 })];
  for (const part of [0, 1, 2]) {
    const [kept, held] = [false, true].map((is) => order.filter((_, i) => (i % 3 === part) === is));
    const rows = labelledRows({ features, labels }, kept);
    const probe = linearProbe(rows, { validation: rows, strengths: [strength], classes: 3 });
    const { values } = probeOutputs(probe, labelledRows({ features, labels }, held).features);
    held.forEach((row, i) =>
      [0, 1, 2].forEach((c) => {
        const wanted = values[3 * i + c];
        assertAlmostEquals(outputs.values[3 * row + c], wanted, 0.05 * (1 + Math.abs(wanted)));
      })
    );
  }
  const answer = (row: number) => {
    const said = [...outputs.values.slice(3 * row, 3 * row + 3)];
    return said.indexOf(Math.max(...said));
  };
  const right = Array.from(labels).filter((label, row) => answer(row) === label).length;
  assert("accuracy" in score);
  assertAlmostEquals(score.accuracy, right / ROWS, 1e-12);
  assert(right > ROWS / 2);
});

Deno.test("no more parts are made than there are rows, and seeds deal rows differently", () => {
  const few = { features: matrix(3, 1, [0, 1, 2]), labels: Float64Array.of(0, 1, 2) };
  assertEquals(crossFit(few, { folds: 9 }).outputs.rows, 3);
  const one = crossFit({ features, labels }, { seed: 1 }).outputs.values;
  assertEquals(crossFit({ features, labels }, { seed: 1 }).outputs.values, one);
  assert(crossFit({ features, labels }, { seed: 2 }).outputs.values.some((v, i) => v !== one[i]));
});

Deno.test("one part, and one row, are refused", () => {
  assertThrows(() => crossFit({ features, labels }, { folds: 1 }), ConfigError, "into 1 parts");
  const row = { features: matrix(1, 1, [0]), labels: Float64Array.of(0) };
  assertThrows(() => crossFit(row), ShapeError, "Cannot deal 1 row");
});

Deno.test("columns of small weight are used little, and weights come from the fitted rows", () => {
  const seen: number[][] = [];
  const fit = (weights: readonly number[]) =>
    crossFit({ features, labels }, {
      folds: 3,
      weigh: (rows) => {
        seen.push([...rows]);
        return weights;
      },
    });
  const accuracy = ({ score }: ReturnType<typeof fit>) => "accuracy" in score ? score.accuracy : -1;
  assert(accuracy(fit([1e-6, 1])) > accuracy(fit([1, 1e-6])) + 0.2); // the second one tells classes
  assertEquals(seen.map((rows) => rows.length), Array(6).fill(20));
  assertEquals(new Set(seen.slice(0, 3).flat()).size, ROWS);
});
