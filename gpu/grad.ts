/** Reverse-mode gradients over recorded nodes. No op is named here: every rule is in its entry. */

import { ShapeError } from "./errors.ts";
import { isFloat } from "./dtype.ts";
import { type InlineOp, type Node, nodesBorn, record } from "./node.ts";
import { add, cast } from "./ops/binary.ts";
import { broadcastTo } from "./ops/view.ts";
import { topological } from "./plan/graph.ts";
import { showShape } from "./shape.ts";
import { constant, nodeOf, Tensor, wrap } from "./tensor.ts";
import { traced, watch } from "./tracing.ts";

/** A tensor, or arrays and plain objects of tensors, nested in any way. */
export type Nest = Tensor | readonly Nest[] | { readonly [name: string]: Nest };

/** Gradients in the shape of the parameters they belong to. */
export type Grads<P> = Nest extends P ? Nest
  : P extends Tensor ? Tensor
  : { [K in keyof P]: Grads<P[K]> };

/**
 * A function's gradient with its value.
 *
 * @param f Function of a nest of tensors (and anything else) that returns a scalar tensor.
 * @returns A function of the same arguments that records the value and the gradient with respect to
 * every tensor of the first argument; a tensor that `f` does not use has gradient 0. What was recorded
 * before `f` ran is a constant to it.
 * @throws {ShapeError} Where `f` returns more than one element.
 *
 * @example
 * ```ts
 * import { mul, openGpu, sum, tensor, valueAndGrad } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const energy = valueAndGrad(({ x }: { x: ReturnType<typeof tensor> }) => sum(mul(x, x)));
 * const { value, grads } = energy({ x: tensor([1, 3]) });
 * assertEquals(await value.item(), 10);
 * assertEquals(await grads.x.toArray(), [2, 6]);
 * ```
 */
export function valueAndGrad<P extends Nest, A extends unknown[]>(
  f: (params: P, ...rest: A) => Tensor,
): (params: P, ...rest: A) => { value: Tensor; grads: Grads<P> } {
  return (params, ...rest) => {
    const { loss, grads } = differentiated(params, () => ({ loss: f(params, ...rest) }));
    return { value: loss, grads };
  };
}

/**
 * Like {@link valueAndGrad} for a function that returns other results beside the loss.
 *
 * @param f Function that returns `{ loss, aux }`; only the loss is differentiated.
 * @returns A function of the same arguments that records value, aux and gradients.
 * @throws {ShapeError} Where the loss has more than one element.
 *
 * @example
 * ```ts
 * import { mul, openGpu, sum, tensor, valueAndGradWithAux } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const x = tensor([1, 3]);
 * const run = valueAndGradWithAux((p: typeof x) => {
 *   const squares = mul(p, p);
 *   return { loss: sum(squares), aux: squares };
 * });
 * assertEquals(await run(x).aux.toArray(), [1, 9]);
 * ```
 */
export function valueAndGradWithAux<P extends Nest, A extends unknown[], X>(
  f: (params: P, ...rest: A) => { loss: Tensor; aux: X },
): (params: P, ...rest: A) => { value: Tensor; aux: X; grads: Grads<P> } {
  return (params, ...rest) => {
    const { loss, aux, grads } = differentiated(params, () => f(params, ...rest));
    return { value: loss, aux, grads };
  };
}

/**
 * A function's gradient; see {@link valueAndGrad}.
 *
 * @param f Function of a nest of tensors that returns a scalar tensor.
 * @returns A function of the same arguments that records the gradients.
 * @throws {ShapeError} Where `f` returns more than one element.
 */
export function grad<P extends Nest, A extends unknown[]>(
  f: (params: P, ...rest: A) => Tensor,
): (params: P, ...rest: A) => Grads<P> {
  return (params, ...rest) => valueAndGrad(f)(params, ...rest).grads;
}

/**
 * The same values, through which no gradient flows.
 *
 * @param x A tensor.
 * @returns The tensor as a constant.
 */
export function stopGradient(x: Tensor): Tensor {
  return wrap(record(stopOp, [nodeOf(x)], x.shape, x.dtype));
}

const stopOp: InlineOp = {
  kind: "inline",
  name: "stopGradient",
  gradients: [null],
  cost: 0,
  pointwise: true,
  emit: (emitter, vertex, index) => emitter.value(vertex.inputs[0], index),
};

/** Runs a function that records a loss, and records the gradients of that. */
function differentiated<P extends Nest, R extends { loss: Tensor }>(
  params: P,
  run: () => R,
): R & { grads: Grads<P> } {
  // Taken before the function runs: it may assign variables new nodes.
  const targets = new Map(leaves(params).map((leaf) => [leaf, nodeOf(leaf)]));
  watch(targets.values());
  const start = nodesBorn();
  return traced(() => {
    const results = run();
    const slopes = slopesOf(results.loss, { targets: new Set(targets.values()), start });
    const grads = nestLike(params, (leaf) => slopes.get(targets.get(leaf)!) ?? zerosLike(leaf));
    return { ...results, grads: grads as Grads<P> };
  });
}

function zerosLike({ shape }: Tensor): Tensor {
  return broadcastTo(constant(0, "f32"), shape);
}

/** A nest with another tensor in the place of each. */
function nestLike(nest: Nest, other: (leaf: Tensor) => Tensor): Nest {
  if (nest instanceof Tensor) return other(nest);
  if (Array.isArray(nest)) return nest.map((part) => nestLike(part, other));
  return Object.fromEntries(
    Object.entries(nest).map(([name, part]) => [name, nestLike(part, other)]),
  );
}

/** The tensors of a nest, in order. */
export function leaves(nest: Nest): Tensor[] {
  return nest instanceof Tensor ? [nest] : Object.values(nest).flatMap(leaves);
}

/** What is followed from a loss: nodes recorded since the start, down to the targets. */
interface Trace {
  targets: ReadonlySet<Node>;
  /** Nodes that were born before are constants, or targets. */
  start: number;
}

/** Gradients of a loss with respect to the targets, each the sum over all ways that lead to it. */
function slopesOf(loss: Tensor, { targets, start }: Trace): Map<Node, Tensor> {
  if (loss.size !== 1 || !isFloat(loss.dtype)) {
    throw new ShapeError(
      `Cannot differentiate ${loss.dtype} ${showShape(loss.shape)}: a loss is one f32`,
    );
  }
  const inputsOf = ({ born, inputs }: Node) => born < start ? [] : inputs;
  const order = topological([nodeOf(loss)], inputsOf);
  const leads = new Set<Node>();
  for (const node of order) {
    const through = inputsOf(node).some((input, i) => leads.has(input) && node.op.gradients[i]);
    if (targets.has(node) || through) leads.add(node);
  }
  const slopes = new Map<Node, Tensor>();
  slopes.set(nodeOf(loss), broadcastTo(constant(1, "f32"), loss.shape));
  for (const node of order.toReversed()) {
    const g = slopes.get(node);
    if (g === undefined || !leads.has(node)) continue;
    const output = wrap(node);
    const inputs = inputsOf(node).map(wrap);
    inputsOf(node).forEach((input, i) => {
      const rule = node.op.gradients[i];
      if (!leads.has(input) || rule === null) return;
      const own = rule(g, { inputs, output, attributes: node.attributes });
      const slope = input.dtype === "f16" ? cast(own, "f32") : own;
      const before = slopes.get(input);
      slopes.set(input, before === undefined ? slope : add(before, slope));
    });
  }
  return slopes;
}
