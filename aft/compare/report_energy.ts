/**
 * The section on scales: which teachers methods take from, noise among them.
 *
 * @module
 */

import { barChart } from "../report/chart.ts";
import { formatCount, formatNumber, formatPercent, html, type Markup } from "../report/html.ts";
import type { ComparisonPage } from "./report.ts";
import type { CompareRow } from "./types.ts";

/** Rows of one set of teachers and number of noise columns that have scales. */
interface EnergyPart {
  readonly title: string;
  readonly rows: readonly (CompareRow & Required<Pick<CompareRow, "energy">>)[];
}

/**
 * Draws where the energy of the scales lies, for sets of more than one teacher or with noise.
 *
 * @param page The comparison.
 * @returns A section; nothing where no method has scales to share out.
 */
export function energySection({ rows }: ComparisonPage): Markup | undefined {
  const parts = partsOf(rows);
  if (parts.length === 0) return undefined;
  return html`
    <section aria-labelledby="energy">
      <h2 id="energy">What methods take from their teachers</h2>
      <p class="lead">Share of each teacher in the energy rho<sub>i</sub>² Var(psi<sub>i</sub>) of all
        columns, mean over seeds, beside its share of the columns.</p>
      <div class="charts">${parts.map(energyChart)}</div>
    </section>
  `;
}

function partsOf(rows: readonly CompareRow[]): EnergyPart[] {
  const titleOf = ({ teachers, noise }: CompareRow) =>
    noise > 0
      ? `${teachers.join(" + ")}, ${formatCount(noise, "noise column")}`
      : teachers.join(" + ");
  const shared = rows.flatMap((row) =>
    row.energy && row.energy.length > 1 ? [{ ...row, energy: row.energy }] : []
  );
  const titles = [...new Set(shared.map(titleOf))];
  return titles.map((title) => ({ title, rows: shared.filter((row) => titleOf(row) === title) }));
}

function energyChart({ title, rows }: EnergyPart): Markup {
  const [{ energy: first }] = rows;
  const sizes = new Set(rows.map(({ trainSize }) => trainSize));
  const label = ({ method, trainSize }: CompareRow) =>
    sizes.size > 1 ? `${method}, ${formatNumber(trainSize)} rows` : method;
  return barChart({
    title,
    series: first.map(({ name }) => ({ name })),
    groups: [
      ...rows.map((row) => ({
        label: label(row),
        bars: row.energy.map(({ share }) => ({ value: share })),
      })),
      {
        label: "share of the columns",
        bars: first.map(({ columnShare }) => ({ value: columnShare, color: 0 })),
      },
    ],
    value: { name: "share of energy", range: [0, 1], format: (tick) => formatPercent(tick, 0) },
    format: (value) => formatPercent(value),
  });
}
