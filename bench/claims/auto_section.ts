/** How aft-auto does in every setting, beside the best of the other methods and beside stl. */

import { settingKey } from "../../aft/compare/table.ts";
import type { Evidence } from "./claim.ts";
import { AUTO, type ClaimName } from "./definitions.ts";
import {
  between,
  type Fact,
  isAbove,
  isBelow,
  isTold,
  listed,
  mean,
  rowOf,
  said,
  signed,
  teacherText,
  unitOf,
} from "./facts.ts";
import type { Kept, KeptRow } from "./kept.ts";
import { code, paragraph, table } from "./markdown.ts";
import type { ClaimEvidence } from "./page.ts";

/** Claims whose lines without noise are settings of their own; the others change one of them. */
const CLAIMS: readonly ClaimName[] = [
  ...["methods", "teachers", "labels", "regression", "text", "photographs", "cnn"] as const,
];

/** aft-auto under one setting. */
interface Standing {
  /** The setting, for people. */
  readonly name: string;
  /** What is compared there. */
  readonly kept: Kept;
  /** Its line. */
  readonly own: KeptRow;
  /** The method that is furthest ahead of it, or least behind. */
  readonly best: KeptRow;
  /** Difference from that. */
  readonly ahead: Fact;
  /** Difference from stl. */
  readonly gain: Fact;
  /** How many other methods have seeds enough to be compared. */
  readonly others: number;
}

/** Kept tables of a claim. */
type TablesOf = (claim: ClaimName) => Evidence["tables"];

/**
 * The section on aft-auto.
 *
 * @param found Every claim with what is kept of it.
 * @returns Markdown; empty where aft-auto was run nowhere.
 */
export function autoSection(found: readonly ClaimEvidence[]): string {
  const of: TablesOf = (name) =>
    found.find(({ claim }) => claim.name === name)?.evidence.tables ?? {};
  const standings = CLAIMS.flatMap((claim) =>
    Object.entries(of(claim)).flatMap(([name, kept]) => standingsIn(`${claim}, ${name}`, kept))
  );
  const settings = standings.filter(({ own }, i) =>
    !standings.slice(0, i).some((other) => isSame(other.own, own))
  );
  if (settings.length === 0) return "";
  const rows = settings.map(({ name, kept, own, best, ahead, gain, others }) => {
    const unit = unitOf(kept);
    return [
      ...[name, mean(own, unit), `${code(best.method)} ${mean(best, unit)}`],
      ...[ahead, gain].map((fact) => spanned(fact, kept)),
      ...[others, ahead.seeds].map(String),
    ];
  });
  const heads = [
    "setting",
    code("aft-auto"),
    "best other",
    "from it",
    "from `stl`",
    "others",
    "seeds",
  ];
  return [
    "## aft-auto in every setting",
    paragraph([ranks(settings), gains(settings), ...flatness(of)].join(" ")),
    table(heads, rows),
  ].join("\n\n");
}

/** Settings of a table that aft-auto, stl and another method have seeds enough in. */
function standingsIn(name: string, kept: Kept): Standing[] {
  const lines = kept.rows.filter(({ method, noise }) => method === AUTO && noise === 0);
  const several = (value: (row: KeptRow) => unknown) => new Set(lines.map(value)).size > 1;
  const [sets, sizes] = [several((row) => String(row.teachers)), several((row) => row.trainSize)];
  return lines.flatMap((own) => {
    const rivals = kept.rows.filter((row) => row !== own && isSetting(row, own)).flatMap((best) => {
      const ahead = between(own, best);
      return ahead && isTold(ahead) ? [{ best, ahead }] : [];
    });
    const [rival] = rivals.toSorted((a, b) => a.ahead.mean - b.ahead.mean);
    const gain = rivals.find(({ best }) => best.method === "stl")?.ahead;
    if (!rival || !gain) return [];
    const words = [
      name,
      ...sets ? [teacherText(own.teachers)] : [],
      ...sizes ? [`${own.trainSize} rows`] : [],
    ];
    return [{ name: words.join(", "), kept, own, ...rival, gain, others: rivals.length }];
  });
}

function isSetting(a: KeptRow, b: KeptRow): boolean {
  return settingKey(a) === settingKey(b);
}

/** Whether two claims have the same runs of one setting. */
function isSame(a: KeptRow, b: KeptRow): boolean {
  return isSetting(a, b) && JSON.stringify(a.bySeed) === JSON.stringify(b.bySeed);
}

function spanned({ mean, low, high }: Fact, kept: Kept): string {
  const [middle, from, to] = [mean, low, high].map((value) => signed(value, unitOf(kept)));
  return `${middle} (${from} to ${to})`;
}

function ranks(settings: readonly Standing[]): string {
  const first = settings.filter(({ ahead }) => ahead.mean >= 0);
  const behind = settings.filter(({ ahead }) => isBelow(ahead));
  const near = settings.length - first.length - behind.length;
  const names = behind.map(({ name, best }) => `${name} (${code(best.method)})`);
  return `Among the methods with three seeds or more aft-auto is first in ${first.length} of ` +
    `${settings.length} settings, in ${near} more the 95 % interval does not tell it from the first, ` +
    `and it is behind in ${behind.length}${names.length > 0 ? `: ${listed(names)}` : ""}.`;
}

function gains(settings: readonly Standing[]): string {
  const above = settings.filter(({ gain }) => gain.mean > 0);
  const surely = above.filter(({ gain }) => isAbove(gain));
  const below = settings.filter(({ gain }) => isBelow(gain)).map(({ name }) => name);
  return `It is above stl by its mean in ${above.length}, in ${surely.length} of them by the ` +
    `interval too${below.length > 0 ? `, and below it in ${listed(below)}` : ""}.`;
}

/** What noise and a useless teacher change. */
function flatness(of: TablesOf): string[] {
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
