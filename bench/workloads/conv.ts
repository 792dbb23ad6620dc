/** Training step of three convolutions, a global mean and a linear head. */

import { mean, relu, submit, tensor, valueAndGrad, variable, zeros } from "../../gpu/mod.ts";
import { Adam, Conv2d, crossEntropy, Linear } from "../../nn/mod.ts";
import { labels, rnd, transposed } from "../data.ts";
import { definitions } from "../definition.ts";
import type { Model, Workload } from "../workload.ts";

const SHAPE = [64, 3, 32, 32];
const CHANNELS = [3, 32, 64, 128];
const CLASSES = 10;

/** Three 3x3 convolutions with stride 1, 2, 2, ReLU, global mean, linear, cross-entropy, Adam. */
export const conv: Workload = {
  name: "conv",
  ...definitions.conv,
  prepare() {
    const x = rnd(3, SHAPE.reduce((a, b) => a * b, 1));
    const weights = CHANNELS.slice(1).map((outputs, i) => {
      const taps = 9 * CHANNELS[i];
      return rnd(30 + i, outputs * taps, Math.sqrt(6 / taps));
    });
    const width = CHANNELS.at(-1)!;
    const head = transposed(rnd(40, width * CLASSES, Math.sqrt(6 / width)), width, CLASSES);
    return () => modelOf(x, weights, head);
  },
};

function modelOf(
  images: Float32Array<ArrayBuffer>,
  weights: readonly Float32Array<ArrayBuffer>[],
  headWeight: Float32Array<ArrayBuffer>,
): Model {
  const x = tensor(images, { shape: SHAPE });
  const truth = tensor(labels(SHAPE[0]));
  const start = { seed: 0, biasInit: "zeros" } as const;
  const layers = weights.map((values, i) => {
    const options = { ...start, stride: i === 0 ? 1 : 2, padding: 1 };
    const layer = new Conv2d(CHANNELS[i], CHANNELS[i + 1], 3, options);
    layer.weight.write(values);
    return layer;
  });
  const head = new Linear(CHANNELS.at(-1)!, CLASSES, start);
  head.weight.write(headWeight);
  const parameters = {
    layers: layers.map((layer) => layer.parameters()),
    head: head.parameters(),
  };
  const optimiser = new Adam(parameters);
  const lossAndGrads = valueAndGrad((_: typeof parameters) => {
    const maps = layers.reduce((y, layer) => relu(layer.forward(y)), x);
    return crossEntropy(head.forward(mean(maps, { axes: [2, 3] })), truth);
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
