/** The version of the package; a test holds it to `deno.json`, which a published module cannot import. */
export const VERSION = "0.1.0";
