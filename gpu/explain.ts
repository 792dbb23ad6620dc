/** What a plan would do: its kernels in running order, and why each ends where it does. */

import { amount } from "./amount.ts";
import { requestsFor } from "./evaluate.ts";
import { currentDevice } from "./device.ts";
import type { DType } from "./dtype.ts";
import { byteLength } from "./dtype.ts";
import type { Vertex } from "./node.ts";
import type { BoundaryKind } from "./plan/boundary.ts";
import { figuresOf } from "./plan/figures.ts";
import { buildGraph } from "./plan/graph.ts";
import type { Kernel } from "./plan/kernel_writer.ts";
import { programOf } from "./plan/plan.ts";
import type { Program } from "./plan/write.ts";
import { type Shape, showShape, sizeOf } from "./shape.ts";
import { nodeOf, type Tensor } from "./tensor.ts";

/** Something that a kernel reads or writes. */
export interface ExplainedValue {
  /** Name of the op that makes it; `source` for data and variables. */
  readonly op: string;
  /** Its shape. */
  readonly shape: Shape;
  /** Type of its elements. */
  readonly dtype: DType;
  /** Bytes that it takes in memory. */
  readonly bytes: number;
}

/** A result of a kernel. */
export interface ExplainedResult extends ExplainedValue {
  /** The rule that made the kernel end here. */
  readonly boundary: BoundaryKind;
  /** The same in words. */
  readonly reason: string;
}

/** One kernel of a plan. */
export interface ExplainedKernel {
  /** Its name in messages and profiles: the op with a kernel of its own, then the results. */
  readonly label: string;
  /** Number of the submit that it belongs to, from 0: values from after an update need a second. */
  readonly submit: number;
  /** Names of the ops that compute in it; views cost nothing and are left out. */
  readonly ops: readonly string[];
  /** What it reads from memory. */
  readonly inputs: readonly ExplainedValue[];
  /** What it writes. */
  readonly results: readonly ExplainedResult[];
  /** Bytes that it has to read, each counted once. */
  readonly bytesRead: number;
  /** Bytes that it writes. */
  readonly bytesWritten: number;
  /** Multiplications, additions and what weighs as much, roughly. */
  readonly operations: number;
  /** Workgroups that run. */
  readonly workgroups: number;
}

/** A plan, explained. */
export interface Explanation {
  /** Kernels in running order. */
  readonly kernels: readonly ExplainedKernel[];
  /** Results that are copied over variables after the last kernel. */
  readonly copies: readonly ExplainedValue[];
  /** The same as text, three lines for each kernel. */
  readonly text: string;
}

/**
 * Says which kernels would run if these tensors were read now, together with all recorded updates:
 * nothing is computed, and what was recorded stays recorded.
 *
 * @param tensors What is asked for; none for the recorded updates alone, as {@link submit} would
 * send them.
 * @returns Kernels in running order with what they read, write and compute, and why each ends where
 * it does.
 * @throws {GpuError} Where no GPU is open, or a variable below was updated since recording.
 *
 * @example
 * ```ts
 * import { add, explain, matmul, ones, openGpu, relu } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const hidden = relu(add(matmul(ones([8, 4]), ones([4, 2])), 1));
 * const { kernels } = explain([hidden]);
 * const [product] = kernels.slice(-1);
 * assertEquals(product.ops, ["product", "add", "relu"]);
 * assertEquals(product.results[0].boundary, "output");
 * ```
 */
export function explain(tensors: readonly Tensor[] = []): Explanation {
  const { limits } = currentDevice();
  const requests = requestsFor(tensors.map(nodeOf));
  const programs = requests.map((request) => programOf(buildGraph(request), limits, true));
  const kernels = programs.flatMap((program, submit) =>
    program.kernels.map((kernel) => explained(kernel, program, submit))
  );
  const copies = programs.flatMap(({ copies }) => copies.map(({ value }) => described(value)));
  return { kernels, copies, text: textOf(kernels, copies) };
}

function explained(kernel: Kernel, { boundaries }: Program, submit: number): ExplainedKernel {
  const { inputs, ...figures } = figuresOf(kernel, (vertex) => boundaries.has(vertex));
  const results = kernel.targets.map(({ vertex }) => {
    const { kind, reason } = boundaries.get(vertex)!;
    return { ...described(vertex), boundary: kind as BoundaryKind, reason };
  });
  const { label, groups: workgroups } = kernel;
  return { label, submit, workgroups, ...figures, inputs: inputs.map(described), results };
}

function described({ op, shape, dtype }: Vertex): ExplainedValue {
  return { op: op.name, shape, dtype, bytes: byteLength(dtype, sizeOf(shape)) };
}

function textOf(kernels: readonly ExplainedKernel[], copies: readonly ExplainedValue[]): string {
  const lines = kernels.map((kernel, i) =>
    [
      `${i + 1}. ${kernel.ops.join(", ") || "copy"}: ${kernel.workgroups} workgroups, reads ${
        amount(kernel.bytesRead)
      }B, writes ${amount(kernel.bytesWritten)}B, ${amount(kernel.operations)} operations`,
      `   from ${kernel.inputs.map(name).join(", ") || "numbers alone"}`,
      ...kernel.results.map((result) => `   to ${name(result)}: ${result.reason}`),
    ].join("\n")
  );
  const last = copies.map((value) => `then a copy of ${name(value)} over its variable`);
  return [...lines, ...last].join("\n");
}

function name({ op, dtype, shape }: ExplainedValue): string {
  return `${op} ${dtype} ${showShape(shape)}`;
}
