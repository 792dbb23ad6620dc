/** What a kernel reads, writes and computes, in rough numbers that follow from its ops. */

import { byteLength } from "../dtype.ts";
import { type KernelOp, tapCount, type Vertex } from "../node.ts";
import { sizeOf } from "../shape.ts";
import type { Kernel } from "./kernel_writer.ts";

/** Figures of one run of a kernel. */
export interface Figures {
  /** Names of the ops that compute in it, in the order of their use; views are left out. */
  ops: readonly string[];
  /** What it reads from memory, its own variables that it overwrites too. */
  inputs: readonly Vertex[];
  /** Bytes that it takes from memory at most once each: what it needs, not what caches fetch. */
  bytesRead: number;
  /** Bytes of its results. */
  bytesWritten: number;
  /** Multiplications, additions and what weighs as much. */
  operations: number;
}

/**
 * Figures of a kernel.
 *
 * @param kernel A written kernel.
 * @param inMemory Whether a vertex is read from memory rather than computed in the kernel.
 */
export function figuresOf(
  { targets, reads }: Kernel,
  inMemory: (vertex: Vertex) => boolean,
): Figures {
  const ops: string[] = [];
  const seen = new Set<Vertex>();
  /** Elements asked for of each vertex in memory. */
  const asked = new Map<Vertex, number>();
  let operations = 0;
  const visit = (vertex: Vertex, elements: number, isRoot = false) => {
    if (!isRoot && inMemory(vertex)) {
      asked.set(vertex, (asked.get(vertex) ?? 0) + elements);
      return;
    }
    if (seen.has(vertex)) return;
    seen.add(vertex);
    const { op, inputs } = vertex;
    if (op.kind === "kernel") {
      inputs.forEach((input, i) =>
        op.operands[i] === "inline" && visit(input, sizeOf(input.shape))
      );
      operations += operationsOf(op, vertex);
    } else {
      const taken = tapCount(vertex) * elements;
      for (const input of inputs) visit(input, taken);
      operations += op.kind === "inline" ? op.cost * taken : 0;
    }
    if (op.kind !== "inline" || op.cost > 0) ops.push(op.name);
  };
  for (const { vertex } of targets) visit(vertex, sizeOf(vertex.shape), true);
  const inputs = [...new Set([...reads.map(({ vertex }) => vertex), ...asked.keys()])];
  return {
    ops,
    inputs,
    bytesRead: total(inputs, (vertex) => {
      // Of a long table of which few rows are picked only those are read.
      const elements = Math.min(asked.get(vertex) ?? Infinity, sizeOf(vertex.shape));
      return byteLength(vertex.dtype, elements);
    }),
    bytesWritten: total(targets, ({ vertex }) => byteLength(vertex.dtype, sizeOf(vertex.shape))),
    operations,
  };
}

/** What an op with a kernel of its own computes: by its entry, or else one for each input element. */
function operationsOf(op: KernelOp, vertex: Vertex): number {
  return op.operations?.(vertex) ?? total(vertex.inputs, ({ shape }) => sizeOf(shape));
}

function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
