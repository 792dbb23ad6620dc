/** `aft eval`: how good a trained model is on labelled rows. */

import { configFields } from "../aft/config_fields.ts";
import { type CheckpointEvaluation, evaluateCheckpoint } from "../aft/predict.ts";
import { type Command, common } from "./command.ts";
import { type Arguments, flagOf } from "./flags.ts";
import { count, number, percent, table } from "./format.ts";
import { modelFlags, predictOptions } from "./model_flags.ts";
import type { Output } from "./output.ts";
import { readingTold } from "./reading.ts";
import { scoreText } from "./score.ts";

const flags = {
  ...modelFlags,
  testSize: {
    ...flagOf(configFields.testSize),
    help: "test rows to cut from one file as training does, and to take alone; 0 takes all rows",
    ...{ default: undefined, defaultText: "as in training on the same data" },
  },
  ...common,
};

/** Measures a model on a whole split. */
export const evaluate: Command = {
  name: "eval",
  summary: "measure a trained model on labelled rows",
  usage: "--checkpoint FILE --data PATH [flags]",
  notes: [
    "All rows of the split count, the last ones too. The loss is the task loss: cross-entropy in nats, " +
    "or squared error.",
  ],
  examples: [
    [
      "On the test rows of the data",
      "aft eval --checkpoint runs/first/checkpoint.safetensors --data data/cifar10",
    ],
    [
      "On rows of another file, for machines",
      "aft eval --checkpoint runs/first/checkpoint.safetensors --data new.csv --json",
    ],
  ],
  flags: Object.values(flags),
  run: measure,
};

async function measure(args: Arguments, output: Output): Promise<number> {
  const [checkpoint, data] = [args.need(flags.checkpoint), args.need(flags.data)];
  const evaluation = await evaluateCheckpoint(checkpoint, data, {
    ...predictOptions(args),
    testSize: args.get(flags.testSize),
    told: readingTold(output),
  });
  const { step, split, rows, score, classes, confusion } = evaluation;
  output.field("Data", `${data}, ${split === "all" ? "all rows" : split}, ${count(rows, "row")}`);
  output.field("Model", `${checkpoint}, step ${number(step)}`);
  output.field("Score", scoreText(score));
  printClasses(evaluation, output);
  const shared = { checkpoint, step, data, split, rows, ...score };
  output.event({ event: "evaluation", ...shared, ...confusion && { classes, confusion } });
  return 0;
}

/** Classes that are printed one by one, at most. */
const MOST_CLASSES = 40;

function printClasses({ confusion, classes }: CheckpointEvaluation, output: Output): void {
  if (!confusion || classes.length > MOST_CLASSES) return;
  const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const share = (hits: number, all: number) => all === 0 ? "-" : percent(hits / all);
  const rows = classes.map((name, i) => {
    const answered = total(confusion.map((row) => row[i]));
    const hits = confusion[i][i];
    const present = total(confusion[i]);
    return [name, number(present), share(hits, present), share(hits, answered)];
  });
  output.line();
  const head = ["class", "rows", "recall", "precision"];
  for (const line of table([head, ...rows])) output.line(`  ${line}`);
  output.line(
    output.styled(
      "dim",
      "  recall: share of the class that was recognised; precision: share of such answers that hold",
    ),
  );
}
