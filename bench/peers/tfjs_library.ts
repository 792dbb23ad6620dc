/**
 * What the workloads use of TensorFlow.js 4.22.0, as types: a name that is only known when the
 * program runs keeps the library out of the type check, so that it needs no npm packages.
 */

/** A tensor; `dispose` frees it. */
export interface TfTensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** The queue of the WebGPU back end. */
export interface TfBackend {
  device: GPUDevice;
  /** Opens a command buffer where there is none. */
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** The library. */
export interface Tf {
  setBackend(name: "webgpu"): Promise<boolean>;
  ready(): Promise<void>;
  backend(): TfBackend;
  tidy<T>(f: () => T): T;
  tensor(values: Float32Array, shape: number[]): TfTensor;
  tensor1d(values: Int32Array, type: "int32"): TfTensor;
  oneHot(indices: TfTensor, depth: number): TfTensor;
  variable(start: TfTensor): TfTensor;
  zeros(shape: number[]): TfTensor;
  ones(shape: number[]): TfTensor;
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  div(a: TfTensor, b: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  sigmoid(x: TfTensor): TfTensor;
  sqrt(x: TfTensor): TfTensor;
  square(x: TfTensor): TfTensor;
  softmax(x: TfTensor): TfTensor;
  mean(x: TfTensor, axis?: number | number[], keepDims?: boolean): TfTensor;
  sum(x: TfTensor, axis: number, keepDims: boolean): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  /** NHWC and HWIO. */
  conv2d(x: TfTensor, filter: TfTensor, strides: number, padding: number): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  transpose(x: TfTensor, order: number[]): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  losses: { softmaxCrossEntropy(truth: TfTensor, logits: TfTensor): TfTensor };
  train: {
    adam(rate: number, beta1: number, beta2: number, epsilon: number): {
      minimize(loss: () => TfTensor, returnCost: true, variables: TfTensor[]): TfTensor;
    };
  };
}

/** Loads the library onto WebGPU. */
export async function loadTf(): Promise<Tf> {
  const [library, backend] = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-webgpu"];
  // The back end registers itself only where there is a window or a worker's scope.
  Object.assign(globalThis, { window: globalThis });
  const { default: tf }: { default: Tf } = await import(library);
  await import(backend);
  if (!await tf.setBackend("webgpu")) throw new Error("tfjs finds no WebGPU device");
  await tf.ready();
  return tf;
}
