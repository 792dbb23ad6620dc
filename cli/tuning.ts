/** The table of fastest kernels: measured, shown, kept in a file, read again. */

import { exists, readJson, writeAtomic } from "../aft/files.ts";
import { loadTuning, savedTuning, tuneProducts } from "../gpu/mod.ts";
import { number, table } from "./format.ts";
import type { Output } from "./output.ts";

const VARIABLE = "AFT_TUNE_CACHE";

/** The file that the variable names; undefined where there is none, or it may not be read. */
async function cacheFile(): Promise<string | undefined> {
  const { state } = await Deno.permissions.query({ name: "env", variable: VARIABLE });
  return state === "granted" ? Deno.env.get(VARIABLE) || undefined : undefined;
}

/**
 * Takes over what an earlier `doctor --tune` found.
 *
 * @throws {FormatError} If the file is no table.
 */
export async function readTuning(): Promise<void> {
  const file = await cacheFile();
  if (file !== undefined && await exists(file)) loadTuning(await readJson(file), file);
}

/** Measures products, prints the fastest kernels, and keeps them. */
export async function tuneAdapter(output: Output): Promise<void> {
  const rows = [["left, right and sizes", "fastest", "ms", "untuned", "ms"]];
  output.progress("Measuring kernels ...");
  for await (const { shapes, variant, untuned, milliseconds } of tuneProducts()) {
    const ms = (name: string) => number(milliseconds[name], 3);
    rows.push([shapes, variant, ms(variant), untuned, ms(untuned)]);
    output.event({ event: "tuned", shapes, variant, untuned, milliseconds });
    output.progress(`Measuring kernels ... ${rows.length - 1}`);
  }
  output.line();
  for (const line of table(rows)) output.line(`  ${line}`);
  const file = await cacheFile();
  if (file === undefined) {
    return output.field("Tuned", `kept for this command alone: ${VARIABLE} names no file`);
  }
  await writeAtomic(file, `${JSON.stringify(savedTuning(), null, 2)}\n`);
  output.field("Tuned", file);
}
