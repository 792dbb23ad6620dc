/** `aft predict`: what a trained model says of rows. */

import type { WorkStep } from "../aft/bit_by_bit.ts";
import { csvCell } from "../aft/data/csv_cells.ts";
import { writeAtomic } from "../aft/files.ts";
import { predict as predictRows, type Prediction } from "../aft/predict.ts";
import { ConfigError } from "../gpu/errors.ts";
import { type Command, common } from "./command.ts";
import { type Arguments, type Flag, textFlag } from "./flags.ts";
import { count } from "./format.ts";
import { modelFlags, predictOptions } from "./model_flags.ts";
import type { Output } from "./output.ts";
import { readingText, readingTold } from "./reading.ts";

const FORMS = ["csv", "jsonl"] as const;
type Form = typeof FORMS[number];

const as: Flag<Form> = {
  flag: "as",
  placeholder: "NAME",
  help: "form of the answers",
  choices: FORMS,
  range: `one of ${FORMS.join(", ")}`,
  defaultText: "jsonl for an --out FILE.jsonl and with --json, else csv",
  read: (text) => FORMS.find((form) => form === text),
};
const flags = {
  ...modelFlags,
  as,
  out: textFlag("out", "FILE", "where the answers go, as a whole or not at all; default stdout"),
  ...common,
};

/** Applies a model to rows with or without labels. */
export const predict: Command = {
  name: "predict",
  summary: "apply a trained model to rows, with or without labels",
  usage: "--checkpoint FILE --data PATH [flags]",
  notes: [
    "Prints row (from 0), class and probability; for regression row and value; of images the file " +
    "too. Images are brought to the size that the model takes. In CSV, columns that " +
    "the model does not know are left out, and their order does not matter.",
  ],
  examples: [
    [
      "CSV on stdout",
      "aft predict --checkpoint runs/first/checkpoint.safetensors --data new.csv",
    ],
    [
      "JSON lines in a file",
      "aft predict --checkpoint runs/first/checkpoint.safetensors --data images --out answers.jsonl",
    ],
  ],
  flags: Object.values(flags),
  run: answer,
};

async function answer(args: Arguments, output: Output): Promise<number> {
  const out = args.get(flags.out);
  const form = args.get(flags.as) ?? (isLines(out, output) ? "jsonl" : "csv");
  if (output.json && !out && form === "csv") {
    throw new ConfigError(
      "Cannot print csv with --json: leave one of them, or name a file by --out",
      {
        field: "as",
        value: form,
      },
    );
  }
  const [checkpoint, data] = [args.need(flags.checkpoint), args.need(flags.data)];
  // Answers on stdout stand there alone: it is said only where the next line takes its place.
  const told = out === undefined
    ? (step: WorkStep) => output.progress(readingText(step))
    : readingTold(output);
  const text = new Answers(predictRows(checkpoint, data, { ...predictOptions(args), told }), form);
  if (out === undefined) {
    for await (const piece of text.pieces()) {
      output.raw(piece);
      if (output.closed.aborted) break;
    }
    return 0;
  }
  await writeAtomic(out, text.pieces());
  output.line(`Wrote ${count(text.rows, "answer")} to ${out}`);
  output.event({ event: "done", rows: text.rows, out });
  return 0;
}

function isLines(out: string | undefined, output: Output): boolean {
  return out === undefined ? output.json : /\.(?:jsonl|ndjson)$/i.test(out);
}

/** Characters that are written at once. */
const PIECE = 65_536;

/** Predictions as text, counted as they pass. */
class Answers {
  rows = 0;
  readonly #predictions: AsyncIterable<Prediction>;
  readonly #form: Form;

  constructor(predictions: AsyncIterable<Prediction>, form: Form) {
    this.#predictions = predictions;
    this.#form = form;
  }

  /** Many lines at once, since writing each by itself is slow. */
  async *pieces(): AsyncGenerator<string> {
    let piece = "";
    for await (const prediction of this.#predictions) {
      piece += this.#line(cellsOf(prediction));
      this.rows++;
      if (piece.length < PIECE) continue;
      yield piece;
      piece = "";
    }
    if (piece !== "") yield piece;
  }

  #line(cells: Record<string, string | number>): string {
    if (this.#form === "jsonl") return `${JSON.stringify(cells)}\n`;
    const head = this.rows === 0 ? `${Object.keys(cells).join(",")}\n` : "";
    return `${head}${Object.values(cells).map(csvCell).join(",")}\n`;
  }
}

function cellsOf(prediction: Prediction): Record<string, string | number> {
  const { row, file } = prediction;
  const place = { row, ...file !== undefined && { file } };
  if ("value" in prediction) return { ...place, value: short(prediction.value) };
  return { ...place, class: prediction.class, probability: short(prediction.probability) };
}

/** As many digits as single precision is good for. */
function short(value: number): number {
  return Number(value.toPrecision(7));
}
