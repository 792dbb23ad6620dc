/** Finds the shared real data that some tests read; they are ignored, and counted, without it. */

const root = new URL("../../../", import.meta.url);

/** Folder of the real data. */
export const DATA: string = new URL(
  "data",
  new URL(`${Deno.env.get("AFT_SHARED") ?? "../shared"}/`, root),
).pathname;

/** True where the real data is missing. */
export const WITHOUT_DATA: boolean = !exists(DATA);

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
