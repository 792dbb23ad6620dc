/** Data and start of every workload as the definition has them: weights [in, out] or OIHW. */

import { labels, rnd } from "../data.ts";

/** float32 values and their shape. */
export interface Values {
  values: Float32Array<ArrayBuffer>;
  shape: number[];
}

/** One layer: how it starts. Biases start at 0. */
export interface Layer {
  weight: Values;
  /** Entries of the bias. */
  outputs: number;
}

const CLASSES = 10;

/** Data of `mlp` and `mlp_aft`. */
export interface MlpData {
  batch: number;
  /** [batch, 3072] */
  x: Values;
  labels: Int32Array<ArrayBuffer>;
  classes: number;
  layers: Layer[];
  /** [batch, 2048], where there is a teacher. */
  teacher?: Values;
}

/** 3072-512-256-10 on 128 rows, with 2,048 teacher columns or none. */
export function mlpData(withTeacher: boolean): MlpData {
  const widths = [3072, 512, 256, CLASSES];
  const batch = 128;
  const layers = widths.slice(1).map((outputs, i) => ({
    weight: random(10 + i, [widths[i], outputs], Math.sqrt(6 / widths[i])),
    outputs,
  }));
  return {
    batch,
    x: random(1, [batch, widths[0]]),
    labels: labels(batch),
    classes: CLASSES,
    layers,
    teacher: withTeacher ? random(2, [batch, 2048]) : undefined,
  };
}

/** Data of `conv`. */
export interface ConvData {
  batch: number;
  /** [batch, 3, 32, 32] */
  x: Values;
  labels: Int32Array<ArrayBuffer>;
  classes: number;
  /** 3 x 3, padding 1. */
  convolutions: (Layer & { stride: number })[];
  linear: Layer;
}

/** Three convolutions and a linear layer on 64 images of 3 x 32 x 32. */
export function convData(): ConvData {
  const channels = [3, 32, 64, 128];
  const batch = 64;
  const convolutions = channels.slice(1).map((outputs, i) => ({
    weight: random(30 + i, [outputs, channels[i], 3, 3], Math.sqrt(6 / (9 * channels[i]))),
    outputs,
    stride: i === 0 ? 1 : 2,
  }));
  return {
    batch,
    x: random(3, [batch, 3, 32, 32]),
    labels: labels(batch),
    classes: CLASSES,
    convolutions,
    linear: { weight: random(40, [128, CLASSES], Math.sqrt(6 / 128)), outputs: CLASSES },
  };
}

/** Data of `attn`. */
export interface AttnData {
  batch: number;
  tokens: number;
  dim: number;
  heads: number;
  /** [batch, tokens, dim], a parameter. */
  x: Values;
  /** [dim, 3 dim], columns as [3, heads, dim / heads]. */
  qkv: Layer;
  /** [dim, dim] */
  projection: Layer;
  epsilon: number;
}

/** Layer norm, attention with four heads, projection and residual on [16, 64, 128]. */
export function attnData(): AttnData {
  const [batch, tokens, dim] = [16, 64, 128];
  const scale = Math.sqrt(3 / dim);
  return {
    batch,
    tokens,
    dim,
    heads: 4,
    x: random(5, [batch, tokens, dim]),
    qkv: { weight: random(50, [dim, 3 * dim], scale), outputs: 3 * dim },
    projection: { weight: random(51, [dim, dim], scale), outputs: dim },
    epsilon: 1e-5,
  };
}

/** Sizes [m, k, n] of the products. */
export const productSizes = {
  mm256: [256, 256, 256],
  mm512: [512, 512, 512],
  mm1024: [1024, 1024, 1024],
  mmrect: [128, 1024, 4096],
} as const;

/** Left and right factor of a product. */
export function productData(name: keyof typeof productSizes): [Values, Values] {
  const [m, k, n] = productSizes[name];
  return [random(1, [m, k]), random(2, [k, n])];
}

function random(seed: number, shape: number[], scale = 1): Values {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { values: rnd(seed, size, scale), shape };
}
