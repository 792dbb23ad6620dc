/** What a workload is. */

import type { Variable } from "../gpu/mod.ts";

/** One entry of the table of workloads. */
export interface Workload {
  name: string;
  /** Multiplications and additions of one step. */
  flops: number;
  /** Loss of the first forward pass in float64, at the start weights. */
  loss1: number;
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
