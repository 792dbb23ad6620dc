/** B-Tuning (You et al. 2022, arXiv 2110.10545): teachers' posterior predictions, mixed by evidence. */

import { matmul, mean, square, sub, type Variable, variable, zeros } from "../../gpu/mod.ts";
import { matrix } from "../rank/linear_algebra/matrix.ts";
import { type Logme, logme } from "../rank/logme.ts";
import { probabilities } from "../score.ts";
import type { Method } from "./method.ts";
import { computed } from "./rows.ts";
import { teacherMatrices } from "./teacher_columns.ts";

/** Evidence, in nats per row, by which one teacher's share is e times that of another. */
const TEMPERATURE = 0.1;

/** What LogME says of one matrix of features, as far as B-Tuning needs it. */
export type Posterior = Pick<Logme, "score" | "m">;

/** What B-Tuning holds fixed. */
export interface Heads extends Record<string, Variable> {
  /** Posterior mean weights m_s of the student's features before training, `[C, dPhi]`. */
  student: Variable;
  /** pi_k m_k of all teachers side by side, `[C, dPsi]`: one product mixes all predictions. */
  teacher: Variable;
  /** Share pi_k of each teacher. */
  shares: Variable;
}

/**
 * Pulls what a linear model fitted to the student's first features says of the features now to what
 * such models say of the teachers' features. Both are LogME's posterior means over the training rows
 * in use, for classes one against the rest, and stay as they are.
 */
export const btune: Method = {
  name: "btune",
  summary: "match the predictions of LogME's linear models, teachers mixed by their evidence",
  formula: "mean((phi m_s^T - sum_k pi_k psi_k m_k^T)^2), pi = softmax(LogME_k / 0.1)",
  source: "You et al. 2022 (arXiv 2110.10545), B-Tuning, as the baseline of arXiv 2406.07337",
  learns: "nothing; the posterior means m and shares pi come from the training rows",
  beta: 10,
  usesTeachers: true,
  options: [],
  create({ features, teacher, blocks = [teacher], outputs = 1 }) {
    const heads: Heads = {
      student: variable(zeros([outputs, features])),
      teacher: variable(zeros([outputs, teacher])),
      shares: variable(zeros([blocks.length])),
    };
    return {
      parameters: {},
      constants: heads,
      rate: "student",
      loss(batch) {
        const said = matmul(batch.features, heads.student, { transposeB: true }); // [B, C]
        const mixed = matmul(computed(batch.teacher), heads.teacher, { transposeB: true });
        return mean(square(sub(said, mixed)));
      },
      async prepare(rows) {
        const { labels } = rows;
        const first = matrix(rows.rows, features, await rows.student());
        const teachers = teacherMatrices(rows, blocks).map((psi) => logme(psi, labels));
        writeHeads(heads, logme(first, labels), teachers);
      },
    };
  },
};

/**
 * Fixes the linear models.
 *
 * @param heads Where they go.
 * @param student Of the student's features.
 * @param teachers Of each teacher's columns, in order.
 */
export function writeHeads(
  heads: Heads,
  student: Posterior,
  teachers: readonly Posterior[],
): void {
  const shares = probabilities(teachers.map(({ score }) => score / TEMPERATURE));
  const [outputs, columns] = heads.teacher.shape;
  const mixed = new Float32Array(outputs * columns);
  let start = 0;
  teachers.forEach(({ m }, k) => {
    m.values.forEach((value, at) => {
      const row = Math.floor(at / m.columns);
      mixed[row * columns + start + at % m.columns] = shares[k] * value;
    });
    start += m.columns;
  });
  const own = new Float32Array(heads.student.size); // classes above the largest label keep zeros
  own.set(student.m.values);
  heads.student.write(own);
  heads.teacher.write(mixed);
  heads.shares.write(Float32Array.from(shares));
}
