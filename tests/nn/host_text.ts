/** A transformer that reads sentences, in float64, from its definition. */

import { unaryReferences } from "../gpu/reference.ts";
import { type HostArray, hostLayerNorm, hostLinear } from "./support.ts";

/** Parameters by the names of the model's own. */
export type HostParameters = Readonly<Record<string, HostArray>>;

/** Sizes of the model. */
export interface HostSizes {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
}

/**
 * The whole model.
 *
 * @param sentences Token ids, 0 where a place is empty.
 * @param parameters All parameters.
 * @param sizes Width, depth, heads.
 * @returns Logits and features, a row for each sentence.
 */
export function hostText(
  sentences: readonly (readonly number[])[],
  parameters: HostParameters,
  sizes: HostSizes,
): { logits: HostArray; features: HostArray } {
  const rows = sentences.map((ids) => featuresOf(ids, parameters, sizes));
  const shape = [sentences.length, sizes.width];
  const features = { shape, values: Float64Array.from(rows.flatMap((row) => [...row])) };
  return {
    logits: hostLinear(features, parameters["head.weight"], parameters["head.bias"]),
    features,
  };
}

/** Mean over the tokens that are there; padding is never computed at all. */
function featuresOf(
  ids: readonly number[],
  parameters: HostParameters,
  { width, depth, heads }: HostSizes,
): Float64Array {
  const places = ids.flatMap((id, place) => id === 0 ? [] : [place]);
  const values = new Float64Array(places.length * width);
  places.forEach((place, t) => {
    for (let c = 0; c < width; c++) {
      values[t * width + c] = parameters["embedding.weight"].values[ids[place] * width + c] +
        parameters.positions.values[place * width + c];
    }
  });
  let x: HostArray = { shape: [places.length, width], values };
  for (let i = 0; i < depth; i++) x = block(x, partsAt(parameters, `blocks.${i}.`), heads);
  x = hostLayerNorm(x, 1e-5, parameters["norm.weight"], parameters["norm.bias"]);
  return Float64Array.from({ length: width }, (_, c) => {
    const total = places.reduce((sum, _, t) => sum + x.values[t * width + c], 0);
    return total / Math.max(1, places.length);
  });
}

function block(x: HostArray, parts: HostParameters, heads: number): HostArray {
  const norm = (name: string, y: HostArray) =>
    hostLayerNorm(y, 1e-5, parts[`${name}.weight`], parts[`${name}.bias`]);
  const linear = (name: string, y: HostArray) =>
    hostLinear(y, parts[`${name}.weight`], parts[`${name}.bias`]);
  const mixed = mix(linear("attention.qkv", norm("attentionNorm", x)), heads);
  const attended = sum(x, linear("attention.projection", mixed));
  const inner = linear("feedForward.inner", norm("forwardNorm", attended));
  const bent = { ...inner, values: inner.values.map(gelu) };
  return sum(attended, linear("feedForward.outer", bent));
}

/** Softmax(q k^T / sqrt(columns)) v for each head; rows of qkv are [3, heads, columns]. */
function mix({ shape: [rows, three], values }: HostArray, heads: number): HostArray {
  const width = three / 3;
  const columns = width / heads;
  const at = (row: number, role: number, head: number, c: number) =>
    values[row * three + role * width + head * columns + c];
  const result = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    for (let head = 0; head < heads; head++) {
      const shares = Array.from({ length: rows }, (_, j) => {
        let score = 0;
        for (let c = 0; c < columns; c++) score += at(i, 0, head, c) * at(j, 1, head, c);
        return Math.exp(score / Math.sqrt(columns));
      });
      const total = shares.reduce((a, b) => a + b, 0);
      for (let c = 0; c < columns; c++) {
        for (let j = 0; j < rows; j++) {
          result[i * width + head * columns + c] += shares[j] / total * at(j, 2, head, c);
        }
      }
    }
  }
  return { shape: [rows, width], values: result };
}

function gelu(x: number): number {
  return unaryReferences.gelu.value(x);
}

function sum(a: HostArray, b: HostArray): HostArray {
  return { shape: a.shape, values: a.values.map((value, i) => value + b.values[i]) };
}

function partsAt(parameters: HostParameters, start: string): HostParameters {
  const own = Object.entries(parameters).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(own.map(([name, part]) => [name.slice(start.length), part]));
}
