/**
 * Claims of the paper on real data: deno task claims [NAME $DATA] [flags]
 *
 * Without a name it lists the claims and what they cost; with a name alone it prints the claim's
 * comparisons as commands.
 */

import { definitions } from "./definitions.ts";
import { optionsOf, runCount, runFolder } from "./options.ts";

const place = { data: "$DATA", out: "runs/claims" };

if (import.meta.main) {
  const [name] = Deno.args;
  for (const claim of definitions.filter((claim) => name === undefined || claim.name === name)) {
    const counts = claim.comparisons.map((one) => runCount(optionsOf(claim, one, place)));
    const total = counts.reduce((a, b) => a + b, 0);
    console.log(`${claim.name.padEnd(12)}${String(total).padStart(5)} runs  ${claim.title}`);
    if (name === undefined) continue;
    for (const one of claim.comparisons) {
      console.log(`aft compare ${one.flags} --out ${runFolder(place, claim, one)}`);
    }
  }
}
