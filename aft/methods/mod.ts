/** The table of transfer methods. */

import { ConfigError } from "../../gpu/mod.ts";
import { nearestName } from "../nearest.ts";
import { aft } from "./aft.ts";
import { auto } from "./auto.ts";
import { btune } from "./btune.ts";
import { cka } from "./cka.ts";
import { combine } from "./combine.ts";
import { delta } from "./delta.ts";
import { ft } from "./ft.ts";
import { kd } from "./kd.ts";
import { kkd } from "./kkd.ts";
import { l2sp } from "./l2sp.ts";
import { logitkd } from "./logitkd.ts";
import type { Method } from "./method.ts";
import { pkt } from "./pkt.ts";
import { rkd } from "./rkd.ts";
import { sp } from "./sp.ts";
import { stl } from "./stl.ts";
import { vid } from "./vid.ts";

export type {
  Method,
  MethodBatch,
  MethodPart,
  MethodRate,
  MethodShape,
  Refusal,
  Regulariser,
} from "./method.ts";
export type {
  DistanceName,
  EnsembleName,
  KernelName,
  MethodOptions,
  RhoKind,
  SparsityName,
} from "./options.ts";
export type { Preparation } from "./preparation.ts";

/** Name of a method. */
export type MethodName =
  | "stl"
  | "aft"
  | "aft-auto"
  | "kd"
  | "kkd"
  | "rkd"
  | "ft"
  | "btune"
  | "logitkd"
  | "sp"
  | "pkt"
  | "cka"
  | "vid"
  | "l2sp"
  | "delta";

/** Every method, by its name on the command line. */
export const methods: Readonly<Record<MethodName, Method>> = {
  ...{ stl, aft, "aft-auto": auto, kd, kkd, rkd, ft, btune, logitkd },
  ...{ sp, pkt, cka, vid },
  ...{ l2sp, delta },
};

/** A method, or several with `+` between them. */
export type MethodText = MethodName | `${MethodName}+${string}`;

/**
 * Looks a method up.
 *
 * @param text Its name, or the names of several with `+` between them.
 * @returns The method's entry; that of a combination is made of its parts.
 * @throws {ConfigError} For a name that is not in the table, one that is given twice, and for stl in
 * a combination.
 *
 * @example
 * ```ts
 * import { methodOf } from "@aft/aft/aft";
 * import { assert, assertEquals } from "@std/assert";
 *
 * assert(methodOf("aft").options.includes("rho"));
 * assertEquals(methodOf("aft+kd").beta, [30, 10]);
 * ```
 */
export function methodOf(text: string): Method {
  const names = text.split("+");
  const refuse = (reason: string): never => {
    throw new ConfigError(`Cannot use method ${text}: ${reason}`, { field: "method", value: text });
  };
  const unknown = names.find((name) => !Object.hasOwn(methods, name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, Object.keys(methods));
    const known = `the methods are ${Object.keys(methods).join(", ")}`;
    return refuse(nearest === undefined ? known : `did you mean ${nearest}? ${known}`);
  }
  const parts = names.map((name) => methods[name as MethodName]);
  if (parts.length === 1) return parts[0];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return refuse(`it names ${twice} twice`);
  if (names.includes("stl")) return refuse("stl adds nothing to other methods");
  return combine(parts);
}
