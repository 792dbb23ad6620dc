/** B-Tuning: the loss, and what it works out from the training rows. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { btune, type Heads, type Posterior, writeHeads } from "../../../aft/methods/btune.ts";
import type { Regulariser } from "../../../aft/methods/method.ts";
import type { Preparation } from "../../../aft/methods/preparation.ts";
import { matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { assertClose, hostArray } from "../../nn/support.ts";
import { plainLogme } from "../rank/plain.ts";
import {
  assertMethod,
  lossOf,
  map2,
  type Matrix,
  matrixOf,
  mean,
  prepareWith,
  product,
  rowsOf,
  scaled,
  sum,
  transposed,
} from "./support.ts";

const headsOf = ({ constants }: Regulariser) => constants as Heads;

function posterior(score: number, outputs: number, columns: number, seed: number): Posterior {
  return { score, m: matrix(outputs, columns, hostArray([outputs, columns], seed).values) };
}

/** Posterior means as rows. */
const tableOf = ({ m: { rows, columns, values } }: Posterior) =>
  matrixOf({ shape: [rows, columns], values });

/** Columns of each teacher. */
function blocksOf(psi: Matrix, blocks: readonly number[]): Matrix[] {
  let start = 0;
  return blocks.map((columns) => {
    const from = start;
    start += columns;
    return psi.map((row) => row.slice(from, from + columns));
  });
}

/** softmax(score / 0.1). */
function shares(scores: readonly number[]): number[] {
  const powers = scores.map((score) => Math.exp(score / 0.1));
  return powers.map((power) => power / sum(powers));
}

/** mean((phi m_s^T - sum_k pi_k psi_k m_k^T)^2). */
function plainLoss(
  phi: Matrix,
  psi: readonly Matrix[],
  student: Posterior,
  teachers: readonly Posterior[],
): number {
  const predictions = psi.map((x, k) => product(x, transposed(tableOf(teachers[k]))));
  const pi = shares(teachers.map(({ score }) => score));
  const mixed = predictions[0].map((row, i) =>
    row.map((_, c) => sum(predictions.map((p, k) => pi[k] * p[i][c])))
  );
  const said = product(phi, transposed(tableOf(student)));
  return mean(map2(said, mixed, (a, b) => (a - b) ** 2).flat());
}

Deno.test("btune agrees with plain numbers, forward and backward", async () => {
  for (const [outputs, blocks] of [[3, [4]], [1, [2, 3]], [2, [1, 1, 3]]] as const) {
    const student = posterior(0, outputs, 3, 31);
    const teachers = blocks.map((columns, k) => posterior(0.07 * k, outputs, columns, 32 + k));
    await assertMethod(
      btune,
      ({ phi, psi }) => plainLoss(phi, blocksOf(psi, blocks), student, teachers),
      {
        ...{ outputs, blocks: [...blocks] },
        ready: (regulariser) => writeHeads(headsOf(regulariser), student, teachers),
      },
    );
  }
});

/** Rows of three classes and values; the second teacher knows less. */
const [STUDENT, KNOWING, GUESSING] = [[24, 3], [24, 4], [24, 2]].map((shape, i) => {
  const strength = [0.5, 2, 0.3][i];
  return matrixOf(hostArray(shape, 41 + i)).map((row, r) =>
    row.map((v, c) => v + (r % 3 === c ? strength : 0))
  );
});
const BOTH = KNOWING.map((row, i) => [...row, ...GUESSING[i]]);
const CLASSES = STUDENT.map((_, i) => i % 3);

/** What elimination in float64 says of features. */
function plainPosterior(features: Matrix, targets: number[][]): Posterior {
  const [rows, columns] = [features.length, features[0].length];
  const { fits, score } = plainLogme(
    matrix(rows, columns, features.flat()),
    targets,
    "fixed-point",
  );
  return { score, m: matrix(fits.length, columns, fits.flatMap(({ m }) => m)) };
}

async function prepared(outputs: number, rows: Preparation): Promise<Regulariser> {
  const shape = { features: 3, teacher: 6, blocks: [4, 2], outputs, seed: 1 };
  const regulariser = btune.create(shape)!;
  await prepareWith(regulariser, rows);
  return regulariser;
}

Deno.test("btune's heads are LogME's posterior means and shares, for classes and for values", async () => {
  const values = STUDENT.map(([a, b], i) => Math.fround(a - 2 * b + KNOWING[i][0]));
  const oneAgainstRest = [0, 1, 2].map((c) => CLASSES.map((label) => label === c ? 1 : 0));
  const kinds = [
    { targets: oneAgainstRest, rows: rowsOf(BOTH, CLASSES, { classes: 3, student: STUDENT }) },
    { targets: [values], rows: rowsOf(BOTH, values, { student: STUDENT }) },
  ];
  for (const { targets, rows } of kinds) {
    const regulariser = await prepared(targets.length, rows);
    const heads = headsOf(regulariser);
    const [student, ...teachers] = [STUDENT, KNOWING, GUESSING].map((x) =>
      plainPosterior(x, targets)
    );
    const pi = shares(teachers.map(({ score }) => score));
    assert(pi[0] > pi[1] && pi[1] > 1e-4);
    assertClose(await heads.shares.data(), pi, 1e-6);
    assertClose(await heads.student.data(), student.m.values, 1e-6);
    const mixed = targets.map((_, c) =>
      teachers.flatMap((posterior, k) => scaled([tableOf(posterior)[c]], Array(4).fill(pi[k]))[0])
    );
    assertClose(await heads.teacher.data(), mixed.flat(), 1e-6);
    const found = await lossOf(regulariser, STUDENT, BOTH);
    assertAlmostEquals(found, plainLoss(STUDENT, [KNOWING, GUESSING], student, teachers), 1e-6);
  }
});

Deno.test("btune says nothing of classes above those of the rows in use", async () => {
  const rows = rowsOf(BOTH, CLASSES, { classes: 5, student: STUDENT });
  const heads = headsOf(await prepared(5, rows));
  const known = await prepared(3, rows);
  const student = await heads.student.data();
  assertEquals([...student.subarray(0, 9)], [...await headsOf(known).student.data()]);
  assertEquals([...student.subarray(9)], Array(6).fill(0));
  assertEquals([...(await heads.teacher.data()).subarray(18)], Array(12).fill(0));
});

Deno.test("btune is 0 where the student starts from the features of its only teacher", async () => {
  const regulariser = btune.create({ features: 4, teacher: 4, outputs: 3, seed: 1 })!;
  await prepareWith(regulariser, rowsOf(KNOWING, CLASSES, { classes: 3 }));
  assertAlmostEquals(await lossOf(regulariser, KNOWING, KNOWING), 0, 1e-12);
  const moved = KNOWING.map((row) => row.map((v) => v + 1));
  assert(await lossOf(regulariser, moved, KNOWING) > 1e-4);
});
