/** How fast the adapter is, in a second or so. */

import { evaluate, type Gpu, matmul, read, sum, type Tensor, tensor, uniform } from "../gpu/mod.ts";

/** What a short test of the adapter found. */
export interface Speed {
  /** Rows and columns of the matrices that were multiplied. */
  readonly size: number;
  /** Multiplications and additions per second in that product, in thousands of millions. */
  readonly gflops: number;
  /** Milliseconds until a single number is back from the device. */
  readonly readback: number;
  /** Largest relative difference of a product from the same product in float64. */
  readonly error: number;
}

const SIZES = [512, 2048] as const;
/** Products that take less than this are measured with larger matrices. */
const FAST_SECONDS = 0.005;

/**
 * Measures products, and checks one.
 *
 * @param gpu The open device.
 * @param seconds How long the products are repeated.
 * @returns Speed and exactness.
 */
export async function measureSpeed(gpu: Gpu, seconds = 1): Promise<Speed> {
  const error = await productError();
  const readback = await readbackTime();
  let found = await measureProduct(gpu, SIZES[0], seconds / 4);
  let size: number = SIZES[0];
  if (found < FAST_SECONDS) {
    [size, found] = [SIZES[1], await measureProduct(gpu, SIZES[1], seconds)];
  } else found = Math.min(found, await measureProduct(gpu, size, 3 * seconds / 4));
  return { size, gflops: 2 * size ** 3 / found / 1e9, readback, error };
}

/** Seconds per product of two square matrices. */
async function measureProduct(gpu: Gpu, size: number, seconds: number): Promise<number> {
  const [a, b] = [0, 1].map((stream) => uniform([size, size], { seed: 0, stream }));
  evaluate([a, b]);
  const run = async (times: number) => {
    const started = performance.now();
    for (let i = 0; i < times; i++) {
      const product: Tensor = matmul(a, b);
      evaluate([product]);
      product.dispose();
    }
    await gpu.settled();
    return (performance.now() - started) / 1000;
  };
  await run(1); // compiles
  const one = await run(1);
  const times = Math.max(1, Math.min(1000, Math.floor(seconds / one)));
  return await run(times) / times;
}

/** Milliseconds for one number, the best of a few tries. */
async function readbackTime(): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < 5; i++) {
    const value = sum(tensor([i, 1]));
    const started = performance.now();
    await value.item();
    if (i > 0) best = Math.min(best, performance.now() - started); // the first one compiles
  }
  return best;
}

/** A product at sizes that are no multiples of any tile, against plain numbers. */
async function productError(): Promise<number> {
  const [rows, inner, columns] = [33, 65, 17];
  const a = Float32Array.from({ length: rows * inner }, (_, i) => Math.sin(i) + 1.5);
  const b = Float32Array.from({ length: inner * columns }, (_, i) => Math.cos(i) + 1.5);
  const product = matmul(
    tensor(a, { shape: [rows, inner] }),
    tensor(b, { shape: [inner, columns] }),
  );
  const [values] = await read([product]);
  let worst = 0;
  for (let i = 0; i < values.length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let exact = 0;
    for (let k = 0; k < inner; k++) exact += a[row * inner + k] * b[k * columns + column];
    worst = Math.max(worst, Math.abs(values[i] / exact - 1));
  }
  return worst;
}
