/** Asking for values: what was recorded runs now. */

import type { DType, TypedArray } from "./dtype.ts";
import { hasUpdates, materialise, readNodes, submitUpdates } from "./evaluate.ts";
import type { Node } from "./node.ts";
import type { Storage } from "./storage.ts";
import { nodeOf, type Tensor } from "./tensor.ts";
import { forgetInputs } from "./tracing.ts";

/**
 * Computes several tensors and brings their values to the host in one readback. Updates recorded so
 * far run with them, all as one submit.
 *
 * @param tensors Any number of tensors.
 * @returns Their elements, row-major.
 * @throws {GpuError} Where the device failed, or a variable below was updated since recording.
 *
 * @example
 * ```ts
 * import { openGpu, read, tensor } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const [a, b] = await read([tensor([1, 2]), tensor([3])]);
 * assertEquals([...a, ...b], [1, 2, 3]);
 * ```
 */
export async function read(tensors: readonly Tensor[]): Promise<TypedArray[]> {
  const nodes = tensors.map(nodeOf);
  const kept = nodes.every(({ value, dtype }) => value?.host !== undefined && isRead(dtype));
  if (kept && !hasUpdates()) return nodes.map(({ value }) => (value!.host as TypedArray).slice());
  const results = await readNodes(nodes);
  nodes.forEach((node, i) => {
    if (node.value === undefined && isRead(node.dtype)) settle(node, { host: results[i].slice() });
  });
  return results;
}

/**
 * Computes tensors and keeps them on the device; does not wait. Updates recorded so far run too.
 *
 * @param tensors Tensors that later steps will use.
 *
 * @example
 * ```ts
 * import { evaluate, exp, openGpu, zeros } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const ones = exp(zeros([2]));
 * evaluate([ones]);
 * assertEquals(await ones.toArray(), [1, 1]);
 * ```
 */
export function evaluate(tensors: readonly Tensor[]): void {
  const nodes = [...new Set(tensors.map(nodeOf))].filter(({ value }) => value === undefined);
  const storages = materialise(nodes);
  nodes.forEach((node, i) => settle(node, { storage: storages[i] }));
}

/**
 * Ends a step: sends every update recorded so far to the device as one submit; does not wait.
 *
 * @example
 * ```ts
 * import { add, openGpu, submit, variable, zeros } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const steps = variable(zeros([]));
 * for (let i = 0; i < 3; i++) {
 *   steps.assign(add(steps, 1));
 *   submit();
 * }
 * assertEquals(await steps.item(), 3);
 * ```
 */
export function submit(): void {
  submitUpdates();
}

function settle(node: Node, value: { host?: ArrayBufferView; storage?: Storage }): void {
  node.value = { ...value, version: 0 };
  forgetInputs(node);
}

/** Halves are read as f32, so what was read cannot stand for the tensor. */
function isRead(dtype: DType): boolean {
  return dtype !== "f16";
}
