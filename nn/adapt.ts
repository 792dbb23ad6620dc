/** Models whose weights stand still, but for changes of low rank beside them. */

import { ConfigError } from "../gpu/errors.ts";
import { Conv2d } from "./conv.ts";
import { Linear } from "./linear.ts";
import { LoRA, type LoRAOptions } from "./lora.ts";
import { freeze, type Module, namedModules } from "./module.ts";
import { deriveSeed } from "./seed.ts";
import type { SavedTensor, State } from "./state.ts";

/** Options of {@linkcode addLoRA}. */
export interface AddLoRAOptions extends LoRAOptions {
  /** Names of modules that are trained whole, such as `head`; default none. */
  readonly whole?: readonly string[];
}

/**
 * Freezes a model and puts a change of low rank beside the weight of each of its linear layers and
 * convolutions, whose weight counts as a matrix with a row for each output channel. Only these changes
 * are trained then, and modules that are named: biases, norms, embeddings and positions stand still,
 * while running statistics of batch norms go on. The changes' parameters are `….lora.down` and `….lora.up`.
 *
 * @param model The model; its outputs stay what they are. Optimisers are made after this.
 * @param options Rank, alpha, seed, and what is trained whole.
 * @throws {ConfigError} If a number is out of range, a name is unknown, the model has no layer to
 * change, or changes already.
 *
 * @example
 * ```ts
 * import { openGpu } from "@aft/aft/gpu";
 * import { addLoRA, MLP } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const model = new MLP({ inputs: 64, hidden: [32], outputs: 10, seed: 1 });
 * addLoRA(model, { rank: 2, seed: 2, whole: ["head"] });
 * assertEquals(Object.keys(model.parameters()), [
 *   "layers.0.lora.down",
 *   "layers.0.lora.up",
 *   "head.weight",
 *   "head.bias",
 * ]);
 * ```
 */
export function addLoRA(model: Module, options: AddLoRAOptions): void {
  const { whole = [], seed, ...sizes } = options;
  const names = Object.keys(model.parameters());
  const isWhole = (name: string) => whole.some((part) => isPartOf(name, part));
  const layers = [...namedModules(model)].filter((place): place is [string, Linear | Conv2d] => {
    return (place[1] instanceof Linear || place[1] instanceof Conv2d) && !isWhole(place[0]);
  });
  if (layers.length === 0) refuse("it has no linear layer or convolution to change");
  if (layers.some(([, { lora }]) => lora)) refuse("it has changes of low rank already");
  const unknown = whole.find((part) => !names.some((name) => isPartOf(name, part)));
  if (unknown !== undefined) refuse(`no parameter is called ${unknown} or lies within it`);
  const changes = layers.map(([name, { weight: { shape: [outputs], size } }]) =>
    new LoRA(size / outputs, outputs, { ...sizes, seed: deriveSeed(seed, name) })
  );
  const still = Object.entries(model.parameters()).filter(([name]) => !isWhole(name));
  freeze(still.map(([, variable]) => variable));
  layers.forEach(([, layer], i) => layer.lora = changes[i]);
}

function isPartOf(name: string, part: string): boolean {
  return name === part || name.startsWith(`${part}.`);
}

function refuse(reason: string): never {
  throw new ConfigError(`Cannot add changes of low rank to the model: ${reason}`, {
    field: "model",
    value: reason,
  });
}

const WEIGHT = "weight";
/** The two factors of a change, behind the name of its layer. */
const [DOWN, UP] = ["lora.down", "lora.up"];
const FACTORS = /(?:^|\.)lora\.(?:down|up)$/;

/**
 * The state of a model with its changes of low rank worked into the weights, as the same model without
 * changes takes it. Sums are taken in float64.
 *
 * @param state Values by name, of any model.
 * @param alpha Alpha that the changes were made with; default the rank of each.
 * @returns Weights W + alpha/rank B A in place of W, B and A; everything else as it is.
 *
 * @example
 * ```ts
 * import { openGpu, tensor } from "@aft/aft/gpu";
 * import { addLoRA, Linear, mergeLoRA, Sequential } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * await openGpu();
 * const adapted = new Sequential([new Linear(4, 3, { seed: 1 })]);
 * addLoRA(adapted, { rank: 2, seed: 2 });
 * const plain = new Sequential([new Linear(4, 3, { seed: 5 })]);
 * plain.load(mergeLoRA(await adapted.state()));
 * const x = tensor([[1, 2, 3, 4]]);
 * assertEquals(await plain.forward(x).toArray(), await adapted.forward(x).toArray());
 * ```
 */
export function mergeLoRA(state: Readonly<State>, alpha?: number): State {
  const kept = Object.entries(state).filter(([name]) => !FACTORS.test(name));
  return Object.fromEntries(kept.map(([name, saved]) => {
    const layer = name.slice(0, -WEIGHT.length);
    const [down, up] = [state[layer + DOWN], state[layer + UP]];
    const isChanged = name.endsWith(WEIGHT) && down !== undefined && up !== undefined;
    return [name, isChanged ? changed(saved, { down, up, alpha }) : saved];
  }));
}

/** W + alpha/rank B A, rounded once. */
function changed(
  { shape, values }: SavedTensor,
  { down, up, alpha }: { down: SavedTensor; up: SavedTensor; alpha?: number },
): SavedTensor {
  const [rank, inputs] = down.shape;
  const scale = (alpha ?? rank) / rank;
  const merged = Float32Array.from(values, (weight, at) => {
    const [row, column] = [Math.floor(at / inputs), at % inputs];
    let sum = 0;
    for (let k = 0; k < rank; k++) {
      sum += up.values[row * rank + k] * down.values[k * inputs + column];
    }
    return weight + scale * sum;
  });
  return { shape, values: merged };
}
