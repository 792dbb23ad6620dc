/** What a peer is. */

import type { WorkloadName } from "../definition.ts";
import type { Session } from "../measure.ts";

/** Another engine that runs the same workloads. */
export interface Peer {
  /** Name of the library. */
  lib: string;
  /** Its pinned version. */
  version: string;
  /** Makes the data of a workload on the host and opens the library's device. */
  open(workload: WorkloadName): Promise<Session>;
}
