/**
 * Types of the engine, the layers and the methods as a browser sees them: a second type check whose
 * configuration knows the DOM and WebGPU, but not Deno.
 */

import { deno, fail, say } from "./run_deno.ts";
import { webFiles } from "./web_files.ts";

const check = "check:web";
const files = await webFiles();
const { success, output } = await deno(
  ["check", "--config", "tools/web/deno.json", "--frozen", ...files],
);
if (!success) fail(check, "these files need more than the web's standards", output);
say(check, `${files.length} files know only the web's standards`);
