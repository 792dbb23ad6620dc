/** The comparisons of a claim as the library takes them, and how many runs they are. */

import { parseMethodEntry } from "../../aft/compare/entry.ts";
import { BETAS } from "../../aft/compare/options.ts";
import type { CompareOptions } from "../../aft/compare/types.ts";
import { methodOf } from "../../aft/methods/mod.ts";
import { compare, compareOptions } from "../../cli/compare.ts";
import { readArguments } from "../../cli/flags.ts";
import type { ClaimComparison, ClaimDefinition } from "./definitions.ts";

/** Where a claim's files lie, and how much of it is run. */
export interface ClaimPlace {
  /** Folder of the data. */
  readonly data: string;
  /** Folder of all claims' runs. */
  readonly out: string;
  /** Runs of each method, in place of the claim's own. */
  readonly seeds?: number;
  /** Seeds that choose strengths, in place of the claim's own. */
  readonly tuneSeeds?: number;
}

/** Folder of the files that are made from the data. */
export function madeFolder({ out }: Pick<ClaimPlace, "out">): string {
  return `${out}/made`;
}

/** Folder of a comparison's runs. */
export function runFolder(
  { out }: Pick<ClaimPlace, "out">,
  claim: Pick<ClaimDefinition, "name">,
  { name }: ClaimComparison,
): string {
  return `${out}/${claim.name}/${name}`;
}

/**
 * Reads the flags of a comparison by the command's own rules.
 *
 * @param claim The claim.
 * @param comparison One of its comparisons.
 * @param place Folders and reductions.
 * @returns Options of `compare`.
 * @throws {ConfigError} If a flag is unknown or out of range.
 */
export function optionsOf(
  claim: Pick<ClaimDefinition, "name">,
  comparison: ClaimComparison,
  place: ClaimPlace,
): Omit<CompareOptions, "signal"> {
  const { data, seeds, tuneSeeds } = place;
  const args = comparison.flags.split(" ").map((arg) =>
    arg.replaceAll("$DATA", data).replaceAll("$MADE", madeFolder(place))
  );
  const options = compareOptions(readArguments(compare, args));
  return {
    ...options,
    out: runFolder(place, claim, comparison),
    ...seeds !== undefined && { seeds },
    ...tuneSeeds !== undefined && { tuneSeeds },
  };
}

/**
 * Runs of a comparison where none is there: those that choose strengths, and those of the table at
 * the chosen strength, of which the first seeds are there already.
 *
 * @param options What is compared.
 * @returns Their number.
 */
export function runCount(options: Omit<CompareOptions, "out">): number {
  const { methods, betas = BETAS, seeds = 10, tuneSeeds = 2 } = options;
  const { trainSizes = [0], noise = [0], teacherSets = ["all"], base } = options;
  const count = base.features?.length ?? 0;
  const sets = new Set(teacherSets.flatMap((kind) => {
    if (kind === "each") return Array.from({ length: count }, (_, i) => `${i}`);
    if (kind === "all") return [Array.from({ length: count }, (_, i) => i).join()];
    return Array.from({ length: count }, (_, i) => i)
      .flatMap((i) => Array.from({ length: count - i - 1 }, (_, j) => `${i},${i + j + 1}`));
  }));
  const runs = methods.map(parseMethodEntry).map(({ method, fields }) => {
    const { beta, usesTeachers } = methodOf(method);
    const isTuned = [beta].flat()[0] !== 0 && fields.beta === undefined && betas.length > 1;
    const one = isTuned ? betas.length * tuneSeeds + Math.max(0, seeds - tuneSeeds) : seeds;
    return one * (usesTeachers ? sets.size * noise.length : 1);
  });
  return trainSizes.length * runs.reduce((a, b) => a + b, 0);
}
