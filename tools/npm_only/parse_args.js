// @ts-self-types="./parse_args.d.ts"
/** `@std/cli/parse-args` from npm's copy of std, for networks in which JSR does not answer. */
export { parseArgs } from "npm:deno-std@1.4.0/cli/parse_args.js";
