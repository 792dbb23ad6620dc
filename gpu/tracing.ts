/** What functions that are being differentiated need of the nodes that they record. */

import type { Node } from "./node.ts";

/** Functions that run now, one inside the other. */
let depth = 0;
/** Nodes that were computed meanwhile: their inputs are let go when the outermost function is through. */
let computed: Node[] = [];
/** Nodes that a gradient was asked for. */
const targets = new WeakSet<Node>();

/** Keeps the inputs of whatever is recorded while `run` runs, also where it is computed meanwhile. */
export function traced<T>(run: () => T): T {
  depth++;
  try {
    return run();
  } finally {
    depth--;
    if (depth === 0) {
      for (const node of computed) node.inputs = [];
      computed = [];
    }
  }
}

/** Lets go of what a computed node was made from, at once or when its gradient has been taken. */
export function forgetInputs(node: Node): void {
  if (depth > 0) computed.push(node);
  else node.inputs = [];
}

/** Says that a gradient is asked for these nodes. */
export function watch(nodes: Iterable<Node>): void {
  for (const node of nodes) targets.add(node);
}

/** Whether an op must not look through a node: its gradient would not be found. */
export function isWatched(node: Node): boolean {
  return targets.has(node);
}
