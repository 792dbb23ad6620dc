/** Drawings of kept tables. */

import { barChart, lineChart, scatter } from "../../aft/report/chart.ts";
import { COLORS, type Figure } from "../../aft/report/frame.ts";
import { formatNumber } from "../../aft/report/html.ts";
import { measureOf } from "../../aft/compare/report_words.ts";
import type { ClaimChart, Evidence } from "./claim.ts";
import { shortTeacher, teacherText } from "./facts.ts";
import type { Kept, KeptRow } from "./kept.ts";

const methodsOf = ({ rows }: Kept) => [...new Set(rows.map(({ method }) => method))];
const colorOf = (kept: Kept, method: string) =>
  method === kept.baseline ? 0 : methodsOf(kept).indexOf(method) % COLORS + 1;

/** Bars of the normalised error of every table that is there. */
export function errorBars({ tables }: Evidence): ClaimChart[] {
  return Object.entries(tables).flatMap(([name, kept]) => {
    const rows = kept.rows.filter(({ normalisedError }) => normalisedError !== null)
      .toSorted((a, b) => a.normalisedError! - b.normalisedError!);
    return rows.length > 0 ? [{ name, chart: barsOf(name, kept, rows) }] : [];
  });
}

function barsOf(name: string, kept: Kept, rows: readonly KeptRow[]): Figure {
  const several = new Set(rows.map(({ teachers }) => String(teachers))).size > 1;
  return barChart({
    title: `Normalised error, ${name}`,
    groups: rows.map((row) => ({
      label: several ? `${row.method}, ${teacherText(row.teachers)}` : row.method,
      bars: [{
        value: row.normalisedError!,
        color: row.method === kept.baseline ? 0 : 1,
        ...intervalOf(row),
      }],
    })),
    value: { name: `error / error of ${kept.baseline}: below 1 is better`, zero: true },
    format: (value) => value.toFixed(3),
  });
}

/** What the interval of the difference means for the normalised error. */
function intervalOf({ accuracyMean, diffMean, diffLow, diffHigh }: KeptRow) {
  if (diffLow === null || diffMean === null) return {};
  const base = 1 - (accuracyMean! - diffMean);
  const at = (difference: number) => Math.max(0, (base - difference) / base);
  return { interval: [at(diffHigh!), at(diffLow)] as const };
}

/** Accuracy against noise columns. */
export function overNoise({ tables }: Evidence): ClaimChart[] {
  return curves(tables, "noise columns", ({ noise }) => noise, {});
}

/** Accuracy against training rows. */
export function overRows({ tables }: Evidence): ClaimChart[] {
  return curves(tables, "training rows", ({ trainSize }) => trainSize, { scale: "log" as const });
}

function curves(
  tables: Evidence["tables"],
  words: string,
  at: (row: KeptRow) => number,
  axis: { scale?: "log" },
): ClaimChart[] {
  return Object.entries(tables).flatMap(([name, kept]) => {
    if (kept.rows.length === 0) return [];
    const { name: measure, format, tick } = measureOf(kept.task);
    const chart = lineChart({
      title: `Test ${measure} against ${words}`,
      series: methodsOf(kept).map((method) => {
        const own = kept.rows.filter((row) => row.method === method)
          .toSorted((a, b) => at(a) - at(b));
        return {
          name: method,
          color: colorOf(kept, method),
          look: "dots" as const,
          points: own.map((row) => ({ x: at(row), y: row.accuracyMean! })),
          band: own.filter(({ accuracySd }) => accuracySd !== null).map((row) => ({
            x: at(row),
            low: row.accuracyMean! - row.accuracySd!,
            high: row.accuracyMean! + row.accuracySd!,
          })),
        };
      }),
      x: { name: words, ...axis },
      y: { name: `test ${measure}`, format: tick },
      format,
    });
    return [{ name, chart }];
  });
}

/** Students beside linear probes, and the energy of rho by teacher. */
export function teacherCharts({ tables: { sets: kept } }: Evidence): ClaimChart[] {
  return kept === undefined ? [] : [...probeChart(kept), ...energyChart(kept)];
}

function probeChart(kept: Kept): ClaimChart[] {
  const rows = kept.rows.filter(({ probe, noise }) => probe !== null && noise === 0);
  if (rows.length === 0) return [];
  const { name, format, tick } = measureOf(kept.task);
  const chart = scatter({
    title: "Students and their teachers' linear probes",
    series: methodsOf(kept).map((method) => ({
      name: method,
      color: colorOf(kept, method),
      points: rows.filter((row) => row.method === method).map((row) => ({
        x: row.probe!,
        y: row.accuracyMean!,
        name: `${method}, ${teacherText(row.teachers)}`,
      })),
    })),
    x: { name: `${name} of the linear probe`, format: tick },
    y: { name: `${name} of the student`, format: tick },
    diagonal: "as good as the probe",
    format,
  });
  return [{ name: "probes", chart }];
}

function energyChart(kept: Kept): ClaimChart[] {
  const rows = kept.rows.filter(({ method, teachers, energy }) =>
    method === "aft" && teachers.length > 1 && energy !== undefined
  );
  if (rows.length === 0) return [];
  const chart = barChart({
    title: "Where aft's energy lies, beside the share of the columns",
    series: [{ name: "share of rho's energy" }, { name: "share of the columns", color: 0 }],
    groups: rows.flatMap((row) =>
      row.energy!.map(({ name, share, columnShare }) => ({
        label: `${shortTeacher(name)}, of ${teacherText(row.teachers)}`,
        bars: [{ value: share }, { value: columnShare, color: 0 }],
      }))
    ),
    value: { name: "share", range: [0, 1] },
    format: (value) => formatNumber(value, 2),
  });
  return [{ name: "energy", chart }];
}

/** Accuracy of aft's students against the linear probe's score of their teachers. */
export function rankingChart({ tables: { sets: kept }, scores = [] }: Evidence): ClaimChart[] {
  if (!kept || kept.rows.length === 0 || scores.length === 0) return [];
  const { name, format, tick } = measureOf(kept.task);
  const key = (teachers: readonly string[]) => teachers.toSorted().join();
  const methods = methodsOf(kept).filter((method) => method !== kept.baseline);
  const chart = scatter({
    title: "Students against the probe score of aft rank",
    series: methods.map((method) => ({
      name: method,
      color: colorOf(kept, method),
      points: scores.flatMap(({ teachers, scores }) => {
        const row = kept.rows.find((row) =>
          row.method === method && key(row.teachers) === key(teachers)
        );
        if (!row || scores.probe === undefined) return [];
        return [{ x: scores.probe, y: row.accuracyMean!, name: teacherText(teachers) }];
      }),
    })),
    x: { name: "probe score", format: tick },
    y: { name: `test ${name}`, format: tick },
    format,
  });
  return [{ name: "scores", chart }];
}
