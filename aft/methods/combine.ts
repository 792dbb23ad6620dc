/** Several methods at once: `aft+l2sp` adds both losses, each with its own strength. */

import { add } from "../../gpu/mod.ts";
import { deriveSeed } from "../../nn/mod.ts";
import type { Method, MethodPart, Regulariser } from "./method.ts";
import type { MethodOptions } from "./options.ts";
import { preparing } from "./preparation.ts";
import { named } from "./rows.ts";

/**
 * One method of several.
 *
 * @param methods Two or more, each of which adds a loss; every one once.
 * @returns Their entry: options are those of all, betas one for each.
 */
export function combine(methods: readonly Method[]): Method {
  const name = methods.map((method) => method.name).join("+");
  return {
    name,
    summary: methods.map(({ summary }) => summary).join("; "),
    formula: methods.map(({ name, formula }) => `beta(${name}) (${formula})`).join(" + "),
    source: methods.map(({ source }) => source).join("; "),
    learns: methods.map(({ name, learns }) => `${name}: ${learns}`).join("; "),
    beta: methods.flatMap(({ beta }) => beta),
    usesTeachers: methods.some(({ usesTeachers }) => usesTeachers),
    standardises: methods.some(({ standardises }) => standardises),
    options: [...new Set(methods.flatMap(({ options }) => options))],
    refuses: (options: MethodOptions) =>
      methods.map((method) => method.refuses?.(options)).find((refusal) => refusal !== undefined),
    create: (shape, options) =>
      together(methods.map((method) => {
        const seed = deriveSeed(shape.seed, method.name);
        return { name: method.name, regulariser: method.create({ ...shape, seed }, options)! };
      })),
  };
}

function together(parts: readonly MethodPart[]): Regulariser {
  const all = (of: "parameters" | "constants") =>
    Object.assign({}, ...parts.map(({ name, regulariser }) => named(name, regulariser[of])));
  return {
    parameters: all("parameters"),
    constants: all("constants"),
    rate: "regulariser",
    parts,
    loss: (batch) =>
      parts.map(({ regulariser }) => regulariser.loss(batch)).reduce((a, b) => add(a, b)),
    async *prepare(rows) {
      for (const { regulariser } of parts) yield* preparing(regulariser, rows);
    },
  };
}
