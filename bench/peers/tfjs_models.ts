/** The workloads in TensorFlow.js: variables, and the loss on them. */

import type { AttnData, ConvData, Layer, MlpData, Values } from "./data.ts";
import type { Tf, TfTensor } from "./tfjs_library.ts";

/** A model on the device. */
export interface TfModel {
  variables: TfTensor[];
  loss(): TfTensor;
}

/** `mlp` and `mlp_aft`. */
export function mlp(tf: Tf, data: MlpData): TfModel {
  const x = upload(tf, data.x);
  const truth = truthOf(tf, data);
  const layers = data.layers.map((layer) => start(tf, layer));
  const forward = () => {
    const hidden = tf.relu(linear(tf, x, layers[0]));
    const features = tf.relu(linear(tf, hidden, layers[1]));
    return {
      features,
      task: tf.losses.softmaxCrossEntropy(truth, linear(tf, features, layers[2])),
    };
  };
  const variables = layers.flat();
  if (data.teacher === undefined) return { variables, loss: () => forward().task };
  const teacher = upload(tf, data.teacher);
  const s = tf.variable(tf.zeros([teacher.shape[1]]));
  return {
    variables: [...variables, s],
    loss() {
      const { features, task } = forward();
      return tf.add(task, gap(tf, features, tf.mul(teacher, tf.sigmoid(s))));
    },
  };
}

/** sqrt(mean((K - T)^2)) of centred rows of length 1. */
function gap(tf: Tf, features: TfTensor, target: TfTensor): TfTensor {
  const difference = tf.sub(similarity(tf, features), similarity(tf, target));
  return tf.sqrt(tf.mean(tf.square(difference)));
}

/** [batch, columns] -> [batch, batch] */
function similarity(tf: Tf, features: TfTensor): TfTensor {
  const centred = tf.sub(features, tf.mean(features, 0, true));
  const rows = tf.div(centred, tf.sqrt(tf.sum(tf.square(centred), 1, true)));
  return tf.matMul(rows, rows, false, true);
}

/** `conv`; the library's gradients know NHWC and HWIO alone, so the data is brought there before. */
export function conv(tf: Tf, data: ConvData): TfModel {
  const x = upload(tf, data.x);
  const truth = truthOf(tf, data);
  const convolutions = data.convolutions.map((layer) => start(tf, layer));
  const head = start(tf, data.linear);
  return {
    variables: [...convolutions.flat(), ...head],
    loss() {
      let h = x;
      convolutions.forEach(([weight, bias], i) => {
        const { stride } = data.convolutions[i];
        h = tf.relu(tf.add(tf.conv2d(h, weight, stride, 1), bias));
      });
      return tf.losses.softmaxCrossEntropy(truth, linear(tf, tf.mean(h, [1, 2]), head));
    },
  };
}

/** `conv` with its images as NHWC and its filters as HWIO, on the host. */
export function channelsLast(data: ConvData): ConvData {
  return {
    ...data,
    x: permuted(data.x, [0, 2, 3, 1]),
    convolutions: data.convolutions.map((layer) => ({
      ...layer,
      weight: permuted(layer.weight, [2, 3, 1, 0]),
    })),
  };
}

/** Four axes in another order. */
function permuted({ values, shape }: Values, order: number[]): Values {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const extents = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const result = new Float32Array(values.length);
  let at = 0;
  for (let a = 0; a < extents[0]; a++) {
    for (let b = 0; b < extents[1]; b++) {
      for (let c = 0; c < extents[2]; c++) {
        const from = a * steps[0] + b * steps[1] + c * steps[2];
        for (let d = 0; d < extents[3]; d++) result[at++] = values[from + d * steps[3]];
      }
    }
  }
  return { values: result, shape: extents };
}

/** `attn`. */
export function attn(tf: Tf, data: AttnData): TfModel {
  const { batch, tokens, dim, heads, epsilon } = data;
  const x = tf.variable(upload(tf, data.x));
  const [gain, bias] = [tf.variable(tf.ones([dim])), tf.variable(tf.zeros([dim]))];
  const [qkv, projection] = [start(tf, data.qkv), start(tf, data.projection)];
  /** [batch tokens, dim] -> [batch, heads, tokens, dim / heads] */
  const byHead = (columns: TfTensor) =>
    tf.transpose(tf.reshape(columns, [batch, tokens, heads, dim / heads]), [0, 2, 1, 3]);
  return {
    variables: [x, gain, bias, ...qkv, ...projection],
    loss() {
      const rows = tf.reshape(x, [batch * tokens, dim]);
      const centred = tf.sub(rows, tf.mean(rows, 1, true));
      const variance = tf.mean(tf.square(centred), 1, true);
      const normal = tf.div(centred, tf.sqrt(tf.add(variance, epsilon)));
      const columns = linear(tf, tf.add(tf.mul(normal, gain), bias), qkv);
      const [q, k, v] = tf.split(columns, 3, 1).map(byHead);
      const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(dim / heads));
      const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
      const y = linear(tf, tf.reshape(mixed, [batch * tokens, dim]), projection);
      return tf.mean(tf.square(tf.add(y, rows)));
    },
  };
}

function linear(tf: Tf, x: TfTensor, [weight, bias]: TfTensor[]): TfTensor {
  return tf.add(tf.matMul(x, weight), bias);
}

function truthOf(tf: Tf, { labels, classes }: { labels: Int32Array; classes: number }): TfTensor {
  return tf.oneHot(tf.tensor1d(labels, "int32"), classes);
}

/** Weight and bias at their start. */
function start(tf: Tf, { weight, outputs }: Layer): TfTensor[] {
  return [tf.variable(upload(tf, weight)), tf.variable(tf.zeros([outputs]))];
}

/** Host values on the device. */
export function upload(tf: Tf, { values, shape }: Values): TfTensor {
  return tf.tensor(values, shape);
}
