/** What the tests of nn/ share: numbers, float64 references, comparison, counters. */

import { assert, assertEquals } from "@std/assert";
import {
  type Counters,
  currentGpu,
  mul,
  read,
  type Shape,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from "../../gpu/mod.ts";

/** Values on the host with their shape. */
export interface HostArray {
  shape: number[];
  values: Float64Array;
}

/** Numbers in ±scale that float32 holds exactly; the same for the same seed. */
export function hostArray(shape: number[], seed: number, scale = 1): HostArray {
  const values = new Float64Array(shape.reduce((a, b) => a * b, 1));
  let state = (seed * 2654435761) >>> 0;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = Math.fround((2 * (state / 2 ** 32) - 1) * scale);
  }
  return { shape, values };
}

/** The same values on the device. */
export function onDevice({ shape, values }: HostArray): Tensor {
  return tensor(Float32Array.from(values), { shape });
}

/** Values that the start state of a module or `load()` takes. */
export function saved({ shape, values }: HostArray): {
  shape: Shape;
  values: Float32Array<ArrayBuffer>;
} {
  return { shape, values: Float32Array.from(values) };
}

/** Fails where |actual - expected| exceeds tolerance times the largest expected magnitude, at least 1. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "value",
): void {
  assertEquals(actual.length, expected.length, `${what}: lengths differ`);
  let largest = 1;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    assert(
      Math.abs(actual[i] - expected[i]) <= tolerance * largest,
      `${what}[${i}] is ${actual[i]}, expected ${expected[i]} within ${tolerance * largest}`,
    );
  }
}

/** Gradient of a scalar function by central differences in float64. */
export function numericGradient(f: () => number, x: Float64Array): Float64Array {
  return x.map((value, i) => {
    const step = 1e-5 * Math.max(1, Math.abs(value));
    x[i] = value + step;
    const above = f();
    x[i] = value - step;
    const below = f();
    x[i] = value;
    return (above - below) / (2 * step);
  });
}

/**
 * Compares a scalar and its gradients with a float64 reference. `device` may read the inputs from
 * `parameters` or from wherever these tensors are held.
 */
export async function assertScalarAgrees(
  device: (parameters: Tensor[]) => Tensor,
  reference: (inputs: HostArray[]) => number,
  inputs: HostArray[],
  tensors: Tensor[] = inputs.map(onDevice),
  tolerance = 2e-5,
): Promise<void> {
  const { value, grads } = valueAndGrad(device)(tensors);
  const [actual, ...slopes] = await read([value, ...grads]);
  assertEquals(value.shape, []);
  assertClose(actual, [reference(inputs)], tolerance);
  inputs.forEach(({ shape, values }, i) => {
    assertEquals(grads[i].shape, shape);
    const expected = numericGradient(() => reference(inputs), values);
    assertClose(slopes[i], expected, tolerance, `gradient ${i}`);
  });
}

/** Numbers that turn a tensor into a scalar whose gradient meets every element differently. */
export function probe(shape: Shape): HostArray {
  return hostArray([...shape], 4711);
}

/** The scalar on the device. */
export function probed(x: Tensor): Tensor {
  return sum(mul(x, onDevice(probe(x.shape))));
}

/** The scalar on the host. */
export function hostProbed(x: HostArray): number {
  const weights = probe(x.shape).values;
  return x.values.reduce((total, value, i) => total + value * weights[i], 0);
}

/** Rows x W^T + b. */
export function hostLinear(x: HostArray, weight: HostArray, bias?: HostArray): HostArray {
  const [outputs, inputs] = weight.shape;
  const rows = x.values.length / inputs;
  const values = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let total = bias ? bias.values[o] : 0;
      for (let i = 0; i < inputs; i++) {
        total += x.values[row * inputs + i] * weight.values[o * inputs + i];
      }
      values[row * outputs + o] = total;
    }
  }
  return { shape: [...x.shape.slice(0, -1), outputs], values };
}

/** Every row at mean 0 and variance 1, then gain and shift of its columns. */
export function hostLayerNorm(
  x: HostArray,
  epsilon: number,
  weight?: HostArray,
  bias?: HostArray,
): HostArray {
  const width = x.shape[x.shape.length - 1];
  const values = new Float64Array(x.values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = x.values.subarray(start, start + width);
    const mean = row.reduce((a, b) => a + b, 0) / width;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / width;
    row.forEach((value, i) => {
      const normalised = (value - mean) / Math.sqrt(variance + epsilon);
      values[start + i] = normalised * (weight?.values[i] ?? 1) + (bias?.values[i] ?? 0);
    });
  }
  return { shape: x.shape, values };
}

/** Log-softmax of rows. */
export function hostLogSoftmax({ shape, values }: HostArray): HostArray {
  const classes = shape[shape.length - 1];
  const result = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += classes) {
    const row = values.subarray(start, start + classes);
    const largest = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    row.forEach((value, i) => result[start + i] = value - largest - Math.log(total));
  }
  return { shape, values: result };
}

/** Mean cross-entropy with label smoothing, from its definition. */
export function hostCrossEntropy(logits: HostArray, labels: number[], smoothing = 0): number {
  const classes = logits.shape[logits.shape.length - 1];
  const { values } = hostLogSoftmax(logits);
  let total = 0;
  labels.forEach((label, row) => {
    for (let c = 0; c < classes; c++) {
      const target = (c === label ? 1 - smoothing : 0) + smoothing / classes;
      if (target > 0) total -= target * values[row * classes + c];
    }
  });
  return total / labels.length;
}

/** What the counters moved by while `run` ran. */
export async function counted(run: () => void | Promise<void>): Promise<Counters> {
  const gpu = currentGpu();
  const before: Counters = { ...gpu.counters };
  await run();
  const difference = { ...gpu.counters };
  for (const name of Object.keys(before) as (keyof Counters)[]) difference[name] -= before[name];
  return difference;
}
