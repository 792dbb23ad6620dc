/** 1,000 random graphs of every op, with fusion on and off: `deno task test:long`. */

import { assert } from "@std/assert";
import { assertFusionAgrees } from "../gpu/fusion.ts";

/** Graphs of one test. */
const GROUP = 50;

for (let first = 10_000; first < 11_000; first += GROUP) {
  Deno.test(`random graphs agree with fusion on and off, seeds ${first} to ${first + GROUP - 1}`, async () => {
    let [on, off] = [0, 0];
    for (let seed = first; seed < first + GROUP; seed++) {
      const size = 4 + seed % 13;
      const [fused, unfused] = await assertFusionAgrees(
        seed,
        size,
        seed % 4 === 0 ? [] : ["matmul"],
      );
      on += fused;
      off += unfused;
    }
    assert(off > on, `${off} kernels without fusion, ${on} with`);
  });
}
