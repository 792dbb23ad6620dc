/**
 * Tensors and gradients on the GPU, through WebGPU alone.
 *
 * Ops record what to do and return at once; when a value is asked for, everything recorded melts
 * into few kernels and goes to the device as one submit.
 *
 * @example
 * ```ts
 * import { grad, mul, openGpu, sum, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const slope = grad((x: ReturnType<typeof tensor>) => sum(mul(x, x)));
 * assertEquals(await slope(tensor([1, 2, 3])).toArray(), [2, 4, 6]);
 * ```
 *
 * @module
 */

export type { DType, TypedArray } from "./dtype.ts";
export type { Shape } from "./shape.ts";
export type {
  ConfigErrorOptions,
  FormatErrorOptions,
  GpuErrorOptions,
  ShapeErrorOptions,
} from "./errors.ts";
export { ConfigError, FormatError, GpuError, ShapeError } from "./errors.ts";
export type { AdapterInfo, Counters, Gpu } from "./device.ts";
export { adapterName, currentGpu, isSoftware, openGpu } from "./device.ts";
export type { Numbers, TensorLike } from "./tensor.ts";
export { Tensor } from "./tensor.ts";
export { Variable, variable } from "./variable.ts";
export type { TensorOptions } from "./host_values.ts";
export { tensor } from "./host_values.ts";
export { evaluate, read, submit } from "./run.ts";
export type { BoundaryKind } from "./plan/boundary.ts";
export type { ExplainedKernel, ExplainedResult, ExplainedValue, Explanation } from "./explain.ts";
export { explain } from "./explain.ts";
export type { Profile, ProfileOptions, ProfileRow } from "./profile.ts";
export { profile } from "./profile.ts";
export type { Ceilings } from "./ceilings.ts";
export { measureCeilings } from "./ceilings.ts";
export { Flat, flatten } from "./flat.ts";
export { similarity, similarityGap, similarityGapFromOps } from "./gap.ts";
export type { Grads, Nest } from "./grad.ts";
export { grad, stopGradient, valueAndGrad, valueAndGradWithAux } from "./grad.ts";
export type { Binary, Entry, Unary } from "./ops/define.ts";
export {
  add,
  and,
  cast,
  clip,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  notEqual,
  or,
  pow,
  sub,
  where,
} from "./ops/binary.ts";
export {
  abs,
  cos,
  erf,
  exp,
  floor,
  gelu,
  geluTanh,
  log,
  neg,
  not,
  relu,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from "./ops/unary.ts";
export type { ReduceOptions } from "./ops/reduce.ts";
export { argmax, max, min, sum } from "./ops/reduce.ts";
export { logSoftmax, logSoftmaxFromOps, softmax, softmaxFromOps } from "./ops/softmax.ts";
export { logSumExp, mean, variance } from "./ops/statistics.ts";
export type { AttentionOptions } from "./ops/attention.ts";
export { attention, attentionFromOps, selfAttention } from "./ops/attention.ts";
export type { LayerNormSettings } from "./ops/layer_norm.ts";
export { layerNorm, layerNormFromOps } from "./ops/layer_norm.ts";
export { crossEntropyLoss, crossEntropyLossFromOps } from "./ops/cross_entropy.ts";
export type { Conv2dOptions } from "./ops/convolution.ts";
export { conv2d } from "./ops/convolution.ts";
export type { PoolOptions } from "./ops/pool.ts";
export { avgPool2d, maxPool2d } from "./ops/pool.ts";
export type { Pair } from "./convolution/window.ts";
export type { TunedProduct, TuningTable } from "./product/tune.ts";
export { loadTuning, savedTuning, tuneProducts } from "./product/tune.ts";
export type { MatmulOptions } from "./ops/product.ts";
export { matmul } from "./ops/product.ts";
export { broadcastTo, pad, reshape, slice, transpose } from "./ops/view.ts";
export { arange, concat, full, ones, stack, zeros } from "./ops/create.ts";
export { oneHot, take } from "./ops/rows.ts";
export type { NormalOptions, UniformOptions } from "./ops/random.ts";
export { normal, permutation, uniform } from "./ops/random.ts";
export type { RandomSource } from "./random_host.ts";
export { permutationOf, randomBits } from "./random_host.ts";
