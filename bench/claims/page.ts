/** The page of all claims, made from what is kept of them. */

import { formatCount, formatNumber } from "../../aft/report/html.ts";
import { autoSection } from "./auto_section.ts";
import type { Claim, Evidence, Verdict } from "./claim.ts";
import { listed, mean, signed, teacherText, unitOf } from "./facts.ts";
import type { Kept, KeptRow } from "./kept.ts";
import { betweenMarks, code, paragraph, table } from "./markdown.ts";
import { svgFile } from "./svg.ts";
import { scoreRanks } from "./teacher_verdicts.ts";

/** A claim and what is kept of it. */
export interface ClaimEvidence {
  /** The claim. */
  readonly claim: Claim;
  /** Its tables. */
  readonly evidence: Evidence;
}

/**
 * Puts the claims between the two marks of a page.
 *
 * @param page The page as it is.
 * @param found Every claim, in order.
 * @returns The page with the claims as they are kept.
 * @throws {RangeError} If the page has no marks.
 */
export function pageWith(page: string, found: readonly ClaimEvidence[]): string {
  const parts = [overview(found), autoSection(found), ...found.map(sectionOf)]
    .filter((part) => part !== "");
  return betweenMarks(page, "claims", parts.join("\n\n"));
}

/**
 * Draws a claim.
 *
 * @param found The claim and its tables.
 * @returns Texts of SVG files, by their names without ending.
 */
export function drawingsOf({ claim, evidence }: ClaimEvidence): Map<string, string> {
  return new Map(
    claim.charts(evidence).flatMap(({ name, chart }) => {
      const text = svgFile(chart);
      return text === undefined ? [] : [[name, text] as const];
    }),
  );
}

function overview(found: readonly ClaimEvidence[]): string {
  const rows = found.map(({ claim, evidence }) => {
    const { runs, seconds } = costOf(evidence);
    const answer = answerOf(claim.verdict(evidence), evidence);
    const cost = runs > 0 ? [formatNumber(runs), formatNumber(Math.round(seconds))] : ["", ""];
    return [claim.title, answer, ...cost];
  });
  return table(["claim", "here", "runs", "machine seconds"], rows);
}

function costOf({ tables }: Evidence): { runs: number; seconds: number } {
  const all = Object.values(tables);
  const sum = (value: (kept: Kept) => number) => all.reduce((a, kept) => a + value(kept), 0);
  return { runs: sum(({ runs }) => runs), seconds: sum(({ machineSeconds }) => machineSeconds) };
}

function answerOf({ holds }: Verdict, { tables }: Evidence): string {
  if (!isRun(tables)) return "not run yet";
  if (holds === undefined) return "not told yet";
  return holds ? "holds" : "does not hold";
}

function isRun(tables: Evidence["tables"]): boolean {
  return Object.values(tables).some(({ rows }) => rows.length > 0);
}

function sectionOf(found: ClaimEvidence): string {
  const { claim, evidence } = found;
  const verdict = claim.verdict(evidence);
  const drawings = [...drawingsOf(found).keys()];
  const parts = [
    `## ${claim.title}`,
    paragraph(claim.question),
    ...claim.note ? [paragraph(claim.note)] : [],
    paragraph(`${sentenceOf(answerOf(verdict, evidence))} ${verdict.text}`),
    commandOf(claim),
    ...isRun(evidence.tables)
      ? claim.comparisons.flatMap(({ name }) => comparisonPart(name, evidence.tables[name]))
      : [],
    ...scorePart(evidence),
    ...drawings.map((name) => `![${claim.title}: ${name}](claims/${claim.name}/${name}.svg)`),
  ];
  return parts.join("\n\n");
}

function sentenceOf(answer: string): string {
  return {
    "holds": "**It holds here.**",
    "does not hold": "**It does not hold here.**",
    "not told yet": "**Too few runs are there to tell.**",
  }[answer] ?? "**Not run yet.**";
}

function commandOf({ name, comparisons }: Claim): string {
  const lines = comparisons.map(({ name, flags }) => `# ${name}: aft compare ${flags}`);
  return ["```sh", `deno task claims ${name} $DATA`, ...lines, "```"].join("\n");
}

function comparisonPart(name: string, kept: Kept | undefined): string[] {
  if (kept === undefined || kept.rows.length === 0) return [`${code(name)}: not run yet.`];
  const { runs, machineSeconds, devices, seedsWanted, tuneSeeds, notRun } = kept;
  const seeds = kept.rows.map(({ seeds }) => seeds);
  const [least, most] = [Math.min(...seeds), Math.max(...seeds)];
  const run = least === most ? `${most}` : `${least} to ${most}`;
  const of = least < seedsWanted ? ` of ${seedsWanted}` : "";
  const tuned = tuneSeeds > 0 ? `, strengths chosen by ${tuneSeeds}` : "";
  const cost = `${formatCount(runs, "run")}, ${formatNumber(Math.round(machineSeconds))} s on ` +
    listed(devices);
  return [
    paragraph(
      `${code(name)}: ${run}${of} ${most === 1 && of === "" ? "seed" : "seeds"}${tuned}; ${cost}.`,
    ),
    tableOf(kept),
    ...notRun.length > 0 ? [paragraph(`Not run yet: ${listed(notRun.map(code))}.`)] : [],
  ];
}

function tableOf(kept: Kept): string {
  const unit = unitOf(kept);
  const parts = [
    { head: "rows", cell: ({ trainSize }: KeptRow) => formatNumber(trainSize) },
    { head: "noise", cell: ({ noise }: KeptRow) => formatNumber(noise) },
    { head: "teachers", cell: ({ teachers }: KeptRow) => teacherText(teachers) },
  ].filter(({ cell }) => new Set(kept.rows.map(cell)).size > 1);
  const measure = unit === "points" ? "accuracy" : "R²";
  const heads = ["method", ...parts.map(({ head }) => head), "beta", "seeds", measure];
  const rows = kept.rows.map((row) => {
    const { diffMean, diffLow, diffHigh, normalisedError } = row;
    const spread = row.accuracySd === null
      ? ""
      : ` ± ${unit === "points" ? (100 * row.accuracySd).toFixed(1) : row.accuracySd.toFixed(3)}`;
    return [
      code(row.method),
      ...parts.map(({ cell }) => cell(row)),
      row.beta === null ? "" : String(row.beta),
      String(row.seeds),
      `${mean(row, unit)}${spread}`,
      diffMean === null ? "" : signed(diffMean, unit),
      diffLow === null ? "" : `${signed(diffLow, unit)} to ${signed(diffHigh!, unit)}`,
      normalisedError?.toFixed(3) ?? "",
    ];
  });
  const than = [`from ${kept.baseline}`, "95 % interval", "norm. error"];
  return table([...heads, ...than], rows);
}

/** Rank correlations of scores, for the claim that has them. */
function scorePart({ tables: { sets }, scores }: Evidence): string[] {
  if (!sets || !scores || sets.rows.length === 0) return [];
  const ranks = scoreRanks(sets, scores);
  const methods = Object.keys(ranks[0].byMethod);
  const rows = ranks.map(({ score, byMethod, sets }) => [
    score,
    String(sets),
    ...methods.map((method) => byMethod[method]?.toFixed(2) ?? ""),
  ]);
  return [table(["score", "sets", ...methods.map(code)], rows)];
}
