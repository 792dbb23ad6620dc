/** What learned scales say, as the command prints it. */

import type { ScaleReport } from "../aft/rho.ts";
import { count, number, percent, table } from "./format.ts";

/**
 * Learned scales teacher by teacher, in numbers that their common size does not change.
 *
 * @param report From `explainScales`.
 * @returns Lines of a table.
 */
export function scaleTable({ teachers, overall }: ScaleReport): string[] {
  const head = [
    ...["teacher", "columns", "energy", "90 % in", "participation", "dimension", "Hoyer", "rho"],
  ];
  const parts = teachers.length > 1 ? [...teachers, { name: "all", ...overall }] : teachers;
  return table([
    head,
    ...parts.map((part) => [
      part.name,
      number(part.columns),
      percent(part.energyShare),
      number(part.columnsFor90),
      number(part.participationRatio, 3),
      number(part.effectiveDimension, 3),
      number(part.hoyer, 2),
      `${number(part.rho.min, 2)} .. ${number(part.rho.median, 2)} .. ${number(part.rho.max, 2)}`,
    ]),
  ]);
}

/**
 * Where the energy of the scales lies, in a line.
 *
 * @param report From `explainScales`.
 * @returns Such as `resnet20 81.0 %, squeezenet 19.0 %; 90 % of it in 211 of 576 columns`.
 */
export function energyText({ teachers, overall }: ScaleReport): string {
  const shares = teachers.map(({ name, energyShare }) => `${name} ${percent(energyShare)}`);
  const held = `${number(overall.columnsFor90)} of ${count(overall.columns, "column")}`;
  return `${shares.join(", ")}; 90 % of it in ${held}`;
}

/** What the columns of the table mean, for readers who see it for the first time. */
export const SCALE_LEGEND =
  "energy: share in rho^2 x variance; 90 % in: fewest columns that hold 90 % of the teacher's; " +
  "participation: 1 / sum of squared shares; dimension: exp of their entropy; Hoyer: 0 all alike, 1 one alone; rho: least, median, most";
