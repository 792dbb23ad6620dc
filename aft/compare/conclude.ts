/** The end of a comparison: table and report, from what is kept in its folder. */

import { ConfigError } from "../../gpu/errors.ts";
import { writeAtomic } from "../files.ts";
import { missingRuns, trialsOf } from "./choice.ts";
import { renderComparison } from "./report.ts";
import { CompareFolder, type Records } from "./store.ts";
import { rowsOf, toCsv } from "./table.ts";
import type { CompareProgress, Trial } from "./progress.ts";
import type { CompareRow, Comparison, ProbeRecord, Setting } from "./types.ts";

/** What `table.json` holds. */
export interface ComparisonTable
  extends Pick<Comparison, "task" | "student" | "steps" | "testRows" | "validation"> {
  /** The table. */
  readonly rows: readonly CompareRow[];
  /** How the strengths were chosen that had to be. */
  readonly choices: readonly (Setting & { method: string; trials: readonly Trial[] })[];
  /** The method that the others are compared with. */
  readonly baseline: string | null;
}

/** Table and report, and where they are. */
export interface Concluded {
  /** The table. */
  readonly rows: readonly CompareRow[];
  /** Files that were written: CSV, JSON, report. */
  readonly files: readonly string[];
}

/**
 * Makes what `table.json` holds.
 *
 * @param comparison What is compared.
 * @param records Finished runs.
 * @param probes Linear probes of the teachers.
 * @returns The table, and how strengths were chosen.
 */
export function tableOf(
  comparison: Comparison,
  records: Records,
  probes: ReadonlyMap<string, ProbeRecord>,
): ComparisonTable {
  const { cells, task, baseline = null, student, steps, testRows, validation } = comparison;
  const choices = cells.flatMap((cell) => {
    const trials = trialsOf(cell, records) ?? [];
    return trials.length > 0 ? [{ method: cell.method, ...cell.setting, trials }] : [];
  });
  const rows = rowsOf(comparison, records, probes);
  return { rows, choices, task, baseline, student, steps, testRows, validation };
}

/**
 * Writes `table.csv`, `table.json` and `report.html`.
 *
 * @param folder The comparison's folder, its records read.
 * @param comparison What is compared.
 * @returns Table and paths.
 */
export async function conclude(folder: CompareFolder, comparison: Comparison): Promise<Concluded> {
  const { path, records, probes } = folder;
  const table = tableOf(comparison, records, probes);
  const { rows } = table;
  const files = ["table.csv", "table.json", "report.html"].map((name) => `${path}/${name}`);
  const [csv, json, report] = files;
  await writeAtomic(csv, toCsv(rows));
  await writeAtomic(json, `${JSON.stringify(table, null, 1)}\n`);
  await writeAtomic(report, renderComparison({ path, comparison, records, rows }));
  return { rows, files };
}

/**
 * Brings the runs of several folders of one comparison together, such as those of shards that
 * share no disk, and writes the table of what is there. Nothing is trained.
 *
 * @param folders Folders of {@linkcode compare}, at least one.
 * @param out Folder that gets all runs; it may be one of them.
 * @returns What a comparison says last: `done`, with the number of missing runs.
 * @throws {ConfigError} If they compare different things.
 * @throws {FormatError} If a folder is not one of a comparison.
 * @throws {Deno.errors.NotFound} If a folder is missing; the path is in the message.
 *
 * @example
 * ```ts
 * import { compare, mergeComparisons, writeAtomic } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const rows = Array.from({ length: 32 }, (_, i) => `${i % 4},${i % 4 < 2 ? "low" : "high"}`);
 * for (const name of ["train", "test"]) {
 *   await writeAtomic(`${folder}/${name}.csv`, ["size,label", ...rows].join("\n"));
 * }
 *
 * const base = { data: folder, student: "mlp:4", steps: 5 };
 * const parts = [1, 2].map((index) => ({ index, count: 2, out: `${folder}/part${index}` }));
 * for (const { out, ...shard } of parts) {
 *   const options = { base, methods: ["stl"], seeds: 2, out, shard };
 *   await Array.fromAsync(compare(options)); // a seed each
 * }
 * const merged = await mergeComparisons(parts.map(({ out }) => out), `${folder}/all`);
 * assertEquals([merged.rows[0].seeds, merged.missing], [2, 0]);
 * ```
 */
export async function mergeComparisons(
  folders: readonly string[],
  out: string,
): Promise<Extract<CompareProgress, { event: "done" }>> {
  const started = performance.now();
  const parts = folders.map((path) => new CompareFolder(path));
  if (parts.length === 0) {
    throw new ConfigError("Cannot merge nothing: name the folders of a comparison", {
      field: "merge",
      value: folders,
    });
  }
  const [first, ...others] = await Promise.all(parts.map((part) => part.read()));
  others.forEach((other, i) => checkSame(parts[0].path, first, parts[i + 1].path, other));
  for (const part of parts) await part.refresh();

  const target = new CompareFolder(out);
  await target.check();
  await target.open(first);
  await target.refresh();
  for (const record of parts.flatMap(({ records }) => [...records.values()])) {
    if (!target.records.has(record.key)) await target.add(record);
  }
  for (const probe of parts.flatMap(({ probes }) => [...probes.values()])) {
    if (!target.probes.has(probe.key)) await target.addProbe(probe);
  }
  const concluded = await conclude(target, first);
  const missing = missingRuns(first, target.records);
  const seconds = (performance.now() - started) / 1000;
  return { event: "done", task: first.task, ...concluded, missing, seconds };
}

function checkSame(path: string, one: Comparison, otherPath: string, other: Comparison): void {
  if (JSON.stringify(one.cells) === JSON.stringify(other.cells)) return;
  throw new ConfigError(
    `Cannot merge ${otherPath} with ${path}: they compare different runs; methods, sizes, seeds, ` +
      "strengths and the bytes of data and features must be the same",
    { field: "merge", value: otherPath },
  );
}
