/** `aft inspect`: what files and folders hold, told apart by content. */

import type { WorkStep } from "../aft/bit_by_bit.ts";
import { configFields } from "../aft/config_fields.ts";
import { ConfigError } from "../gpu/errors.ts";
import { type Command, common } from "./command.ts";
import { type Arguments, flagOf } from "./flags.ts";
import { findingsOf } from "./inspect/kind.ts";
import type { Output } from "./output.ts";
import { readingText } from "./reading.ts";

const flags = {
  format: flagOf(configFields.format),
  label: flagOf(configFields.label),
  text: flagOf(configFields.text),
  imageSize: flagOf(configFields.imageSize),
  task: flagOf(configFields.task),
  ...common,
};

/** Says what files hold. */
export const inspect: Command = {
  name: "inspect",
  summary: "what data, features, checkpoints, weights and runs hold",
  usage: "PATH... [flags]",
  notes: [
    "Files and folders are told apart by their content. All values are read and checked as training " +
    "would check them; the flags on data mean what they mean to train.",
  ],
  examples: [
    ["Rows, classes and ranges of labelled data", "aft inspect data/cifar10"],
    [
      "Rows, columns and constant columns of teachers",
      "aft inspect features/resnet20.safetensors features/squeezenet.safetensors",
    ],
    ["What a run learned, with the energy of each teacher", "aft inspect runs/first"],
    ["One line of JSON for each path", "aft inspect --json runs/first/checkpoint.safetensors"],
  ],
  flags: Object.values(flags),
  rest: "PATH",
  run: inspectAll,
};

async function inspectAll(args: Arguments, output: Output): Promise<number> {
  if (args.rest.length === 0) {
    throw new ConfigError("Cannot run aft inspect without a path: name a file or folder", {
      field: "PATH",
    });
  }
  const reading = {
    format: args.get(flags.format) ?? "auto",
    label: args.get(flags.label) ?? "",
    text: args.get(flags.text) ?? "",
    imageSize: args.get(flags.imageSize) ?? 0,
    task: args.get(flags.task) ?? "auto",
    told: (step: WorkStep) => output.passing(readingText(step)),
  };
  let isFirst = true;
  for (const given of args.rest) {
    for await (const { path, finding } of findingsOf(given, reading)) {
      if (output.closed.aborted) return 0;
      if (!isFirst) output.line();
      isFirst = false;
      output.line(output.styled("bold", path));
      finding.print(output);
      output.event({ event: "inspect", path, kind: finding.kind, ...finding.facts });
    }
  }
  return 0;
}
