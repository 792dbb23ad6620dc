/** The files of docs/claims: tables, scores, drawings, the page. */

import { exists, makeFolder, readJson, readText, writeAtomic } from "../../aft/files.ts";
import type { Claim, Evidence } from "./claim.ts";
import { addFinished, readFinished } from "./finished.ts";
import { type Kept, losesSeeds } from "./kept.ts";
import { type ClaimEvidence, drawingsOf, pageWith } from "./page.ts";
import type { Pool } from "./pool.ts";
import type { TeacherScore } from "./scores.ts";

/** Where results are kept. */
export interface Shelf {
  /** Folder with one folder for each claim. */
  readonly folder: string;
  /** The page. */
  readonly page: string;
}

/** The shelf of this repository. */
export const SHELF: Shelf = { folder: "docs/claims", page: "docs/claims.md" };

/** The file of all finished runs. */
export function finishedFile({ folder }: Shelf): string {
  return `${folder}/finished.jsonl`;
}

/** Runs and probes that were finished on any machine. */
export function readRuns(shelf: Shelf): Promise<Pool> {
  return readFinished(finishedFile(shelf));
}

/** Keeps runs and probes. */
export async function keepRuns(shelf: Shelf, pool: Pool): Promise<void> {
  await makeFolder(shelf.folder);
  await addFinished(finishedFile(shelf), pool);
}

/** The file of a claim's table, or of its scores. */
function pathOf({ folder }: Shelf, claim: Pick<Claim, "name">, name: string): string {
  return `${folder}/${claim.name}/${name}.json`;
}

async function readIfThere<T>(path: string): Promise<T | undefined> {
  return await exists(path) ? await readJson(path) as T : undefined;
}

/**
 * Keeps the table of a comparison, unless one of its lines would have fewer seeds than it has in the
 * table that is there: that one's runs may be nowhere else.
 *
 * @returns Whether the new table was kept.
 */
export async function keepTable(
  shelf: Shelf,
  claim: Pick<Claim, "name">,
  name: string,
  kept: Kept,
): Promise<boolean> {
  const before = await readIfThere<Kept>(pathOf(shelf, claim, name));
  if (before !== undefined && losesSeeds(before, kept)) return false;
  await keep(shelf, claim, name, kept);
  return true;
}

/** Keeps a value of a claim as JSON. */
export async function keep(
  shelf: Shelf,
  claim: Pick<Claim, "name">,
  name: string,
  value: unknown,
): Promise<void> {
  await makeFolder(`${shelf.folder}/${claim.name}`);
  await writeAtomic(pathOf(shelf, claim, name), `${JSON.stringify(value, null, 1)}\n`);
}

/**
 * Reads what is kept of claims.
 *
 * @param shelf Where.
 * @param claims The claims.
 * @returns Each with the tables that are there.
 */
export function readKept(shelf: Shelf, claims: readonly Claim[]): Promise<ClaimEvidence[]> {
  return Promise.all(claims.map(async (claim) => {
    const read = <T>(name: string) => readIfThere<T>(pathOf(shelf, claim, name));
    const found = await Promise.all(
      claim.comparisons.map(async ({ name }) => [name, await read<Kept>(name)] as const),
    );
    const tables = Object.fromEntries(
      found.filter((entry): entry is readonly [string, Kept] => entry[1] !== undefined),
    );
    const scores = claim.score && await read<TeacherScore[]>("scores");
    const evidence: Evidence = { tables, ...scores && { scores } };
    return { claim, evidence };
  }));
}

/**
 * The texts of page and drawings as the kept files give them.
 *
 * @param shelf Where files are kept.
 * @param claims The claims, in order.
 * @returns Texts by path.
 */
export async function renderKept(
  shelf: Shelf,
  claims: readonly Claim[],
): Promise<Map<string, string>> {
  const found = await readKept(shelf, claims);
  const files = new Map([[shelf.page, pageWith(await readText(shelf.page), found)]]);
  for (const one of found) {
    for (const [name, text] of drawingsOf(one)) {
      files.set(`${shelf.folder}/${one.claim.name}/${name}.svg`, text);
    }
  }
  return files;
}

/** Writes the page and the drawings. */
export async function writePage(shelf: Shelf, claims: readonly Claim[]): Promise<void> {
  for (const [path, text] of await renderKept(shelf, claims)) await writeAtomic(path, text);
}
