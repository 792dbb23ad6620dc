/** Training steps of an MLP, by labels alone and with adaptive feature transfer. */

import { add, submit, type Tensor, tensor, valueAndGrad, variable, zeros } from "../../gpu/mod.ts";
import { methods } from "../../aft/methods/mod.ts";
import { Adam, crossEntropy, MLP } from "../../nn/mod.ts";
import { labels, rnd, transposed } from "../data.ts";
import type { Model, Workload } from "../workload.ts";

const BATCH = 128;
const WIDTHS = [3072, 512, 256, 10];
const TEACHER = 2048;

interface Data {
  x: Float32Array<ArrayBuffer>;
  labels: Int32Array<ArrayBuffer>;
  /** Weights as the layers keep them, [out, in]; the definition has them [in, out]. */
  weights: Float32Array<ArrayBuffer>[];
  teacher?: Float32Array<ArrayBuffer>;
}

/** 3072-512-256-10, ReLU, batch 128, cross-entropy, forward, gradients and Adam. */
export const mlp: Workload = {
  name: "mlp",
  flops: 0.91e9,
  loss1: 2.520324292546,
  prepare() {
    const data = dataOf();
    return () => modelOf(data);
  },
};

/** The same with the gap to 2,048 teacher columns, beta 1; s learns at the same rate. */
export const mlpAft: Workload = {
  name: "mlp_aft",
  flops: 1.06e9,
  loss1: 2.604014761264,
  prepare() {
    const data = { ...dataOf(), teacher: rnd(2, BATCH * TEACHER) };
    return () => modelOf(data);
  },
};

function dataOf(): Data {
  const weights = WIDTHS.slice(1).map((outputs, i) => {
    const inputs = WIDTHS[i];
    const values = rnd(10 + i, inputs * outputs, Math.sqrt(6 / inputs));
    return transposed(values, inputs, outputs);
  });
  return { x: rnd(1, BATCH * WIDTHS[0]), labels: labels(BATCH), weights };
}

function modelOf(data: Data): Model {
  const student = studentOf(data.weights);
  const x = tensor(data.x, { shape: [BATCH, WIDTHS[0]] });
  const truth = tensor(data.labels);
  const regulariser = data.teacher && regulariserOf(data.teacher);
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
function regulariserOf(values: Float32Array<ArrayBuffer>) {
  const teacher = tensor(values, { shape: [BATCH, TEACHER] });
  const { parameters, loss } = methods.aft.create({
    features: WIDTHS.at(-2)!,
    teacher: TEACHER,
    seed: 0,
  })!;
  return {
    parameters: { method: parameters },
    // The method looks neither at logits nor at labels.
    loss: (features: Tensor) =>
      loss({ features, teacher, logits: features, labels: zeros([BATCH], "i32") }),
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
