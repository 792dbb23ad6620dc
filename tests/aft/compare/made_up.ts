/** Comparisons with made-up results, for tests of the table and of the page. */

import type { Records } from "../../../aft/compare/store.ts";
import type {
  Cell,
  CellRun,
  Comparison,
  RunRecord,
  RunResult,
  Setting,
} from "../../../aft/compare/types.ts";
import { explainRho } from "../../../aft/rho.ts";

/** Test and validation accuracy of a run; null for one that diverged. */
export type MadeUp = (beta: number, seed: number) => { test: number; val: number } | null;

/** One method under a setting. */
export interface MadeUpCell {
  readonly method: string;
  readonly betas?: readonly number[];
  readonly setting?: Partial<Setting>;
  readonly made: MadeUp;
}

/** What a comparison needs to make its table. */
export interface MadeUpComparison {
  readonly comparison: Comparison;
  readonly records: Records;
}

const COLUMNS = { one: 4, two: 2 };

/** Runs of every cell by the seeds given; runs that choose a strength are the first seed's. */
export function madeUp(
  cells: readonly MadeUpCell[],
  { seeds = [0, 1, 2], changes = {} as Partial<Comparison> } = {},
): MadeUpComparison {
  const records = new Map<string, RunRecord>();
  const made = cells.map((cell, i): Cell => {
    const setting = { trainSize: 100, noise: 0, teachers: ["one", "two"], ...cell.setting };
    const betas = cell.betas ?? [0];
    const final = seeds.flatMap((seed) =>
      betas.map((beta): CellRun => {
        const key = `${i} ${beta} ${seed}`;
        const result = resultOf(cell.made(beta, seed), setting, cell.method);
        records.set(key, { key, config: {}, result });
        return { key, beta, seed };
      })
    );
    const tune = betas.length > 1 ? final.filter(({ seed }) => seed === seeds[0]) : [];
    return { method: cell.method, setting, hasStrength: betas[0] !== 0, tune, final };
  });
  const comparison: Comparison = {
    version: 1,
    ...{ task: "classification", classes: 10, steps: 50, student: "mlp:8" },
    ...{ data: "data", features: ["one.safetensors", "two.safetensors"], baseline: "stl" },
    ...{ testRows: 1000, validation: [{ trainSize: 100, rows: 50 }], columns: COLUMNS },
    cells: made,
    probes: [],
    ...changes,
  };
  return { comparison, records };
}

function resultOf(
  made: ReturnType<MadeUp>,
  { teachers, noise }: Setting,
  method: string,
): RunResult {
  if (made === null) return { failed: "Cannot train on: the task loss is NaN" };
  const { test, val } = made;
  const blocks = [
    ...teachers.map((name) => ({ name, columns: COLUMNS[name as keyof typeof COLUMNS] })),
    ...noise > 0 ? [{ name: "noise", columns: noise }] : [],
  ];
  const ones = blocks.flatMap(({ columns }) => Array<number>(columns).fill(1));
  return {
    test: { accuracy: test, loss: 2 * (1 - test) },
    val: { accuracy: val, loss: 2 * (1 - val) },
    ...method.startsWith("aft") && { scales: explainRho(ones, ones, blocks) },
    seconds: 2,
    device: "made-up device",
  };
}
