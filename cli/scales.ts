/** What learned scales say, as the command prints it. */

import type { ScaleReport } from "../aft/rho.ts";
import { number, percent, table } from "./format.ts";

/**
 * Learned scales teacher by teacher, in numbers that their common size does not change.
 *
 * @param report From `explainScales`.
 * @returns Lines of a table.
 */
export function scaleTable({ teachers, overall }: ScaleReport): string[] {
  const head = ["teacher", "columns", "energy", "90 % in", "dimension", "Hoyer", "rho"];
  const parts = teachers.length > 1 ? [...teachers, { name: "all", ...overall }] : teachers;
  return table([
    head,
    ...parts.map((part) => [
      part.name,
      number(part.columns),
      percent(part.energyShare),
      number(part.columnsFor90),
      number(part.effectiveDimension, 3),
      number(part.hoyer, 2),
      `${number(part.rho.min, 2)} .. ${number(part.rho.median, 2)} .. ${number(part.rho.max, 2)}`,
    ]),
  ]);
}

/** What the columns of the table mean, for readers who see it for the first time. */
export const SCALE_LEGEND =
  "energy: share in rho^2 x variance; 90 % in: fewest columns that hold 90 % of the teacher's; " +
  "dimension: effective number of columns; Hoyer: 0 all alike, 1 one alone; rho: least, median, most";
