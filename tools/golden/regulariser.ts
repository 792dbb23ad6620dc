/** A method at work with the parameters of a golden file. */

import type { Variable } from "../../gpu/mod.ts";
import type { Regulariser } from "../../aft/methods/mod.ts";
import type { CaseFile } from "./form.ts";
import { refuse } from "./json.ts";
import type { GoldenMethod, GoldenShape } from "./methods.ts";

/**
 * Makes the method and gives it the file's parameters; undefined for a method without a loss.
 *
 * @param prefix What stands before a parameter's golden name in the file.
 */
export function regulariserOf(
  golden: GoldenMethod,
  file: CaseFile,
  prefix: string,
  shape: GoldenShape,
): Regulariser | undefined {
  const regulariser = golden.create(shape, file);
  const known = file.names(prefix).filter((name) => Object.hasOwn(golden.names, name));
  const unknown = file.names(prefix).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    refuse(file.path, prefix + unknown[0], "the method has no such parameter");
  }
  if (regulariser === undefined) return undefined;
  const variables = variablesOf(regulariser);
  for (const [name, own] of Object.entries(golden.names)) {
    variables[own].write(file.inputs(prefix + name, variables[own].shape));
  }
  return regulariser;
}

/** Everything a method holds, learned or fixed. */
export function variablesOf(regulariser: Regulariser): Record<string, Variable> {
  return { ...regulariser.parameters, ...regulariser.constants };
}
