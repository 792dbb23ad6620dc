import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { ClassificationScore, RegressionScore } from "../../../aft/score.ts";
import { scaled, scaleOf } from "../../../aft/rank/features.ts";
import { type Matrix, matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { linearProbe, probeOutputs } from "../../../aft/rank/probe.ts";
import { ConfigError, ShapeError } from "../../../gpu/errors.ts";
import { dot, invert, product, randomMatrix, shifted, tableOf, transpose } from "./plain.ts";

/** Features that say something of three classes, and much that is noise. */
function task(rows: number, columns: number, seed: number) {
  const features = randomMatrix(rows, columns, seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const [a, b] = [features.values[row * columns], features.values[row * columns + 1]];
    return a + 0.4 * ((row * 7) % 5 - 2) > 0.1 ? 2 : b > 0 ? 1 : 0;
  });
  return { features, labels };
}

/** Gradient of mean cross-entropy + strength / 2 ||W||^2 by plain sums: weights, then offsets. */
function plainGradient(x: number[][], labels: Int32Array, weights: Matrix, bias: Float64Array) {
  const w = tableOf(weights);
  const errors = x.map((row, i) => {
    const logits = w.map((one, c) => dot(one, row) + bias[c]);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return logits.map((logit, c) => (Math.exp(logit) / total - (labels[i] === c ? 1 : 0)));
  });
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / x.length;
  return {
    weights: w.map((_, c) => x[0].map((_, j) => mean(x.map((row, i) => errors[i][c] * row[j])))),
    bias: w.map((_, c) => mean(errors.map((row) => row[c]))),
  };
}

Deno.test("a probe of classes is where the penalised loss has no slope, tall and wide", () => {
  for (const [rows, columns, strength] of [[90, 7, 0.01], [90, 7, 1], [24, 40, 0.1]]) {
    const { features, labels } = task(rows, columns, 1);
    const probe = linearProbe({ features, labels }, {
      validation: task(50, columns, 2),
      strengths: [strength],
    });
    const x = tableOf(scaled(features, scaleOf(features)));
    const slope = plainGradient(x, labels, probe.weights, probe.bias);
    tableOf(probe.weights).forEach((row, c) => {
      row.forEach((weight, j) => {
        assertAlmostEquals(slope.weights[c][j] + strength * weight, 0, 1e-3);
      });
      assertAlmostEquals(slope.bias[c], 0, 1e-3);
    });
    assert(probe.weights.values.some((weight) => Math.abs(weight) > 0.05));
  }
});

Deno.test("a probe of values agrees with the normal equations, tall and wide", () => {
  for (const [rows, columns] of [[40, 6], [12, 20]]) {
    const features = randomMatrix(rows, columns, 3);
    const labels = randomMatrix(rows, 1, 4).values.map((value) => 100 + 7 * value);
    const strength = 0.3;
    const probe = linearProbe({ features, labels }, {
      validation: { features, labels },
      strengths: [strength],
    });
    const x = tableOf(scaled(features, scaleOf(features)));
    const mean = labels.reduce((a, b) => a + b) / rows;
    const { inverse } = invert(shifted(product(transpose(x), x), strength * rows));
    const right = transpose(x).map((column) => dot(column, [...labels].map((y) => y - mean)));
    inverse.forEach((row, j) => assertAlmostEquals(probe.weights.values[j], dot(row, right), 1e-9));
    assertAlmostEquals(probe.bias[0], mean, 1e-9);
    const { loss, r2 } = probe.validation as RegressionScore;
    const outputs = probeOutputs(probe, features).values;
    const squares = labels.map((label, i) => (outputs[i] - label) ** 2);
    assertAlmostEquals(loss, squares.reduce((a, b) => a + b) / rows, 1e-9);
    assert(r2 > 0 && r2 < 1);
  }
});

Deno.test("the strength of the least validation loss is chosen, and scores are told", () => {
  const [train, validation] = [task(60, 20, 5), task(400, 20, 6)];
  const probe = linearProbe(train, { validation });
  const lossAt = (strength: number) =>
    linearProbe(train, { validation, strengths: [strength] }).validation.loss;
  for (const factor of [10, 1 / 10]) {
    assert(lossAt(probe.strength * factor) > lossAt(probe.strength));
  }
  const outputs = tableOf(probeOutputs(probe, validation.features));
  const right = outputs.filter((row, i) => row.indexOf(Math.max(...row)) === validation.labels[i]);
  assertEquals((probe.validation as ClassificationScore).accuracy, right.length / 400);
  assert((probe.training as ClassificationScore).accuracy > right.length / 400);
});

Deno.test("without validation rows the strength is chosen on held-out rows and all rows are fitted", () => {
  const rows = task(100, 4, 7);
  const probe = linearProbe(rows);
  const again = linearProbe(rows, { validation: rows, strengths: [probe.strength] });
  probe.weights.values.forEach((weight, i) => {
    assertAlmostEquals(weight, again.weights.values[i], 1e-2);
  });
  assert(probe.validation.loss !== probe.training.loss);
});

Deno.test("the same rows give the same bits", () => {
  const rows = task(50, 9, 8);
  assertEquals(linearProbe(rows).weights.values, linearProbe(rows).weights.values);
});

Deno.test("constant columns and absent classes do no harm", () => {
  const { features, labels } = task(40, 3, 9);
  features.values.forEach((_, at) => at % 3 === 2 && (features.values[at] = 4));
  const probe = linearProbe({ features, labels }, { classes: 5 });
  assertEquals([probe.weights.rows, probe.bias.length], [5, 5]);
  assert([...probe.weights.values, ...probe.bias].every(Number.isFinite));
  for (let c = 0; c < 5; c++) assertAlmostEquals(probe.weights.values[3 * c + 2], 0, 1e-12);
});

Deno.test("a probe refuses rows that do not fit together", () => {
  const rows = task(10, 3, 10);
  assertThrows(
    () => linearProbe(rows, { validation: task(10, 4, 11) }),
    ShapeError,
    "Cannot validate on features of 4 columns: the training rows have 3",
  );
  assertThrows(
    () => probeOutputs(linearProbe(rows), matrix(1, 2, [0, 0])),
    ShapeError,
    "the probe has 3 columns",
  );
  assertThrows(
    () => linearProbe({ features: matrix(1, 1, [1]), labels: Int32Array.of(0) }),
    ShapeError,
    "Cannot fit a linear probe to 1 row",
  );
  assertThrows(
    () => linearProbe(rows, { validation: { ...rows, labels: new Float32Array(10) } }),
    ShapeError,
    "Cannot validate by values: the training labels are classes",
  );
  assertThrows(
    () => linearProbe(rows, { classes: 2 }),
    ConfigError,
    "Cannot fit a linear probe to 2 classes: the largest label is 2",
  );
  assertThrows(() => linearProbe(rows, { strengths: [1, 0] }), ConfigError, "strength 0");
});
