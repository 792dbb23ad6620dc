// @ts-self-types="./assert.d.ts"
/** `@std/assert` from npm's copy of std, for networks in which JSR does not answer. */
export * from "npm:deno-std@1.4.0/assert/mod.js";
