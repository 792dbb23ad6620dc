/** Kept tables with made-up results. */

import { type Kept, keptOf } from "../../../bench/claims/kept.ts";
import type { Setting } from "../../../aft/compare/types.ts";
import { madeUp } from "../../aft/compare/made_up.ts";

/** A method with its mean accuracy under a setting; null for one that was not run. */
export type MadeUpRow = readonly [
  method: string,
  accuracy: number | null,
  setting?: Partial<Setting> & { probe?: number },
];

/** Accuracies of a few seeds around a mean, the same swings for all methods but for a little. */
export function keptTable(rows: readonly MadeUpRow[], seeds = [0, 1, 2]): Kept {
  const { comparison, records } = madeUp(
    rows.map(([method, accuracy, setting], i) => ({
      method,
      setting,
      betas: [method === "stl" ? 0 : 3],
      made: (_beta: number, seed: number) =>
        accuracy === null
          ? null
          : { test: accuracy + 0.02 * seed + 0.001 * ((i + seed) % 2), val: accuracy },
    })),
    { seeds },
  );
  const ran = [...records].filter(([, { result }]) => "test" in result);
  const kept = keptOf("--made-up", comparison, new Map(ran), new Map());
  const probeOf = (row: { teachers: readonly string[] }) =>
    rows.find(([, , setting]) => String(setting?.teachers) === String(row.teachers))?.[2]?.probe;
  return { ...kept, rows: kept.rows.map((row) => ({ ...row, probe: probeOf(row) ?? null })) };
}
