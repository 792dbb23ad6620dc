/** Methods as a comparison names them, options included. */

import { ConfigError } from "../../gpu/errors.ts";
import { type ConfigKey, parseConfigFlag, type TrainSettings } from "../config.ts";
import { configFields } from "../config_fields.ts";
import { methodOf } from "../methods/mod.ts";

/** A method with options of its own. */
export interface MethodEntry {
  /** As it was written; the table calls it so. */
  readonly text: string;
  /** Its name. */
  readonly method: TrainSettings["method"];
  /** Fields that differ from those of all runs. */
  readonly fields: Partial<TrainSettings>;
}

/** Fields that the comparison itself decides, or that would change the task. */
const FIXED: readonly ConfigKey[] = ["method", "seed"];

/**
 * Reads a method of a comparison: its name, then `:field=value` for every field of the
 * configuration that it has of its own. Fields are those of method, student and optimiser, and
 * `steps`.
 *
 * @param text Such as `kd`, `aft:rho=fixed`, `aft:regulariser-lr=0.1:beta=30`.
 * @returns Name and fields, each value in its own range.
 * @throws {ConfigError} For an unknown method or field, a value out of range, or a field that is
 * the same for all methods.
 *
 * @example
 * ```ts
 * import { parseMethodEntry } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const { method, fields } = parseMethodEntry("aft:rho=fixed:regulariser-lr=0.1");
 * assertEquals([method, fields], ["aft", { rho: "fixed", regulariserLr: 0.1 }]);
 * ```
 */
export function parseMethodEntry(text: string): MethodEntry {
  const [name, ...parts] = text.split(/:(?=[A-Za-z-]+=)/);
  if (name.includes(":")) refuse(text, "options are written :field=value");
  methodOf(name);
  const fields: Partial<TrainSettings> = {};
  for (const part of parts) {
    const cut = part.indexOf("=");
    const given = parseConfigFlag(part.slice(0, cut), part.slice(cut + 1));
    const [key] = Object.keys(given) as ConfigKey[];
    const { flag } = configFields[key];
    if (!isOwn(key)) refuse(text, `${flag} is the same for all methods of a comparison`);
    if (Object.hasOwn(fields, key)) refuse(text, `${flag} is given twice`);
    Object.assign(fields, given);
  }
  return { text, method: name as TrainSettings["method"], fields };
}

function isOwn(key: ConfigKey): boolean {
  if (FIXED.includes(key)) return false;
  return key === "steps" || ["method", "student", "optimiser"].includes(configFields[key].group);
}

function refuse(text: string, reason: string): never {
  throw new ConfigError(`Cannot compare ${text}: ${reason}`, { field: "methods", value: text });
}
