/**
 * The report of a run as one HTML page.
 *
 * @module
 */

import { carried } from "./confusion.ts";
import type { ReportData } from "./data.ts";
import { html } from "./html.ts";
import { curvesSection } from "./curves.ts";
import { renderPage } from "./page.ts";
import { qualitySection } from "./quality.ts";
import { runSection } from "./run.ts";
import { headline, keyNumbers } from "./summary.ts";
import { scalesSection } from "./teachers.ts";

/**
 * Renders the report of one training run.
 *
 * The page follows the reader's light or dark theme, fits narrow and wide windows, prints, and
 * escapes every text. Its data stands in it once more, as JSON in an element that no browser runs
 * (id `report-data`); above 100 classes with counts and the most frequent mistakes in place of the
 * confusion matrix.
 *
 * @param data Configuration, log, results and explanations of the run.
 * @returns The text of a whole HTML document.
 *
 * @example The first sentence says how good the student became
 * ```ts
 * import { renderReport } from "@aft/aft/aft";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const page = renderReport({
 *   title: "runs/first",
 *   config: { method: "stl", steps: 20 },
 *   task: "classification",
 *   classes: ["ant", "bee"],
 *   metrics: [{ step: 10, taskLoss: 0.7 }, { step: 20, taskLoss: 0.4 }],
 *   evaluations: [{ step: 20, split: "test", loss: 0.5, accuracy: 0.8 }],
 *   final: { loss: 0.5, accuracy: 0.8 },
 *   confusion: [[4, 1], [1, 4]],
 *   environment: { seconds: 3 },
 *   files: ["runs/first/checkpoint.safetensors"],
 * });
 * assertStringIncludes(page, "answers 80.0\u00a0% of 10 test rows correctly");
 * ```
 */
export function renderReport(data: ReportData): string {
  const { message, comparison } = headline(data);
  return renderPage({
    title: data.title,
    heading: html`${message}<span class="comparison">${comparison}</span>`,
    notice: data.interrupted
      ? "This run was stopped early. Its last checkpoint continues it with --resume."
      : undefined,
    body: html`${keyNumbers(data)}
${curvesSection(data)}${scalesSection(data.scales, data.evaluations)}${qualitySection(data)}${
      runSection(data)
    }`,
    data: carried(data),
  });
}
