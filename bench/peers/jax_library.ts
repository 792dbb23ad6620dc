/**
 * What the workloads use of jax-js 0.1.25, as types: a name that is only known when the program
 * runs keeps the library out of the type check, so that it needs no npm packages.
 */

/** An array; passing it on gives it away, and `ref` keeps it. */
export interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: number[];
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  sum(axis?: number): JaxArray;
  reshape(shape: number[]): JaxArray;
  transpose(order?: number[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** Arrays in lists and objects. */
export type Tree = JaxArray | readonly Tree[] | { readonly [name: string]: Tree };

/** The library. */
export interface Jax {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): string;
  getWebGPUDevice(): GPUDevice;
  blockUntilReady(tree: Tree): Promise<unknown>;
  jit<A extends Tree[], R extends Tree>(f: (...args: A) => R): (...args: A) => R;
  valueAndGrad<P extends Tree>(f: (parameters: P) => JaxArray): (parameters: P) => [JaxArray, P];
  tree: { ref<T extends Tree>(tree: T): T; dispose(tree: Tree): void };
  numpy: {
    float32: unknown;
    array(values: Float32Array | Int32Array | number, options?: { dtype: unknown }): JaxArray;
    zeros(shape: number[]): JaxArray;
    ones(shape: number[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    split(a: JaxArray, sections: number, axis: number): JaxArray[];
    subtract(a: JaxArray | number, b: JaxArray): JaxArray;
    sqrt(a: JaxArray): JaxArray;
    square(a: JaxArray): JaxArray;
    mean(a: JaxArray, axis?: number | number[], options?: { keepdims: boolean }): JaxArray;
    sum(a: JaxArray, axis?: number, options?: { keepdims: boolean }): JaxArray;
  };
  nn: {
    relu(x: JaxArray): JaxArray;
    sigmoid(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray): JaxArray;
    oneHot(x: JaxArray, classes: number): JaxArray;
    dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray): JaxArray;
  };
  lax: {
    convGeneralDilated(
      x: JaxArray,
      weight: JaxArray,
      strides: number[],
      padding: [number, number][],
    ): JaxArray;
  };
}

/** Loads the library onto WebGPU. */
export async function loadJax(): Promise<Jax> {
  const name = "@jax-js/jax";
  const jax: Jax = await import(name);
  const devices = await jax.init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("jax-js finds no WebGPU device");
  jax.defaultDevice("webgpu");
  return jax;
}
