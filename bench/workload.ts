/** What a workload of this engine is. */

import type { Variable } from "../gpu/mod.ts";
import type { Definition } from "./definition.ts";

/** One entry of the table of workloads. */
export interface Workload extends Definition {
  name: string;
  /** Makes the data on the host; what it returns makes the model, on the device that is open. */
  prepare(): () => Model;
}

/** A workload ready to run on the open device. */
export interface Model {
  /** Records and submits one step; does not wait. */
  step(): void;
  /** Holds the loss of the last step in its first element. */
  readonly loss: Variable;
}
