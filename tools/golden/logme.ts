/** Golden sets of LogME: scores, precisions and posterior means of features and labels, in float64. */

import { type Logme, logme, type LogmeForm, matrix } from "../../aft/mod.ts";
import { type Check, compare, type Outcome, worse } from "./check.ts";
import { CaseFile, type Entry } from "./form.ts";

/** Runs a set in the form of the reference and, where the index has its score, in the full form. */
export async function runLogme({ id, method, file: path, fields }: Entry): Promise<Outcome> {
  const file = await CaseFile.read(path);
  const run = scorer(file, fields.flag("regression", false));
  const tolerance = fields.number("tol_f64");
  const { score, alphas, betas, m } = run("fixed-point");
  const short = compare("score", [score], file.outputs("out.score", []), tolerance);
  // The index repeats the score; a file and an index that differ are not to pass.
  const repeated = compare("score", [score], [fields.number("score_fixed_point")], tolerance);
  const checks = [
    worse(short, repeated),
    relative("alphas", alphas, file.outputs("out.alphas", [alphas.length]), tolerance),
    relative("betas", betas, file.outputs("out.betas", [betas.length]), tolerance),
    relative("ms", m.values, file.outputs("out.ms", [m.rows, m.columns]), tolerance),
  ];
  const full = fields.numberOrNone("score_icml2021");
  if (full !== undefined) {
    checks.push(compare("score, full form", [run("full").score], [full], tolerance));
  }
  return { id, method, checks };
}

function scorer(file: CaseFile, isRegression: boolean): (form: LogmeForm) => Logme {
  const [rows, columns] = file.shape("in.features");
  const features = matrix(rows, columns, file.inputs("in.features", [rows, columns]));
  const shape = file.shape("in.labels");
  const labels = isRegression ? file.inputs("in.labels", shape) : file.labels("in.labels", shape);
  return (form) => logme(features, labels, { form });
}

/** The tolerance is a share of the largest entry. */
function relative(
  output: string,
  values: ArrayLike<number>,
  reference: Float64Array,
  tolerance: number,
): Check {
  const largest = reference.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  return compare(output, values, reference, tolerance * largest);
}
