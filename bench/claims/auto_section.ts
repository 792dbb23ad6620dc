/** How aft-auto does in every setting, beside the best of the other methods and beside stl. */

import { between, type Fact, isAbove, isBelow, listed, mean, rowOf, said } from "./facts.ts";
import { signed, teacherText } from "./facts.ts";
import type { Kept, KeptRow } from "./kept.ts";
import { code, paragraph, table } from "./markdown.ts";
import type { ClaimEvidence } from "./page.ts";
import type { Evidence } from "./claim.ts";

/** The method as the claims write it. */
const AUTO = "aft-auto:beta=1";
/** Claims whose tables are settings of their own. */
const CLAIMS = ["methods", "cnn", "text"];

/** aft-auto under one setting. */
interface Standing {
  /** The setting, for people. */
  readonly name: string;
  /** Its line. */
  readonly own: KeptRow;
  /** The best other method. */
  readonly best: KeptRow;
  /** Difference from it. */
  readonly ahead: Fact;
  /** Difference from stl. */
  readonly gain: Fact;
}

/**
 * The section on aft-auto.
 *
 * @param found Every claim with what is kept of it.
 * @returns Markdown; empty where aft-auto was run nowhere.
 */
export function autoSection(found: readonly ClaimEvidence[]): string {
  const of = (claim: string) =>
    found.find((one) => one.claim.name === claim)?.evidence.tables ?? {};
  const standings = CLAIMS.flatMap((claim) =>
    Object.entries(of(claim)).flatMap(([name, kept]) => standingsIn(`${claim}, ${name}`, kept))
  );
  if (standings.length === 0) return "";
  const rows = standings.map(({ name, own, best, ahead, gain }) => [
    name,
    `${mean(own, "points")}`,
    `${code(best.method)} ${mean(best, "points")}`,
    spanned(ahead),
    spanned(gain),
    String(ahead.seeds),
  ]);
  const heads = ["setting", code("aft-auto"), "best other", "from it", "from `stl`", "seeds"];
  return [
    "## aft-auto in every setting",
    paragraph([ranks(standings), gains(standings), ...flatness(of)].join(" ")),
    table(heads, rows),
  ].join("\n\n");
}

/** Every set of teachers of a table that aft-auto, stl and another method were run with. */
function standingsIn(name: string, kept: Kept): Standing[] {
  const sets = [...new Set(kept.rows.map(({ teachers }) => String(teachers)))];
  return sets.flatMap((set) => {
    const rows = kept.rows.filter(({ teachers }) => String(teachers) === set);
    const [own, stl] = [AUTO, "stl"].map((method) => rows.find((row) => row.method === method));
    const [best] = rows.filter((row) => row !== own && (between(own, row)?.seeds ?? 0) > 1)
      .toSorted((a, b) => b.accuracyMean! - a.accuracyMean!);
    const [ahead, gain] = [between(own, best), between(own, stl)];
    if (!own || !ahead || !gain) return [];
    const teachers = sets.length > 1 ? `, ${teacherText(own.teachers)}` : "";
    return [{ name: `${name}${teachers}`, own, best, ahead, gain }];
  });
}

function spanned({ mean, low, high }: Fact): string {
  const [middle, from, to] = [mean, low, high].map((value) => signed(value, "points"));
  return `${middle} (${from} to ${to})`;
}

function ranks(standings: readonly Standing[]): string {
  const first = standings.filter(({ ahead }) => ahead.mean >= 0);
  const behind = standings.filter(({ ahead }) => isBelow(ahead));
  const near = standings.length - first.length - behind.length;
  const names = behind.map(({ name, best }) => `${name} (${code(best.method)})`);
  return `Of ${standings.length} settings aft-auto is first by its mean in ${first.length}, within ` +
    `the 95 % interval of the first in ${near} more, and behind it in ${behind.length}` +
    `${names.length > 0 ? `: ${listed(names)}` : ""}.`;
}

function gains(standings: readonly Standing[]): string {
  const above = standings.filter(({ gain }) => gain.mean > 0);
  const surely = above.filter(({ gain }) => isAbove(gain));
  return `It is above stl by its mean in ${above.length}, in ${surely.length} of them by the ` +
    "interval too.";
}

/** What noise and a useless teacher change. */
function flatness(of: (claim: string) => Evidence["tables"]): string[] {
  const { squeezenet: noise } = of("noise");
  const most = Math.max(0, ...(noise?.rows ?? []).map((row) => row.noise));
  const { squeezenet, beside } = of("useless");
  const parts = [
    {
      words: `${most.toLocaleString("en")} columns of noise beside squeezenet`,
      fact: most > 0
        ? between(rowOf(noise, AUTO, { noise: most }), rowOf(noise, AUTO, { noise: 0 }))
        : undefined,
    },
    {
      words: "a useless teacher beside squeezenet",
      fact: between(rowOf(beside, AUTO), rowOf(squeezenet, AUTO)),
    },
  ].flatMap(({ words, fact }) => fact ? [`${words} ${said(fact, "points")}`] : []);
  return parts.length > 0 ? [`What changes it: ${listed(parts)}.`] : [];
}
