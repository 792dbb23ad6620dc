/** The workloads in numbers: the same for every engine. */

/** Numbers of one workload. */
export interface Definition {
  /** Multiplications and additions of one step. */
  flops: number;
  /** Loss of the first forward pass in float64, at the start weights. */
  loss1: number;
}

/** Numbers of every workload. */
export const definitions = {
  mm256: { flops: 2 * 256 ** 3, loss1: 6.263443893721 },
  mm512: { flops: 2 * 512 ** 3, loss1: 3.489400852169 },
  mm1024: { flops: 2 * 1024 ** 3, loss1: 4.088949108378 },
  mmrect: { flops: 2 * 128 * 1024 * 4096, loss1: 8.993017533468 },
  mlp: { flops: 0.91e9, loss1: 2.520324292546 },
  mlp_aft: { flops: 1.06e9, loss1: 2.604014761264 },
  conv: { flops: 3.9e9, loss1: 2.412876102937 },
  attn: { flops: 0.50e9, loss1: 0.379129498250 },
} satisfies Record<string, Definition>;

/** Name of a workload. */
export type WorkloadName = keyof typeof definitions;
