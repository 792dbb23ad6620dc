/** From recorded nodes to the graph of one plan: equal nodes are one, dead ones are gone. */

import { GpuError } from "../errors.ts";
import type { Node, Vertex } from "../node.ts";
import { showShape } from "../shape.ts";
import type { Storage } from "../storage.ts";

/** An update of a variable: after the plan has run, `storage` holds `value`. */
export interface Update<V> {
  value: V;
  storage: Storage;
}

/** What a plan has to produce. */
export interface Request {
  outputs: readonly Node[];
  updates: readonly Update<Node>[];
}

/** The graph of a request. */
export interface Graph {
  /** Equal for requests that one plan can serve. */
  key: string;
  /** In topological order. */
  vertices: readonly Vertex[];
  outputs: readonly Vertex[];
  updates: readonly Update<Vertex>[];
}

/** Builds the graph of a request; every source must have its storage. */
export function buildGraph(request: Request): Graph {
  const vertices: Vertex[] = [];
  const keys: string[] = [];
  const byKey = new Map<string, Vertex>();
  const byNode = new Map<Node, Vertex>();
  const roots = [...request.outputs, ...request.updates.map(({ value }) => value)];
  for (const node of topological(roots)) {
    const inputs = node.value === undefined ? node.inputs.map((input) => byNode.get(input)!) : [];
    const key = keyOf(node, inputs);
    let vertex = byKey.get(key);
    if (vertex === undefined) {
      const { op, shape, dtype, attributes } = node;
      vertex = { op, inputs, shape, dtype, attributes, order: vertices.length, node };
      if (op.kind !== "inline" || !op.distinct) byKey.set(key, vertex);
      vertices.push(vertex);
      keys.push(key);
    }
    byNode.set(node, vertex);
  }
  const outputs = request.outputs.map((node) => byNode.get(node)!);
  const updates = request.updates.map(({ value, storage }) => ({
    value: byNode.get(value)!,
    storage,
  }));
  const key = [
    ...keys,
    `> ${outputs.map(({ order }) => order).join()}`,
    ...updates.map(({ value, storage }) => `${storage.name} = ${value.order}`),
  ].join("\n");
  return { key, vertices, outputs, updates };
}

function keyOf(node: Node, inputs: readonly Vertex[]): string {
  if (node.value === undefined) {
    return `${node.signature}(${inputs.map(({ order }) => order).join()})`;
  }
  const { storage } = node.value;
  return `${storage!.name}:${node.dtype}[${node.shape.join()}]`;
}

/** Every node that `roots` need, inputs first. */
export function topological(roots: readonly Node[]): Node[] {
  const sorted: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (!seen.has(root)) stack.push({ node: root, next: 0 });
    seen.add(root);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const inputs = top.node.value === undefined ? top.node.inputs : [];
      if (top.next === inputs.length) {
        sorted.push(top.node);
        stack.pop();
      } else {
        const input = inputs[top.next++];
        if (!seen.has(input)) {
          seen.add(input);
          stack.push({ node: input, next: 0 });
        }
      }
    }
  }
  return sorted;
}

/** Refuses to read a variable's old values once an update has replaced them. */
export function refuseStale(node: Node): void {
  const { storage, version } = node.value!;
  if (storage !== undefined && version < storage.buffer.version) {
    throw new GpuError(
      `Cannot compute from a value of shape ${
        showShape(node.shape)
      }: it was recorded before its variable was updated, read it before submit() or together with the step`,
    );
  }
}
