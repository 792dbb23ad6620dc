/** `aft export`: the weights of a trained model in a file of their own. */

import { exportWeights } from "../aft/export.ts";
import { type Command, common } from "./command.ts";
import { type Arguments, textFlag } from "./flags.ts";
import { count, number, shape } from "./format.ts";
import { modelFlags } from "./model_flags.ts";
import type { Output } from "./output.ts";

const flags = {
  checkpoint: modelFlags.checkpoint,
  out: textFlag("out", "FILE", "safetensors file to write, as a whole or not at all"),
  ...common,
};

/** Writes weights. */
export const exportCommand: Command = {
  name: "export",
  summary: "write the weights of a trained model as safetensors",
  usage: "--checkpoint FILE --out FILE",
  notes: [
    "Weights have the names and shapes of the student, in f32: averaged where --ema was given, with " +
    "the changes of --lora worked in. The metadata hold the student, its classes, and the means and " +
    "deviations that bring its inputs to one scale, or its words. aft train --init starts from such a file.",
  ],
  examples: [
    [
      "For another program, or as a start for other runs",
      "aft export --checkpoint runs/first/checkpoint.safetensors --out student.safetensors",
    ],
  ],
  flags: Object.values(flags),
  run: write,
};

async function write(args: Arguments, output: Output): Promise<number> {
  const [checkpoint, out] = [args.need(flags.checkpoint), args.need(flags.out)];
  const { student, step, weights } = await exportWeights(checkpoint, out);
  output.field("Model", `${checkpoint}, ${student}, step ${number(step)}`);
  output.field("Wrote", `${out}, ${count(weights.length, "weight")}`);
  for (const { name, shape: extents } of weights) output.field("", `${name} ${shape(extents)}`);
  output.event({ event: "done", checkpoint, out, student, step, weights });
  return 0;
}
