/**
 * The section on the test split: which classes are taken for which, or predicted against true
 * values.
 *
 * @module
 */

import { scatter } from "./chart.ts";
import { type ClassCounts, countClasses, type Mistake, mistakesOf } from "./confusion.ts";
import type { ReportData } from "./data.ts";
import { dataTable } from "./table.ts";
import { formatCount, formatNumber, formatPercent, html, type Markup } from "./html.ts";

/** A matrix of more classes than this cannot be read; its worst entries can. */
const MOST_CLASSES = 30;
const MOST_POINTS = 500;

/**
 * Shows where the student errs on the test split.
 *
 * @param data The report's data.
 * @returns A section; nothing where neither a confusion matrix nor predictions are given.
 */
export function qualitySection(data: ReportData): Markup | undefined {
  if (data.task === "regression") return regressionSection(data);
  const { confusion } = data;
  if (confusion === undefined || confusion.length === 0) return undefined;
  const classes = countClasses(confusion, data.classes);
  const mistakes = mistakesOf(confusion);
  const small = classes.length <= MOST_CLASSES;
  return html`
    <section aria-labelledby="errors"><h2 id="errors">Where it errs</h2>
    <p class="lead">${verdict(mistakes, classes)} ${small &&
      "In the matrix shades grow with the share of the row, right answers apart from wrong ones."}</p>
    <div class="confusion">${small && matrix(confusion, classes)}
    ${worstPairs(mistakes, classes, small ? 10 : 20)}</div>
    ${!small && everyClass(classes)}</section>
  `;
}

function verdict(wrong: readonly Mistake[], classes: readonly ClassCounts[]): string {
  const rows = classes.reduce((total, { rows }) => total + rows, 0);
  if (rows === 0) return "The test split has no labelled rows.";
  if (wrong.length === 0) return `All ${formatCount(rows, "test row")} are answered correctly.`;
  const missed = wrong.reduce((total, { rows }) => total + rows, 0);
  const [{ true: own, predicted, rows: count }] = wrong;
  const [from, to] = [classes[own], classes[predicted]];
  const seen = classes.filter((one) => one.rows > 0);
  const worst = seen.reduce((a, b) => recall(b) < recall(a) ? b : a);
  return `${formatCount(missed, "row")} of ${
    formatNumber(rows)
  } are answered wrongly. Most often ` +
    `${from.name} is taken for ${to.name} (${formatCount(count, "row")}, ` +
    `${formatPercent(count / from.rows, 0)} of ${from.name}); the class found least is ` +
    `${worst.name}, with ${formatPercent(recall(worst), 0)} of its rows.`;
}

/** Share of a class's rows that are found; NaN, shown as a dash, where it has none. */
function recall({ right, rows }: ClassCounts): number {
  return right / rows;
}

/** Share of the rows given a class that belong to it. */
function precision({ right, predicted }: ClassCounts): number {
  return right / predicted;
}

function matrix(
  confusion: readonly (readonly number[])[],
  classes: readonly ClassCounts[],
): Markup {
  const upright = classes.length > 12 || classes.some(({ name }) => name.length > 6);
  const dense = classes.length > 14;
  const heads = classes.map(({ name }) =>
    html`<th scope="col" title="${name}"><span>${name}</span></th>`
  );
  const darkest = Math.max(
    ...confusion.flatMap((row, i) => row.map((count) => count > 0 ? count / classes[i].rows : 0)),
  );
  const rows = confusion.map((row, i) =>
    html`
      <tr><th scope="row" title="${classes[i].name}">${classes[i].name}</th>${row.map((count, j) =>
        cell(count, count / classes[i].rows / darkest, i === j)
      )}<td class="score">${formatPercent(recall(classes[i]), 0)}</td></tr>
    `
  );
  const last = classes.map((one) => html`<td>${formatPercent(precision(one), 0)}</td>`);
  const whole = classes.reduce((a, one) => a + one.right, 0) /
    classes.reduce((a, one) => a + one.rows, 0);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
      <table id="confusion" class="matrix${upright && " upright"}${dense && " dense"}">
        <caption>Confusion matrix</caption>
        <thead>
          <tr>
            <th scope="col" class="corner">true ↓ predicted →</th>${heads}
            <th scope="col"><span>recall</span></th>
          </tr>
        </thead>
        <tbody>${rows}</tbody>
        <tfoot>
          <tr>
            <th scope="row">precision</th>${last}
            <td title="accuracy over all classes">${formatPercent(whole, 0)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  `;
}

function cell(count: number, shade: number, right: boolean): Markup {
  if (count === 0) return html`<td class="none">0</td>`;
  return html`<td class="${right ? "right" : "wrong"}" style="--shade:${shade.toFixed(3)}">${
    formatNumber(count)
  }</td>`;
}

function worstPairs(
  all: readonly Mistake[],
  classes: readonly ClassCounts[],
  most: number,
): Markup | undefined {
  if (all.length === 0) return undefined;
  return dataTable({
    id: "pairs",
    caption: all.length > most
      ? `Most frequent mistakes, ${most} of ${formatNumber(all.length)} pairs`
      : "Mistakes, most frequent first",
    heads: ["true class", "taken for", "rows", "share of class"],
    words: 2,
    rows: all.slice(0, most).map(({ true: from, predicted, rows }) => [
      classes[from].name,
      classes[predicted].name,
      formatNumber(rows),
      formatPercent(rows / classes[from].rows),
    ]),
  });
}

function everyClass(classes: readonly ClassCounts[]): Markup {
  const order = [...classes].sort((a, b) => (recall(a) || 0) - (recall(b) || 0));
  const table = dataTable({
    id: "classes",
    caption: "Recall and precision of every class",
    heads: ["class", "rows", "right", "recall", "precision"],
    rows: order.map((one) => [
      one.name,
      formatNumber(one.rows),
      formatNumber(one.right),
      formatPercent(recall(one)),
      formatPercent(precision(one)),
    ]),
  });
  return html`<details><summary>All ${
    formatNumber(classes.length)
  } classes, worst first</summary>${table}</details>`;
}

function regressionSection({ predictions, final }: ReportData): Markup | undefined {
  if (predictions === undefined || predictions.length === 0) return undefined;
  const every = Math.max(1, predictions.length / MOST_POINTS);
  const count = Math.min(MOST_POINTS, predictions.length);
  const shown = Array.from({ length: count }, (_, i) => predictions[Math.floor(i * every)]);
  const part = count < predictions.length
    ? `${formatNumber(count)} of ${formatNumber(predictions.length)} test rows, evenly spread`
    : formatCount(count, "test row");
  const scores = final === undefined
    ? ""
    : ` R² ${formatNumber(final.r2)}, mean absolute error ${formatNumber(final.mae)}.`;
  return html`
    <section aria-labelledby="errors">
      <h2 id="errors">Predicted against true</h2>
      <div class="charts">${scatter({
        title: "Test split",
        note: `${part}.${scores}`,
        series: [{
          name: "test row",
          points: shown.map((one) => ({ x: one.true, y: one.predicted })),
        }],
        x: { name: "true value" },
        y: { name: "predicted value" },
        diagonal: "perfect",
      })}</div>
    </section>
  `;
}
