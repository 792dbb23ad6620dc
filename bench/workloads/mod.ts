/** The table of workloads. */

import type { Workload } from "../workload.ts";
import { conv } from "./conv.ts";
import { attn } from "./attention.ts";
import { mlp, mlpAft } from "./mlp.ts";
import { product } from "./product.ts";

/** Every workload, in the order in which they run. */
export const workloads: readonly Workload[] = [
  product("mm256", 256, 256, 256, 6.263443893721),
  product("mm512", 512, 512, 512, 3.489400852169),
  product("mm1024", 1024, 1024, 1024, 4.088949108378),
  product("mmrect", 128, 1024, 4096, 8.993017533468),
  mlp,
  mlpAft,
  conv,
  attn,
];
