/** Where the repository lies, without reading the working folder. */

/** Absolute path of a file of the repository. */
export function fromRoot(path: string): string {
  const { pathname } = new URL(`../${path}`, import.meta.url);
  const decoded = decodeURIComponent(pathname);
  return Deno.build.os === "windows" ? decoded.slice(1) : decoded;
}

/** Absolute path of the repository. */
export const root: string = fromRoot("").replace(/\/$/, "");
