/** The table of transfer methods. */

import { ConfigError } from "../../gpu/mod.ts";
import { aft } from "./aft.ts";
import { kd } from "./kd.ts";
import type { Method } from "./method.ts";
import { stl } from "./stl.ts";

export type { Method, MethodBatch, MethodOptions, MethodShape, Regulariser } from "./method.ts";

/** Every method, by its name on the command line. */
export const methods: Readonly<Record<"stl" | "aft" | "kd", Method>> = { stl, aft, kd };

/** Name of a method. */
export type MethodName = keyof typeof methods;

/**
 * Looks a method up.
 *
 * @param name Its name.
 * @returns The method's entry.
 * @throws {ConfigError} For a name that is not in the table.
 *
 * @example
 * ```ts
 * import { methodOf } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(methodOf("aft").options, ["rho"]);
 * ```
 */
export function methodOf(name: string): Method {
  if (Object.hasOwn(methods, name)) return methods[name as MethodName];
  const known = Object.keys(methods).join(", ");
  throw new ConfigError(`Cannot use method ${name}: the methods are ${known}`, {
    field: "method",
    value: name,
  });
}
