import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { resolveOptions } from "../../../aft/compare/options.ts";
import { type ClaimDefinition, definitions } from "../../../bench/claims/definitions.ts";
import { optionsOf, runCount } from "../../../bench/claims/options.ts";

const claims: readonly ClaimDefinition[] = definitions;
const place = { data: "data", out: "runs/claims" };

Deno.test("every claim has a name of its own, a question and comparisons that a command line takes", () => {
  assertEquals(new Set(claims.map(({ name }) => name)).size, claims.length);
  for (const claim of claims) {
    assert(claim.question.endsWith("?"), claim.name);
    assert(claim.comparisons.length > 0, claim.name);
    for (const comparison of claim.comparisons) {
      const resolved = resolveOptions(optionsOf(claim, comparison, place));
      assertEquals(resolved.baseline?.text, "stl", claim.name);
      assertEquals(resolved.out, `runs/claims/${claim.name}/${comparison.name}`);
    }
  }
});

Deno.test("claims read their data and the files made from them where the folders say", () => {
  const regression = claims.find(({ name }) => name === "regression")!;
  const { base } = optionsOf(regression, regression.comparisons[0], place);
  assertEquals(base.data, "runs/claims/made/cifar10_cat.safetensors");
  assertEquals(base.features, ["data/features/cifar10_squeezenet.f16.safetensors"]);
  assertStringIncludes(regression.comparisons[0].flags, "$MADE/");
});

Deno.test("seeds can be reduced, of the runs and of those that choose strengths", () => {
  const [claim] = claims;
  const reduced = optionsOf(claim, claim.comparisons[1], { ...place, seeds: 3, tuneSeeds: 1 });
  assertEquals([reduced.seeds, reduced.tuneSeeds], [3, 1]);
});

Deno.test("runs are counted once: those that choose a strength are the table's first", () => {
  const options = {
    base: { data: "data", features: ["a", "b", "c"] },
    methods: ["stl", "kd", "aft:beta=3"],
    betas: [1, 10],
    seeds: 5,
    tuneSeeds: 2,
  };
  // stl 5, kd 2 x 2 + 3, aft 5.
  assertEquals(runCount(options), 17);
  assertEquals(runCount({ ...options, trainSizes: [10, 20] }), 34);
  // Three teachers: alone three times, in pairs three times, all once; two of them: their pair is all.
  const sets = { ...options, teacherSets: ["each", "pairs", "all"] as const };
  assertEquals(runCount(sets), 5 + 7 * 12);
  assertEquals(runCount({ ...sets, base: { data: "data", features: ["a", "b"] } }), 5 + 3 * 12);
  assertEquals(runCount({ ...options, noise: [0, 64] }), 5 + 2 * 12);
});
