/** Files made from the data: columns doubled, mixed, in other rows; values in place of classes. */

import { normals, rotation } from "./random.ts";
import {
  chooseRows,
  type Dataset,
  featureMatrix,
  linearProbe,
  probeOutputs,
  readDataset,
  readFeatures,
  summarise,
  writeAtomic,
} from "../../aft/mod.ts";
import { labelledRows, rowsOf, scaled, scaleOf } from "../../aft/rank/features.ts";
import { type Matrix, times } from "../../aft/rank/linear_algebra/matrix.ts";
import { permutationOf } from "../../gpu/mod.ts";
import { encodeSafetensors, type SafeTensorInput } from "../../nn/mod.ts";

/** Decides rotation, noise and the order of rows. */
const SEED = 20;
/** Root mean square of the noise of mixed columns over that of the columns. */
const NOISE = 0.1;

/**
 * Writes a teacher's features with every column twice, the copies behind the originals.
 *
 * @param features Feature file with tensors `train` and `test`.
 * @param data The labelled data they belong to.
 * @param path Where they go.
 */
export async function writeDoubled(features: string, data: string, path: string): Promise<void> {
  const doubled = ({ rows, columns, values }: Matrix): Matrix => {
    const result = new Float64Array(2 * values.length);
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * columns, (row + 1) * columns);
      result.set(own, 2 * row * columns);
      result.set(own, (2 * row + 1) * columns);
    }
    return { rows, columns: 2 * columns, values: result };
  };
  await rewrite(features, data, path, ([train, test]) => [doubled(train), doubled(test)]);
}

/**
 * Writes a teacher's features, centred by the means of the training rows and turned by a random
 * rotation, with Gaussian noise of a tenth of their root mean square in every column.
 *
 * @param features Feature file with tensors `train` and `test`.
 * @param data The labelled data they belong to.
 * @param path Where they go.
 */
export async function writeMixed(features: string, data: string, path: string): Promise<void> {
  await rewrite(features, data, path, ([train, test]) => {
    const { mean } = scaleOf(train);
    const centre = { mean, deviation: mean.map(() => 1) };
    const turn = rotation(train.columns, SEED);
    const turned = [train, test].map((matrix) => times(scaled(matrix, centre), turn));
    const size = Math.sqrt(
      turned[0].values.reduce((sum, x) => sum + x * x, 0) /
        turned[0].values.length,
    );
    return turned.map((matrix, split) => {
      const noise = normals(matrix.values.length, SEED, split + 1);
      return { ...matrix, values: matrix.values.map((x, i) => x + NOISE * size * noise[i]) };
    });
  });
}

/**
 * Writes a teacher's features with their rows in a random order: columns as they were, of which none
 * says anything of its row's label any more.
 *
 * @param features Feature file with tensors `train` and `test`.
 * @param data The labelled data they belong to.
 * @param path Where they go.
 */
export async function writeShuffled(features: string, data: string, path: string): Promise<void> {
  await rewrite(
    features,
    data,
    path,
    (splits) =>
      splits.map((matrix, split) =>
        rowsOf(matrix, permutationOf(matrix.rows, { seed: SEED + split }))
      ),
  );
}

async function rewrite(
  features: string,
  data: string,
  path: string,
  change: (splits: readonly Matrix[]) => readonly Matrix[],
): Promise<void> {
  const [{ splits }] = await readFeatures([features], await readDataset(data));
  const changed = change([splits.train, splits.test!].map((split) => featureMatrix([split])));
  const [train, test] = changed.map(({ rows, columns, values }): SafeTensorInput => ({
    dtype: "F32",
    shape: [rows, columns],
    values: Float32Array.from(values),
  }));
  await writeAtomic(path, encodeSafetensors({ train, test }));
}

/**
 * Writes the data with values for labels: the logit that a linear probe of a teacher, fitted to all
 * training rows, gives to a class; scaled so that its mean over them is 0 and its variance 1.
 *
 * @param data The labelled data.
 * @param features Feature file of the probed teacher.
 * @param label Number of the class.
 * @param path Where they go.
 */
export async function writeLogits(
  data: string,
  features: string,
  label: number,
  path: string,
): Promise<void> {
  const dataset = await readDataset(data);
  const [{ splits }] = await readFeatures([features], dataset);
  const [train, test] = logitsOf(
    dataset,
    [splits.train, splits.test!].map((split) => featureMatrix([split])),
    label,
  );
  const { mean, sd } = summarise(train);
  const tensors = Object.fromEntries(
    ([["train", train], ["test", test]] as const).flatMap(([name, values]) => {
      const { rows, inputs } = dataset.splits[name];
      const labels = Float32Array.from(values, (value) => (value - mean!) / sd!);
      const dtype = inputs instanceof Uint8Array ? "U8" : "F32";
      return [
        [`${name}.inputs`, { dtype, shape: [rows, ...dataset.inputShape], values: inputs }],
        [`${name}.labels`, { dtype: "F32", shape: [rows], values: labels }],
      ] as [string, SafeTensorInput][];
    }),
  );
  await writeAtomic(path, encodeSafetensors(tensors));
}

/** Logits of a class for training and test rows; a fifth of the training rows chooses the strength. */
function logitsOf(
  { splits, classes, task }: Dataset,
  features: readonly Matrix[],
  label: number,
): number[][] {
  const { labels } = splits.train;
  const { train, val } = chooseRows(labels, { seed: SEED, task, valSize: 0.2 });
  const all = { features: features[0], labels: Int32Array.from(labels) };
  const rows = (chosen: Uint32Array) => labelledRows(all, chosen);
  const probe = linearProbe(rows(train), { validation: rows(val), classes: classes.length });
  return features.map((matrix) => {
    const { values, columns } = probeOutputs(probe, matrix);
    return Array.from({ length: matrix.rows }, (_, row) => values[row * columns + label]);
  });
}
