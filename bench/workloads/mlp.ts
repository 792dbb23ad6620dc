/** Training steps of an MLP, by labels alone and with adaptive feature transfer. */

import { add, submit, type Tensor, tensor, valueAndGrad, variable, zeros } from "../../gpu/mod.ts";
import { methods } from "../../aft/methods/mod.ts";
import { Adam, crossEntropy, MLP } from "../../nn/mod.ts";
import { labels, rnd, transposed } from "../data.ts";
import { definitions } from "../definition.ts";
import type { Model, Workload } from "../workload.ts";

const BATCH = 128;
const WIDTHS = [3072, 512, 256, 10];
const TEACHER = 2048;

/** Sizes of the training steps. */
export interface Sizes {
  /** Rows of a batch. */
  batch: number;
  /** Teacher columns; 0 learns by labels alone. */
  teacher: number;
}

interface Data extends Sizes {
  x: Float32Array<ArrayBuffer>;
  labels: Int32Array<ArrayBuffer>;
  /** Weights as the layers keep them, [out, in]; the definition has them [in, out]. */
  weights: Float32Array<ArrayBuffer>[];
  /** [batch, teacher] */
  features: Float32Array<ArrayBuffer>;
}

/** 3072-512-256-10, ReLU, batch 128, cross-entropy, forward, gradients and Adam. */
export const mlp: Workload = {
  name: "mlp",
  ...definitions.mlp,
  prepare: () => training({ batch: BATCH, teacher: 0 }),
};

/** The same with the gap to 2,048 teacher columns, beta 1; s learns at the same rate. */
export const mlpAft: Workload = {
  name: "mlp_aft",
  ...definitions.mlp_aft,
  prepare: () => training({ batch: BATCH, teacher: TEACHER }),
};

/** Makes the data of a training step of these sizes; what it returns makes the model. */
export function training(sizes: Sizes): () => Model {
  const weights = WIDTHS.slice(1).map((outputs, i) => {
    const inputs = WIDTHS[i];
    const values = rnd(10 + i, inputs * outputs, Math.sqrt(6 / inputs));
    return transposed(values, inputs, outputs);
  });
  const { batch, teacher } = sizes;
  const data = {
    ...sizes,
    x: rnd(1, batch * WIDTHS[0]),
    labels: labels(batch),
    weights,
    features: rnd(2, batch * teacher),
  };
  return () => modelOf(data);
}

function modelOf(data: Data): Model {
  const student = studentOf(data.weights);
  const x = tensor(data.x, { shape: [data.batch, WIDTHS[0]] });
  const truth = tensor(data.labels);
  const regulariser = data.teacher > 0 ? regulariserOf(data) : undefined;
  const parameters = { student: student.parameters(), ...regulariser?.parameters };
  const optimiser = new Adam(parameters);
  const lossAndGrads = valueAndGrad((_: typeof parameters) => {
    const { logits, features } = student.forward(x);
    const task = crossEntropy(logits, truth);
    return regulariser === undefined ? task : add(task, regulariser.loss(features));
  });
  const loss = variable(zeros([]));
  const step = () => {
    const { value, grads } = lossAndGrads(parameters);
    loss.assign(value);
    optimiser.step(grads);
    submit();
  };
  return { step, loss };
}

/** The gap of the method aft between student features and these teacher columns. */
function regulariserOf({ batch, teacher: columns, features: values }: Data) {
  const teacher = tensor(values, { shape: [batch, columns] });
  const { parameters, loss } = methods.aft.create({
    features: WIDTHS.at(-2)!,
    teacher: columns,
    seed: 0,
  })!;
  return {
    parameters: { method: parameters },
    // The method looks neither at logits nor at labels.
    loss: (features: Tensor) =>
      loss({ features, teacher, logits: features, labels: zeros([batch], "i32") }),
  };
}

function studentOf(weights: readonly Float32Array<ArrayBuffer>[]): MLP {
  const [inputs, ...hidden] = WIDTHS;
  const outputs = hidden.pop()!;
  const student = new MLP({ inputs, hidden, outputs, seed: 0 });
  [...student.layers, student.head].forEach(({ weight, bias }, i) => {
    weight.write(weights[i]);
    bias!.write(new Float32Array(bias!.size));
  });
  return student;
}
