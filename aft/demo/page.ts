/** The demonstration's report: the comparison, and the run of aft in the form of any run's report. */

import { barChart } from "../report/chart.ts";
import { curvesSection } from "../report/curves.ts";
import type { ReportData } from "../report/data.ts";
import { formatPercent, formatSeconds, html, type Markup } from "../report/html.ts";
import { renderPage } from "../report/page.ts";
import { qualitySection } from "../report/quality.ts";
import { runSection } from "../report/run.ts";
import { dataTable } from "../report/table.ts";
import { scalesSection } from "../report/teachers.ts";
import { configToJson } from "../config.ts";
import { quote } from "./files.ts";
import { CLASSES, type Images } from "./images.ts";
import { mosaic } from "./mosaic.ts";
import type { Trained } from "./students.ts";
import type { DemoResult } from "./types.ts";

/**
 * Renders the report of a demonstration.
 *
 * @param result How it ended.
 * @param shown The student whose run is shown: aft, first seed.
 * @param images Some of the images.
 * @param environment Facts about the machine.
 * @returns The text of a whole HTML document.
 */
export async function renderDemo(
  result: DemoResult,
  shown: Trained,
  images: Images,
  environment: Readonly<Record<string, unknown>>,
): Promise<string> {
  const data = await reportOf(result, shown, environment);
  const [first, ...rest] = result.verdict.map((sentence) => sentence.replaceAll(" %", "\u00a0%"));
  return renderPage({
    title: "aft demo",
    heading: html`${first}`,
    body: html`
      <p class="lead" style="margin-top:12px">${rest.join(" ")}</p>
      ${comparisonSection(result)}${taskSection(result, images)}${teacherSection(result)}
      <section>
        <h2>One of these runs: aft, seed ${shown.seed}</h2>
        <p class="lead">What follows is in the report of any run.</p>
      </section>
      ${scalesSection(data.scales, data.evaluations)}${curvesSection(data)}${qualitySection(
        data,
      )}${runSection(data)}
    `,
    data: { ...result, run: data },
  });
}

/** The run of one student as reports take it. */
async function reportOf(
  result: DemoResult,
  shown: Trained,
  environment: Readonly<Record<string, unknown>>,
): Promise<ReportData> {
  const { trainer, test, metrics, evaluations, seconds } = shown;
  const { data, features, checkpoint, command } = result;
  return {
    title: "aft demo",
    config: configToJson({ ...trainer.settings, data, features: [...features] }),
    task: "classification",
    classes: CLASSES,
    metrics,
    evaluations,
    final: { ...test.score, rows: test.rows },
    confusion: test.confusion,
    scales: await trainer.scales(),
    environment: { ...environment, seconds },
    files: [data, ...features, checkpoint],
    commands: [
      { purpose: "Train this student again, or another one", command },
      {
        purpose: "Measure it",
        command: `aft eval --checkpoint ${quote(checkpoint)} --data ${quote(data)}`,
      },
      { purpose: "See what a file holds", command: `aft inspect ${quote(features[0])}` },
    ],
  };
}

function comparisonSection({ table, trials, task, seconds }: DemoResult): Markup {
  const seeds = table[0].accuracies.length;
  const spread = ({ mean, deviation }: DemoResult["table"][number]) =>
    deviation ? [mean - deviation, mean + deviation] as const : undefined;
  return html`
    <section aria-labelledby="comparison">
      <h2 id="comparison">The same few labels, three methods</h2>
      <p class="lead">Every method trains the same student from the same start values on the same
        batches; ${String(seeds)} ${seeds === 1 ? "seed" : "seeds"}, ${formatSeconds(seconds)} for
        everything.</p>
      <div class="charts">${barChart({
        title: "Test accuracy",
        ...seeds > 1 && {
          note: "Mean over seeds; the line is one standard deviation to both sides.",
        },
        groups: table.map((row) => ({
          label: row.method,
          bars: [{ value: row.mean, interval: spread(row) }],
        })),
        value: { name: "share of test images", format: (tick) => formatPercent(tick, 0) },
        format: (value) => formatPercent(value),
      })}</div>
      ${dataTable({
        id: "comparison-table",
        caption: "On the test images",
        heads: ["method", "beta", "accuracy", "standard deviation", "by seed", "cross-entropy"],
        rows: table.map(({ method, beta, mean, deviation, accuracies, loss }) => [
          method,
          method === "stl" ? "–" : String(beta),
          formatPercent(mean),
          formatPercent(deviation),
          accuracies.map((accuracy) => formatPercent(accuracy)).join(" · "),
          loss.toFixed(3),
        ]),
      })}
      ${trials.length > 0 && betaTable(trials, task.images.validation)}
    </section>
  `;
}

function betaTable(trials: DemoResult["trials"], rows: number): Markup {
  return html`
    <p
      class="note">Beta is the one with the smallest cross-entropy on ${String(
        rows,
      )} validation images, tried with seed 0: ${trials.map(({ method, beta, loss }) =>
        `${method} ${beta}: ${loss.toFixed(3)}`
      ).join(", ")}. The test images decided nothing.</p>
  `;
}

function taskSection({ task }: DemoResult, images: Images): Markup {
  return html`
    <section aria-labelledby="task">
      <h2 id="task">The task</h2>
      <p class="lead">${task.text}</p>
      <p><img src="${mosaic(
        images,
        CLASSES.length,
        5,
      )}" alt="Five images of each class, one class a column" style="image-rendering:pixelated;width:100%;max-width:640px"></p>
      <p class="note">One class a column: ${CLASSES.join(", ")}.</p>
    </section>
  `;
}

function teacherSection({ teachers, pixels, energy }: DemoResult): Markup {
  return html`
    <section aria-labelledby="teachers">
      <h2 id="teachers">The teachers</h2>
      ${dataTable({
        id: "teacher-table",
        caption: "What they were taught and what their features hold",
        heads: ["teacher", "what it knows", "own test", "nearest class mean", "rho's energy"],
        words: 2,
        rows: teachers.map(({ name, summary, accuracy, probe }, i) => [
          name,
          summary,
          formatPercent(accuracy),
          formatPercent(probe),
          formatPercent(energy[i].share),
        ]),
      })}
      <p class="note">Own test: test images for which a teacher says its own label. Nearest class
        mean: test images whose class is the one whose mean over the labelled images is nearest, in
        the teacher's features; in pixels ${formatPercent(pixels)}. Energy: mean over seeds; each
        teacher has the same number of columns.</p>
    </section>
  `;
}
