/** The table of workloads. */

import { definitions } from "../definition.ts";
import type { Workload } from "../workload.ts";
import { conv } from "./conv.ts";
import { attn } from "./attention.ts";
import { mlp, mlpAft } from "./mlp.ts";
import { product } from "./product.ts";

/** Every workload, in the order in which they run. */
export const workloads: readonly Workload[] = [
  product("mm256", 256, 256, 256, definitions.mm256.loss1),
  product("mm512", 512, 512, 512, definitions.mm512.loss1),
  product("mm1024", 1024, 1024, 1024, definitions.mm1024.loss1),
  product("mmrect", 128, 1024, 4096, definitions.mmrect.loss1),
  mlp,
  mlpAft,
  conv,
  attn,
];
