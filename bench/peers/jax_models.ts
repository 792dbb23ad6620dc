/** The workloads in jax-js: parameters, constants, and the loss of both. */

import type { AttnData, ConvData, Layer, MlpData, Values } from "./data.ts";
import type { Jax, JaxArray } from "./jax_library.ts";

/** A model: its loss consumes both lists. */
export interface JaxModel {
  parameters: JaxArray[];
  constants: JaxArray[];
  loss(parameters: JaxArray[], constants: JaxArray[]): JaxArray;
}

/** `mlp` and `mlp_aft`. */
export function mlp(jax: Jax, data: MlpData): JaxModel {
  const { numpy: np, nn } = jax;
  const task = crossEntropy(jax, data);
  const x = upload(jax, data.x);
  const layers = data.layers.flatMap((layer) => start(jax, layer));
  if (data.teacher === undefined) {
    return {
      parameters: layers,
      constants: [x, task.truth],
      loss: (parameters, [x, truth]) => task.loss(forward(x, parameters).logits, truth),
    };
  }
  const teacher = upload(jax, data.teacher);
  return {
    parameters: [...layers, np.zeros([teacher.shape[1]])],
    constants: [x, task.truth, teacher],
    loss([w0, b0, w1, b1, w2, b2, s], [x, truth, psi]) {
      const { features, logits } = forward(x, [w0, b0, w1, b1, w2, b2], true);
      return task.loss(logits, truth).add(gap(jax, features, psi.mul(nn.sigmoid(s))));
    },
  };

  function forward(x: JaxArray, [w0, b0, w1, b1, w2, b2]: JaxArray[], keep = false) {
    const hidden = nn.relu(np.matmul(x, w0).add(b0));
    const features = nn.relu(np.matmul(hidden, w1).add(b1));
    const logits = np.matmul(keep ? features.ref : features, w2).add(b2);
    return { features, logits };
  }
}

/** sqrt(mean((K - T)^2)) of centred rows of length 1. */
function gap(jax: Jax, features: JaxArray, target: JaxArray): JaxArray {
  const { numpy: np } = jax;
  const [k, t] = [similarity(jax, features), similarity(jax, target)];
  return np.sqrt(np.mean(np.square(k.sub(t))));
}

/** [batch, columns] -> [batch, batch] */
function similarity({ numpy: np }: Jax, features: JaxArray): JaxArray {
  const centred = features.ref.sub(np.mean(features, 0, { keepdims: true }));
  const lengths = np.sqrt(np.sum(np.square(centred.ref), 1, { keepdims: true }));
  const rows = centred.div(lengths);
  return np.matmul(rows.ref, rows.transpose());
}

/** `conv`. */
export function conv(jax: Jax, data: ConvData): JaxModel {
  const { numpy: np, nn, lax } = jax;
  const task = crossEntropy(jax, data);
  const layers = [...data.convolutions, data.linear];
  const strides = data.convolutions.map(({ stride }) => stride);
  return {
    parameters: layers.flatMap((layer) => start(jax, layer)),
    constants: [upload(jax, data.x), task.truth],
    loss(parameters, [x, truth]) {
      let h = x;
      strides.forEach((stride, i) => {
        const [weight, bias] = parameters.slice(2 * i, 2 * i + 2);
        h = lax.convGeneralDilated(h, weight, [stride, stride], [[1, 1], [1, 1]]);
        h = nn.relu(h.add(bias.reshape([1, data.convolutions[i].outputs, 1, 1])));
      });
      const [weight, bias] = parameters.slice(-2);
      return task.loss(np.matmul(np.mean(h, [2, 3]), weight).add(bias), truth);
    },
  };
}

/** `attn`. */
export function attn(jax: Jax, data: AttnData): JaxModel {
  const { numpy: np, nn } = jax;
  const { batch, tokens, dim, heads, epsilon } = data;
  const split = [batch, tokens, heads, dim / heads];
  return {
    parameters: [
      upload(jax, data.x),
      np.ones([dim]),
      np.zeros([dim]),
      ...start(jax, data.qkv),
      ...start(jax, data.projection),
    ],
    constants: [],
    loss([x, gain, bias, qkv, qkvBias, projection, projectionBias]) {
      const rows = x.reshape([batch * tokens, dim]);
      const centred = rows.ref.sub(np.mean(rows.ref, 1, { keepdims: true }));
      const variance = np.mean(np.square(centred.ref), 1, { keepdims: true });
      const normal = centred.div(np.sqrt(variance.add(epsilon))).mul(gain).add(bias);
      const columns = np.matmul(normal, qkv).add(qkvBias);
      const [q, k, v] = np.split(columns, 3, 1).map((part) => part.reshape(split));
      const mixed = nn.dotProductAttention(q, k, v).reshape([batch * tokens, dim]);
      const y = np.matmul(mixed, projection).add(projectionBias).add(rows);
      return np.mean(np.square(y));
    },
  };
}

function crossEntropy(
  { numpy: np, nn }: Jax,
  { batch, labels, classes }: { batch: number; labels: Int32Array; classes: number },
) {
  return {
    truth: nn.oneHot(np.array(labels), classes),
    loss: (logits: JaxArray, truth: JaxArray) =>
      nn.logSoftmax(logits).mul(truth).sum().mul(-1 / batch),
  };
}

/** Weight and bias at their start. */
function start(jax: Jax, { weight, outputs }: Layer): JaxArray[] {
  return [upload(jax, weight), jax.numpy.zeros([outputs])];
}

/** Host values on the device. */
export function upload({ numpy: np }: Jax, { values, shape }: Values): JaxArray {
  return np.array(values).reshape(shape);
}
