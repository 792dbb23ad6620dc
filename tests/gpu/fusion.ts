/** Random graphs planned with fusion on and off, beside the same on the host. */

import { assert } from "@std/assert";
import { read } from "../../gpu/mod.ts";
import { withoutFusion } from "../../gpu/evaluate.ts";
import { type Both, Dice, grow } from "./graphs.ts";
import { assertClose, counted, numbers, onDevice } from "./support.ts";

/** Inputs of several ranks. */
export function inputsOf(seed: number): Both[] {
  return [[4, 6], [6], [3, 4, 2], []].map((shape, i) => {
    const values = numbers(shape, 10 * seed + i);
    return { device: onDevice(values), host: values };
  });
}

/**
 * Fails unless a random graph has the same values with fusion, without it and on the host.
 *
 * @param seed Decides the graph.
 * @param size Steps of the graph.
 * @param without Names of steps that are left out.
 * @returns Kernels with fusion and without.
 */
export async function assertFusionAgrees(
  seed: number,
  size: number,
  without: readonly string[],
): Promise<[fused: number, unfused: number]> {
  const record = () => {
    const dice = new Dice(seed);
    const values = grow(dice, inputsOf(seed), size, without);
    // Some values are read beside the last: what is kept and what melts changes with it.
    return values.filter((_, i) => i === values.length - 1 || dice.below(5) === 0);
  };
  const [asked, again] = [record(), record()]; // what has been read once is not computed again
  const devices = (values: readonly Both[]) => values.map(({ device }) => device);
  let [on, off]: ArrayLike<number>[][] = [];
  const fused = await counted(async () => on = await read(devices(asked)));
  const unfused = await counted(async () => off = await withoutFusion(() => read(devices(again))));
  asked.forEach(({ host }, i) => {
    assertClose(on[i], host.values, 1e-4, `seed ${seed}, value ${i} with fusion`);
    assertClose(off[i], host.values, 1e-4, `seed ${seed}, value ${i} without`);
    assertClose(on[i], Float64Array.from(off[i]), 1e-4, `seed ${seed}, value ${i} on and off`);
  });
  assert(unfused.dispatches >= fused.dispatches, `seed ${seed}`);
  return [fused.dispatches, unfused.dispatches];
}
