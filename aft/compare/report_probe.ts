/**
 * The section that sets students beside their teachers' linear probes.
 *
 * @module
 */

import { scatter, type ScatterSeries } from "../report/chart.ts";
import { COLORS } from "../report/frame.ts";
import { formatNumber, html, type Markup } from "../report/html.ts";
import { dataTable } from "../report/table.ts";
import type { ComparisonPage } from "./report.ts";
import { measureOf, settingText } from "./report_words.ts";
import { correlation } from "../statistics.ts";
import type { CompareRow, Comparison } from "./types.ts";

type Probed = CompareRow & { readonly probe: number; readonly accuracyMean: number };

/**
 * Draws the accuracy of students against that of linear probes of their teachers.
 *
 * @param page The comparison.
 * @returns A section; nothing with fewer than two different probes.
 */
export function probeSection({ comparison, rows }: ComparisonPage): Markup | undefined {
  const probed = rows.filter((row): row is Probed =>
    row.noise === 0 && row.probe !== null && row.accuracyMean !== null
  );
  if (new Set(probed.map(({ probe }) => probe)).size < 2) return undefined;
  const methods = [...new Set(probed.map(({ method }) => method))];
  const own = (method: string) => probed.filter((row) => row.method === method);
  return html`
    <section aria-labelledby="probe">
      <h2 id="probe">Students and their teachers</h2>
      <p class="lead">A linear probe is what one linear layer reads from the teachers' features with
        the same training rows. Where a method draws on its teachers, better probes go with better
        students.</p>
      <div class="charts">${probeChart(methods, own, comparison)}</div>
      ${correlationTable(methods, own)}
    </section>
  `;
}

function probeChart(
  methods: readonly string[],
  own: (method: string) => Probed[],
  { baseline, task }: Comparison,
): Markup {
  const { name, format, tick } = measureOf(task);
  return scatter({
    title: "Student against linear probe",
    note:
      "One point for each method, set of teachers and number of training rows; both axes have " +
      "the same ends.",
    series: methods.map((method, i): ScatterSeries => ({
      name: method,
      color: method === baseline ? 0 : i % COLORS + 1,
      points: own(method).map((row) => ({
        x: row.probe,
        y: row.accuracyMean,
        name: `${method}, ${settingText(row)}`,
      })),
    })),
    x: { name: `${name} of the linear probe`, format: tick },
    y: { name: `${name} of the student`, format: tick },
    diagonal: "as good as the probe",
    format,
  });
}

/**
 * How closely students follow probes among sets of teachers, where there are three or more: for
 * each number of training rows apart, since more rows help both.
 */
function correlationTable(
  methods: readonly string[],
  own: (method: string) => Probed[],
): Markup | undefined {
  const sizes = [...new Set(methods.flatMap(own).map(({ trainSize }) => trainSize))];
  const found = sizes.flatMap((size) =>
    methods.flatMap((method) => {
      const rows = own(method).filter(({ trainSize }) => trainSize === size);
      const value = correlation(rows.map((r) => r.probe), rows.map((r) => r.accuracyMean));
      if (value === null) return [];
      return [[method, formatNumber(size), String(rows.length), value.toFixed(2)]];
    })
  );
  if (found.length === 0) return undefined;
  return dataTable({
    id: "correlation-table",
    caption: "Correlation of student and probe among sets of teachers",
    heads: ["method", "training rows", "sets", "correlation"],
    rows: found,
  });
}
