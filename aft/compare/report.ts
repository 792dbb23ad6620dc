/**
 * The page of a comparison.
 *
 * @module
 */

import { formatCount, formatNumber, html, type Markup } from "../report/html.ts";
import { renderPage } from "../report/page.ts";
import { dataTable } from "../report/table.ts";
import { trialsOf } from "./choice.ts";
import { energySection } from "./report_energy.ts";
import { probeSection } from "./report_probe.ts";
import { errorCharts, trendCharts } from "./report_charts.ts";
import { listed, measureOf, settingText, varying } from "./report_words.ts";
import type { Records } from "./store.ts";
import type { CompareRow, Comparison } from "./types.ts";

/** What the page shows. */
export interface ComparisonPage {
  /** The comparison's folder. */
  readonly path: string;
  /** What is compared. */
  readonly comparison: Comparison;
  /** Finished runs. */
  readonly records: Records;
  /** The table. */
  readonly rows: readonly CompareRow[];
}

/**
 * Renders a comparison as one HTML page in the form of the reports of runs.
 *
 * @param page Table, plan and records.
 * @returns The text of a whole HTML document.
 */
export function renderComparison(page: ComparisonPage): string {
  const { path, comparison, rows } = page;
  const { message, rest } = headline(page);
  return renderPage({
    title: path,
    heading: html`${message}<span class="comparison">${rest}</span>`,
    body: html`
      ${resultSection(page)}${trendCharts(page)}${probeSection(page)}${energySection(
        page,
      )}${choiceSection(page)}
      ${protocolSection(page)}
    `,
    data: { rows, comparison: { ...comparison, cells: undefined } },
  });
}

/** The sentence on top: which method errs least, by how much and how surely. */
function headline({ comparison, rows }: ComparisonPage): { message: string; rest: string } {
  const { baseline } = comparison;
  const methods = [...new Set(rows.map(({ method }) => method))];
  const seeds = Math.max(0, ...rows.map(({ seeds }) => seeds));
  const over = `over ${formatCount(seeds, "seed")}`;
  const means = methods.filter((method) => method !== baseline).flatMap((method) => {
    const own = rows.filter((row) => row.method === method && row.normalisedError !== null);
    const mean = own.reduce((sum, row) => sum + row.normalisedError!, 0) / own.length;
    return own.length > 0 ? [{ method, own, mean }] : [];
  });
  if (baseline === undefined || means.length === 0) {
    return { message: `${listed(methods)} compared`, rest: ` ${over}.` };
  }
  const best = means.reduce((a, b) => b.mean < a.mean ? b : a);
  const error = formatNumber(best.mean);
  const message = best.mean < 1
    ? `${best.method} errs least: its error is ${error} times that of ${baseline}`
    : `No method errs less than ${baseline}: ${best.method} comes closest with ${error} times its error`;
  const settings = best.own.length > 1 ? `, mean of ${best.own.length} settings` : "";
  return { message, rest: ` ${over}${settings}; ${sureness(best.own, comparison)}.` };
}

function sureness(rows: readonly CompareRow[], { task }: Comparison): string {
  const known = rows.filter(({ diffLow }) => diffLow !== null);
  if (known.length === 0) return "one seed says little";
  if (rows.length > 1) {
    const above = known.filter(({ diffLow }) => diffLow! > 0).length;
    return `the 95 % interval of its lead lies above 0 in ${above} of ${known.length} settings`;
  }
  const { name, difference } = measureOf(task);
  const { diffMean, diffLow, diffHigh } = known[0];
  return `its ${name} differs by ${difference(diffMean)}, 95 % interval ${
    difference(diffLow)
  } to ` +
    difference(diffHigh);
}

function resultSection(page: ComparisonPage): Markup {
  const { comparison, rows } = page;
  const { baseline, task } = comparison;
  const { name, format, difference, interval } = measureOf(task);
  const parts = varying(rows);
  const heads = ["method", ...parts.map(({ head }) => head), "beta", "seeds", `test ${name}`];
  const than = baseline === undefined
    ? []
    : [`difference from ${baseline}`, "95 % interval", "better : worse", "normalised error"];
  return html`
    <section aria-labelledby="result">
      <h2 id="result">Results</h2>
      <p class="lead">${resultText(comparison)}</p>
      ${errorCharts(page)}
      ${dataTable({
        id: "comparison-table",
        caption: "On the test rows",
        heads: [...heads, ...than, "task loss"],
        rows: rows.map((row) => [
          row.method,
          ...parts.map(({ cell }) => cell(row)),
          formatNumber(row.beta),
          formatNumber(row.seeds),
          spread(format(row.accuracyMean), row.accuracySd === null ? null : format(row.accuracySd)),
          ...than.length === 0 ? [] : [
            difference(row.diffMean),
            interval(row),
            row.signs === null ? "–" : `${row.signs} : ${row.signsAgainst}`,
            row.normalisedError?.toFixed(3) ?? "–",
          ],
          spread(
            row.lossMean?.toFixed(3) ?? "–",
            row.lossSd === null ? null : row.lossSd.toFixed(3),
          ),
        ]),
      })}
    </section>
  `;
}

function resultText({ baseline, task }: Comparison): string {
  const { name, error } = measureOf(task);
  const means = `Mean and standard deviation of the test ${name} over seeds. `;
  if (baseline === undefined) {
    return `${means}Without stl among the methods nothing is compared with it.`;
  }
  return `${means}A method and ${baseline} share rows, start values and batches of a seed, so their ` +
    "difference is taken seed by seed; its interval is that of Student's t. Normalised error: " +
    `${error} of a method over that of ${baseline}.`;
}

function spread(mean: string, deviation: string | null): string {
  return deviation === null ? mean : `${mean} ± ${deviation}`;
}

/** How strengths were chosen, where there was anything to choose. */
function choiceSection({ comparison, records, rows }: ComparisonPage): Markup | undefined {
  const parts = varying(rows);
  const { task } = comparison;
  const tuned = comparison.cells.flatMap((cell, i) => {
    const trials = trialsOf(cell, records) ?? [];
    return trials.length > 0 ? [{ cell, trials, row: rows[i] }] : [];
  });
  if (tuned.length === 0) return undefined;
  const betas = [...new Set(tuned.flatMap(({ trials }) => trials.map(({ beta }) => beta)))]
    .sort((a, b) => a - b);
  const seeds = new Set(tuned[0].cell.tune.map(({ seed }) => seed)).size;
  const text = ({ error }: { error: number | null }) =>
    error === null ? "diverged" : measureOf(task).validation(error);
  return html`
    <section aria-labelledby="choice">
      <h2 id="choice">How beta was chosen</h2>
      <p class="lead">By the smallest validation error, mean over ${formatCount(
        seeds,
        "seed",
      )}; test
        rows decided nothing. A choice at the end of the list may lie beyond it.</p>
      ${dataTable({
        id: "choice-table",
        caption: task === "classification" ? "Share of wrong validation rows" : "Squared error",
        heads: [
          "method",
          ...parts.map(({ head }) => head),
          "chosen",
          ...betas.map((beta) => `beta ${formatNumber(beta)}`),
        ],
        rows: tuned.map(({ cell, trials, row }) => [
          cell.method,
          ...parts.map(({ cell }) => cell(row)),
          formatNumber(row.beta),
          ...betas.map((beta) => {
            const trial = trials.find((trial) => trial.beta === beta);
            return trial ? text(trial) : "–";
          }),
        ]),
      })}
    </section>
  `;
}

function protocolSection({ comparison, records, rows }: ComparisonPage): Markup {
  const { data, features, student, steps, testRows, validation, task, classes } = comparison;
  const results = [...records.values()].flatMap(({ result }) => "test" in result ? [result] : []);
  const devices = [...new Set(results.map(({ device }) => device))];
  const facts: [string, string | string[]][] = [
    ["data", data],
    ["features", features.join(", ") || "–"],
    ["task", task === "regression" ? "regression" : `${formatNumber(classes)} classes`],
    ["student", student],
    ["steps", formatNumber(steps)],
    ["test rows", formatNumber(testRows)],
    ...validation.map(({ trainSize, rows }): [string, string] => [
      `validation rows beside ${formatNumber(trainSize)}`,
      formatNumber(rows),
    ]),
    ["seeds", seedText(comparison)],
    ["settings", settingTexts(rows)],
    ["device", devices.join(", ") || "–"],
  ];
  return html`
    <section aria-labelledby="protocol">
      <h2 id="protocol">The protocol</h2>
      <p class="lead">Training rows are drawn with the seed, each class by its share; validation rows
        are other training rows where some remain. All methods of a seed train on the same rows.</p>
      <table id="protocol-table" class="facts">
        <caption>What runs have in common, unless a method's name says otherwise</caption>
        <tbody>${facts.map(([name, value]) =>
          html`
            <tr>
              <th scope="row">${name}</th>
              <td>${linesOf(value)}</td>
            </tr>
          `
        )}</tbody>
      </table>
    </section>
  `;
}

function linesOf(value: string | string[]) {
  return typeof value === "string" ? value : value.map((line) => html`<div>${line}</div>`);
}

function settingTexts(rows: readonly CompareRow[]): string[] {
  return [...new Set(rows.map((row) => settingText(row)))];
}

function seedText({ cells }: Comparison): string {
  const seeds = cells[0].final.map(({ seed }) => seed);
  const [first, last] = [Math.min(...seeds), Math.max(...seeds)];
  return first === last ? `${first}` : `${first} to ${last}`;
}
