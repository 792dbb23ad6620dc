/** Parameter groups: which variables an optimiser updates, each group with its own rate and decay. */

import { type Tensor, Variable } from "../gpu/mod.ts";
import { ConfigError, ShapeError } from "../gpu/errors.ts";
import { sameShape, showShape } from "../gpu/shape.ts";
import { checkNotNegative } from "./check.ts";
import { distinctTensors, isBuffer, namedTensors, type TensorNest } from "./module.ts";

/** Parameters that share a rate and a decay. */
export interface ParameterGroup {
  /** A module, or variables in any nest of arrays and plain objects. */
  readonly parameters: TensorNest;
  /** Learning rate, from 0; the optimiser's by default. */
  readonly rate?: number;
  /** Weight decay, from 0; the optimiser's by default. */
  readonly decay?: number;
  /** Prefix of the parameters' names, and key of the group's gradients; its number by default. */
  readonly name?: string;
}

/** What an optimiser updates: one nest of variables, or several groups. */
export type OptimiserParameters = TensorNest | readonly ParameterGroup[];

/** Rate and decay of a group as they are used. */
export interface GroupSettings {
  /** Name of the group; empty where there are no groups. */
  readonly name: string;
  /** Learning rate before the schedule's factor. */
  readonly rate: number;
  /** Weight decay. */
  readonly decay: number;
}

/** A group with its variables by name. */
export interface ResolvedGroup extends GroupSettings {
  readonly variables: ReadonlyMap<string, Variable>;
}

function isGroups(parameters: OptimiserParameters): parameters is readonly ParameterGroup[] {
  return Array.isArray(parameters) && parameters.length > 0 &&
    parameters.every((part) =>
      Object.getPrototypeOf(part) === Object.prototype && "parameters" in part
    );
}

/** Groups with names, defaults filled in and every variable checked. */
export function resolveGroups(
  parameters: OptimiserParameters,
  defaults: { readonly rate: number; readonly decay: number },
): ResolvedGroup[] {
  const groups: readonly ParameterGroup[] = isGroups(parameters)
    ? parameters.map((group, i) => ({ ...group, name: group.name ?? String(i) }))
    : [{ parameters, name: "" }];
  const seen = new Map<Variable, string>();
  const names = new Set<string>();
  return groups.map(({ parameters, name = "", rate, decay }) => {
    if (names.has(name)) throw refusal(`two groups have the name ${name}`, name);
    names.add(name);
    const settings = { name, rate: rate ?? defaults.rate, decay: decay ?? defaults.decay };
    checkNotNegative("make an optimiser", "rate", settings.rate);
    checkNotNegative("make an optimiser", "decay", settings.decay);
    return { ...settings, variables: groupVariables(name, parameters, seen) };
  });
}

function groupVariables(
  name: string,
  parameters: TensorNest,
  seen: Map<Variable, string>,
): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  for (const [path, tensor] of distinctTensors(parameters)) {
    if (isBuffer(tensor)) continue; // of a module that was handed over whole
    const full = joined(name, path);
    if (!(tensor instanceof Variable)) throw refusal(`${full} is not a variable`, full);
    if (tensor.dtype !== "f32") throw refusal(`${full} is ${tensor.dtype}, not f32`, full);
    const other = seen.get(tensor);
    if (other !== undefined) throw refusal(`${other} and ${full} are the same variable`, full);
    seen.set(tensor, full);
    variables.set(full, tensor);
  }
  if (variables.size === 0) throw refusal(`group ${name || 0} holds no variables`, name);
  return variables;
}

/** Name of a parameter in its group; a single tensor that is no part of a nest has no path. */
function joined(group: string, path: string): string {
  if (group === "") return path || "0";
  return path === "" ? group : `${group}.${path}`;
}

function refusal(reason: string, value: string): ConfigError {
  return new ConfigError(`Cannot make an optimiser: ${reason}`, { field: "parameters", value });
}

/**
 * Gradients in the order of the variables. They come in the nest of the parameters; those of groups
 * as an array in the groups' order, or as a record by the groups' names.
 */
export function orderGradients(groups: readonly ResolvedGroup[], grads: TensorNest): Tensor[] {
  const grouped = groups[0].name !== "";
  const nest = grouped && Array.isArray(grads)
    ? Object.fromEntries(grads.map((part, i) => [groups[i]?.name ?? String(i), part]))
    : grads;
  const found = new Map([...namedTensors(nest)].map(([path, g]) => [path || "0", g]));
  const ordered: Tensor[] = [];
  for (const { variables } of groups) {
    for (const [name, variable] of variables) {
      ordered.push(gradientOf(name, variable, found.get(name)));
      found.delete(name);
    }
  }
  if (found.size > 0) {
    const names = [...found.keys()].join(", ");
    throw new ConfigError(`Cannot step: the optimiser has no parameter for the gradient ${names}`, {
      field: "grads",
      value: names,
    });
  }
  return ordered;
}

function gradientOf(name: string, variable: Variable, gradient: Tensor | undefined): Tensor {
  if (gradient === undefined) {
    throw new ConfigError(`Cannot step: no gradient is given for ${name}`, {
      field: "grads",
      value: name,
    });
  }
  if (!sameShape(gradient.shape, variable.shape)) {
    throw new ShapeError(
      `Cannot step: the gradient of ${name} has ${showShape(gradient.shape)}, the parameter ${
        showShape(variable.shape)
      }`,
      { shapes: [gradient.shape, variable.shape] },
    );
  }
  return gradient;
}
