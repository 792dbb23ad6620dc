/** Flags of the commands that apply a trained model. */

import { configFields } from "../aft/config_fields.ts";
import type { DataFormat } from "../aft/data/types.ts";
import type { PredictOptions } from "../aft/predict.ts";
import { type Arguments, choiceFlag, flagOf, textFlag } from "./flags.ts";

/** Which model, and which rows. */
export const modelFlags = {
  checkpoint: textFlag(
    "checkpoint",
    "FILE",
    "what aft train left: checkpoint.safetensors of a run",
  ),
  data: flagOf({ ...configFields.data, help: "rows of the kind the model learned from" }),
  split: choiceFlag("split", ["test", "train", "val"], "rows to take of data that has several"),
  format: flagOf(configFields.format),
  label: flagOf(configFields.label),
  text: flagOf(configFields.text),
};

/** How rows are read, from the values of {@link modelFlags}. */
export function predictOptions(args: Arguments): PredictOptions {
  const format = args.get(modelFlags.format) ?? "auto";
  const [label, text] = [args.get(modelFlags.label), args.get(modelFlags.text)];
  return {
    ...format !== "auto" && { format: format as DataFormat },
    split: args.get(modelFlags.split),
    ...label && { label },
    ...text && { text },
  };
}
