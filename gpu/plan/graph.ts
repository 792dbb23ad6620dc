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
  /** Storages of this request that are no variable's: another request may bring others. */
  given: readonly Storage[];
}

/** Builds the graph of a request; every source must have its storage. */
export function buildGraph(request: Request): Graph {
  const vertices: Vertex[] = [];
  const keys: string[] = [];
  const byKey = new Map<string, Vertex>();
  const byNode = new Map<Node, Vertex>();
  const storages = new Storages();
  const roots = [...request.outputs, ...request.updates.map(({ value }) => value)];
  for (const node of topological(roots)) {
    const given = storages.of(node);
    const inputs = given === undefined ? node.inputs.map((input) => byNode.get(input)!) : [];
    const key = keyOf(node, inputs, given);
    let vertex = byKey.get(key);
    if (vertex === undefined) {
      const { op, shape, dtype, attributes } = node;
      vertex = { op, inputs, shape, dtype, attributes, order: vertices.length, given };
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
  return { key, vertices, outputs, updates, given: storages.given };
}

/** The storages of a request's sources. */
class Storages {
  readonly given: Storage[] = [];
  readonly #numbers: Map<string, number> = new Map();

  /** A variable's storage, or the number of another; undefined for what is computed. */
  of({ value }: Node): Vertex["given"] {
    if (value === undefined) return undefined;
    const storage = value.storage!;
    if (value.isReplaced) return storage;
    let number = this.#numbers.get(storage.name);
    if (number === undefined) {
      number = this.given.push(storage) - 1;
      this.#numbers.set(storage.name, number);
    }
    return number;
  }
}

function keyOf(node: Node, inputs: readonly Vertex[], given: Vertex["given"]): string {
  if (given === undefined) return `${node.signature}(${inputs.map(({ order }) => order).join()})`;
  const place = typeof given === "number" ? `given ${given}` : given.name;
  return `${place}:${node.dtype}[${node.shape.join()}]`;
}

/** Inputs that have to be computed: those of a node that has no value. */
function missing({ value, inputs }: Node): readonly Node[] {
  return value === undefined ? inputs : [];
}

/** Every node that `roots` need, inputs first. */
export function topological(
  roots: readonly Node[],
  inputsOf: (node: Node) => readonly Node[] = missing,
): Node[] {
  const sorted: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (!seen.has(root)) stack.push({ node: root, next: 0 });
    seen.add(root);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const inputs = inputsOf(top.node);
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
  if (storage !== undefined && version < storage.version) {
    throw new GpuError(
      `Cannot compute from a value of shape ${
        showShape(node.shape)
      }: it was recorded before its variable was updated, read it before submit() or together with the step`,
    );
  }
}
