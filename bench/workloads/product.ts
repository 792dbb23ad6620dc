/** Matrix products. */

import { matmul, submit, tensor, variable, zeros } from "../../gpu/mod.ts";
import { rnd } from "../data.ts";
import type { Workload } from "../workload.ts";

/** [m, k] x [k, n] of rnd(1) and rnd(2); the loss is the first entry. */
export function product(name: string, m: number, k: number, n: number, loss1: number): Workload {
  return {
    name,
    flops: 2 * m * k * n,
    loss1,
    prepare() {
      const [left, right] = [rnd(1, m * k), rnd(2, k * n)];
      return () => {
        const a = tensor(left, { shape: [m, k] });
        const b = tensor(right, { shape: [k, n] });
        const loss = variable(zeros([m, n]));
        const step = () => {
          loss.assign(matmul(a, b)); // [m, k] x [k, n] -> [m, n]
          submit();
        };
        return { step, loss };
      };
    },
  };
}
