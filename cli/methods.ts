/** `aft methods`: what each transfer method adds to the task loss, and what can be set. */

import { configFields } from "../aft/config_fields.ts";
import { type Method, type MethodOptions, methods } from "../aft/methods/mod.ts";
import { type Command, common } from "./command.ts";
import { wrap } from "./format.ts";
import type { Output } from "./output.ts";

/** Lists the methods. */
export const methodsCommand: Command = {
  name: "methods",
  summary: "every transfer method: formula, source, what it learns, options",
  usage: "[--json]",
  notes: [
    "phi are the student's features, psi the teachers', K(x) the products of centred rows of length 1.",
    "Several methods go together with + between them, each with a beta of its own: --method aft+kd " +
    "--beta 30,10.",
  ],
  examples: [
    ["All of them", "aft methods"],
    ["The same for machines", "aft methods --json"],
  ],
  flags: [common.json, common.help],
  run: (_, output) => {
    for (const method of Object.values(methods)) show(method, output);
    return Promise.resolve(0);
  },
};

function show(method: Method, output: Output): void {
  const { name, summary, formula, source, learns, rate, beta, usesTeachers } = method;
  const options = method.options.map(optionOf);
  output.event({
    ...{ name, summary, formula, source, learns, rate: rate ?? null, beta, usesTeachers },
    options,
  });
  output.field(name, summary);
  output.field("  adds", formula);
  output.field("  source", source);
  const whose = rate === "student" ? ", at the student's learning rate" : ", at --regulariser-lr";
  output.field("  learns", learns + (rate === undefined ? "" : whose));
  if (beta !== 0) output.field("  beta", `${beta} where none is given`);
  for (const { flag, range, value } of options) {
    const [first, ...more] = wrap(`${range}; default ${value}`, 76);
    output.line(`    --${flag.padEnd(18)} ${first}`);
    for (const line of more) output.line(`${" ".repeat(25)}${line}`);
  }
  output.line();
}

function optionOf(key: keyof MethodOptions) {
  const { flag, range, default: value } = configFields[key];
  return { flag, range, value };
}
