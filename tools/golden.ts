/**
 * Holds the methods to golden vectors: deno task golden FOLDER [FOLDER ...]
 *
 * Exits 1 where a value is further from the reference than its tolerance, 2 where a folder is not of
 * the form.
 */

import { FormatError, GpuError, openGpu } from "../gpu/mod.ts";
import { readFolder } from "./golden/form.ts";
import { runFolder } from "./golden/run.ts";

/** Runs all folders; returns the exit code. */
async function main(paths: readonly string[]): Promise<number> {
  if (paths.length === 0 || paths.some((path) => path.startsWith("-"))) {
    console.error("Usage: deno task golden FOLDER [FOLDER ...]");
    return 2;
  }
  const folders = [];
  for (const path of paths) folders.push(await readFolder(path.replace(/(?<=.)\/+$/, "")));
  const gpu = await openGpu();
  console.log(`Adapter: ${gpu.info.description || gpu.info.vendor}`);
  let [passed, failed] = [0, 0];
  for (const folder of folders) {
    const counts = await runFolder(folder, (line) => console.log(line));
    passed += counts.passed;
    failed += counts.failed;
  }
  gpu.close();
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** A folder that is not of the form and a missing file are the caller's mistake, all else ours. */
function isMisuse(error: unknown): error is Error {
  return error instanceof FormatError || error instanceof Deno.errors.NotFound;
}

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  if (!isMisuse(error) && !(error instanceof GpuError)) throw error;
  console.error(error.message);
  Deno.exitCode = error instanceof GpuError ? 1 : 2;
}
