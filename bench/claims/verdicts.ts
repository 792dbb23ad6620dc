/** Answers to the claims, read from the tables alone. */

import type { Evidence, Verdict } from "./claim.ts";
import { AUTO } from "./definitions.ts";
import { between, decided, type Fact, isAbove, isBelow, listed, mean, rowOf } from "./facts.ts";
import { said, unitOf } from "./facts.ts";
import type { Kept, KeptRow } from "./kept.ts";

/** A change of at most this much accuracy is none. */
const FLAT = 0.01;

/** Nothing is there to tell from. */
export const UNKNOWN: Verdict = { holds: undefined, text: "" };
/** Our own method, which the paper says nothing of. */
const isOurs = ({ method }: KeptRow) => method === AUTO;

/** Joins answers: all have to hold; where one is open, so is the whole. */
export function both(parts: readonly Verdict[]): Verdict {
  const known = parts.filter(({ text }) => text !== "");
  if (known.length === 0) return UNKNOWN;
  const text = known.map(({ text }) => text).join(" ");
  if (parts.some(({ holds }) => holds === false)) return { holds: false, text };
  return { holds: parts.some(({ holds }) => holds === undefined) ? undefined : true, text };
}

/** Capital letter first. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Whether aft is first in every table, aft-auto aside. */
export function leads({ tables }: Evidence, names: readonly string[]): Verdict {
  return both(names.map((name) => leadsIn(name, tables[name])));
}

function leadsIn(name: string, kept: Kept | undefined): Verdict {
  const aft = rowOf(kept, "aft");
  const own = (kept?.rows ?? []).filter((row) => row.accuracyMean !== null && !isOurs(row));
  if (!kept || !aft || own.length < 2) return UNKNOWN;
  const isWhole = kept.notRun.every((method) => method.startsWith(AUTO));
  const unit = unitOf(kept);
  const order = own.toSorted((a, b) => b.accuracyMean! - a.accuracyMean!);
  const place = order.findIndex((row) => row.method === "aft");
  const rival = order[place === 0 ? 1 : 0];
  const fact = between(aft, rival);
  const rank = place === 0 ? "first" : `number ${place + 1}`;
  const base = between(aft, rowOf(kept, "stl"));
  const text = [
    `${sentence(name)}: aft is ${rank} of ${own.length} methods with ${mean(aft, unit)}`,
    ...fact ? [`${said(fact, unit)} from \`${rival.method}\`${openness(fact)}`] : [],
    ...base && rival.method !== "stl" ? [`${said(base, unit)} from stl${openness(base)}`] : [],
  ];
  // A method that was not run may yet be first; one that is ahead already decides.
  const holds = place === 0 ? isWhole || undefined : false;
  return {
    holds: fact && holds !== undefined ? decided([fact], holds) : undefined,
    text: `${text.join("; ")}.`,
  };
}

/** Says where the interval holds 0. */
function openness(fact: Fact): string {
  return isAbove(fact) || isBelow(fact) ? "" : ", not told apart by these seeds";
}

/** Whether aft stays flat under the most noise while distillation loses. */
export function staysFlat({ tables: { squeezenet: kept } }: Evidence): Verdict {
  const most = Math.max(0, ...(kept?.rows ?? []).map(({ noise }) => noise));
  if (!kept || most === 0) return UNKNOWN;
  const [bare, under] = [0, most].map((noise) => (method: string) =>
    rowOf(kept, method, { noise })
  );
  const change = (method: string) => between(under(method), bare(method));
  const facts = changes(kept, bare, under);
  const [aft, kd] = [change("aft"), change("kd")];
  const text = facts.length === 0
    ? ""
    : `From 0 to ${most.toLocaleString("en")} noise columns: ${listed(facts)}.`;
  const known = aft && kd;
  return { holds: known && decided([aft, kd], aft.mean > -FLAT && isBelow(kd)), text };
}

/** Whether aft is above stl by its interval, in every line of a table that a text names. */
export function helps(
  kept: Kept | undefined,
  name: (row: KeptRow) => string,
): Verdict {
  if (!kept) return UNKNOWN;
  const unit = unitOf(kept);
  const found = kept.rows.filter(({ method }) => method === "aft").flatMap((row) => {
    const base = kept.rows.find((other) =>
      other.method === "stl" && other.trainSize === row.trainSize &&
      String(other.teachers) === String(row.teachers)
    );
    const fact = between(row, base);
    return fact ? [{ row, fact }] : [];
  });
  if (found.length === 0) return UNKNOWN;
  const about = ({ row, fact }: { row: KeptRow; fact: Fact }) =>
    `${name(row)} ${said(fact, unit)}${isBelow(fact) ? ", which is a loss" : ""}`;
  const all = kept.notRun.every((text) => !/^(aft|stl)( |$)/.test(text));
  const holds = decided(found.map(({ fact }) => fact), found.every(({ fact }) => isAbove(fact)));
  return {
    holds: holds && !all ? undefined : holds,
    text: `aft beside stl: ${listed(found.map(about))}.`,
  };
}

/** What the paper says of forms of aft, and which of the others differ from it. */
export function ablations({ tables: { squeezenet: kept } }: Evidence): Verdict {
  const aft = rowOf(kept, "aft");
  if (!kept || !aft) return UNKNOWN;
  const unit = unitOf(kept);
  const forms = kept.rows.filter(({ method }) => method.startsWith("aft:"))
    .flatMap((row) => {
      const fact = between(row, aft);
      return fact ? [{ method: row.method, fact }] : [];
    });
  if (forms.length === 0) return UNKNOWN;
  const told = (those: typeof forms) =>
    listed(those.map(({ method, fact }) => `\`${method}\` ${said(fact, unit)}`));
  const better = forms.filter(({ fact }) => isAbove(fact));
  const worse = forms.filter(({ fact }) => isBelow(fact));
  const others = forms.filter(({ fact }) => !isAbove(fact) && !isBelow(fact));
  const bare = between(rowOf(kept, "aft:kernel=none"), rowOf(kept, "stl"));
  const fixed = between(rowOf(kept, "aft:rho=fixed"), aft);
  const parts = [
    better.length > 0 ? `Better than aft: ${told(better)}.` : "No form is better than aft.",
    worse.length > 0 ? `Worse: ${told(worse)}.` : "None is worse.",
    ...others.length > 0 ? [`Not told apart by these seeds: ${told(others)}.`] : [],
    ...bare ? [`Without the kernel, beside stl: ${said(bare, unit)}.`] : [],
  ];
  const known = bare && fixed && kept.notRun.length === 0;
  const isSo = better.length === 0 && fixed !== undefined && fixed.mean < 0 &&
    !(bare && isAbove(bare));
  const holds = better.length > 0 ? false : known ? isSo : undefined;
  const facts = forms.map(({ fact }) => fact);
  return {
    holds: holds === undefined ? undefined : decided(facts, holds),
    text: parts.join(" "),
  };
}

/** Whether doubled and mixed columns leave aft where it is. */
export function unchanged({ tables }: Evidence): Verdict {
  return both(["doubled", "mixed"].map((name) => {
    const [kept, original] = [tables[name], tables.original];
    if (!kept || !original) return UNKNOWN;
    const facts = changes(kept, (method) => rowOf(original, method));
    const aft = between(rowOf(kept, "aft"), rowOf(original, "aft"));
    if (facts.length === 0) return UNKNOWN;
    return {
      holds: aft && decided([aft], Math.abs(aft.mean) < FLAT),
      text: `${sentence(name)} beside original: ${listed(facts)}.`,
    };
  }));
}

/** Whether aft loses nothing beside a useless teacher, and nothing from stl with it alone. */
export function standsUseless({ tables: { squeezenet, beside, alone } }: Evidence): Verdict {
  const parts = [
    { kept: beside, words: "With the useless teacher beside squeezenet, from squeezenet alone" },
    { kept: alone, words: "With the useless teacher alone, from stl" },
  ];
  return both(parts.map(({ kept, words }) => {
    if (!kept) return UNKNOWN;
    const base = (method: string) =>
      kept === alone ? rowOf(kept, "stl") : rowOf(squeezenet, method);
    const facts = changes(kept, base);
    if (facts.length === 0) return UNKNOWN;
    const aft = between(rowOf(kept, "aft"), base("aft"));
    return {
      holds: aft && decided([aft], aft.mean > -FLAT),
      text: `${words}: ${listed(facts)}.`,
    };
  }));
}

/** Differences of a table's methods, a line of each from another one, in words; stl aside. */
function changes(
  kept: Kept,
  base: (method: string) => KeptRow | undefined,
  line = (method: string) => rowOf(kept, method),
): string[] {
  const methods = [...new Set(kept.rows.map(({ method }) => method))].filter((m) => m !== "stl");
  return methods.flatMap((method) => {
    const fact = between(line(method), base(method));
    return fact ? [`\`${method}\` ${said(fact, unitOf(kept))}`] : [];
  });
}

/** Whether aft is first from scratch and from a body; see {@linkcode leads}. */
export function leadsBoth(evidence: Evidence): Verdict {
  return leads(evidence, ["scratch", "body"]);
}

/** The most and the least useful teacher of a table, by their linear probes alone. */
export function extremes(kept: Kept): { most: string; least: string } | undefined {
  const probed = kept.rows.filter(({ teachers, probe }) => teachers.length === 1 && probe !== null)
    .toSorted((a, b) => b.probe! - a.probe!);
  const [most, least] = [probed.at(0)?.teachers[0], probed.at(-1)?.teachers[0]];
  return most === undefined || most === least ? undefined : { most, least: least! };
}
