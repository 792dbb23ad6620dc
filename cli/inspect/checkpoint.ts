/** What a checkpoint holds. */

import { type Checkpoint, readCheckpoint } from "../../aft/checkpoint.ts";
import { configToJson } from "../../aft/config.ts";
import type { ScaleReport } from "../../aft/rho.ts";
import { scalesOf } from "../../aft/training/scales.ts";
import type { State } from "../../nn/mod.ts";
import { count, number, wrap } from "../format.ts";
import type { Output } from "../output.ts";
import { SCALE_LEGEND, scaleTable } from "../scales.ts";
import { scoreText } from "../score.ts";
import type { Finding } from "./finding.ts";
import { rowText } from "./row.ts";
import { sizeOf } from "./tensors.ts";

export const isCheckpoint = (m: Record<string, string>) => m.format === "aft-checkpoint";

/**
 * Reads a checkpoint.
 *
 * @param path The file.
 * @returns What it holds.
 * @throws {FormatError} If it is damaged.
 */
export async function inspectCheckpoint(path: string): Promise<Finding> {
  const checkpoint = await readCheckpoint(path);
  const { config, regulariser, constants } = checkpoint;
  const held = { ...regulariser, ...constants };
  const scales = scalesOf(held, { ...checkpoint, settings: config });
  return {
    kind: "checkpoint",
    facts: factsOf(checkpoint, scales),
    print: (output) => print(checkpoint, scales, output),
  };
}

function factsOf(checkpoint: Checkpoint, scales: ScaleReport | undefined) {
  const { step, config, data, rows, teachers, student, regulariser, test } = checkpoint;
  const { method, steps } = config;
  return {
    student: config.student,
    parameters: countNumbers(student),
    method,
    methodParameters: countNumbers(regulariser),
    step,
    steps,
    finished: step >= steps,
    data: { ...data, ...data.vocabulary && { vocabulary: { size: data.vocabulary.size } } },
    rows,
    teachers,
    ...test && { test },
    ...scales && { scales },
    config: configToJson(config),
  };
}

function countNumbers(state: State): number {
  return Object.values(state).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

function print(
  checkpoint: Checkpoint,
  scales: ScaleReport | undefined,
  output: Output,
): void {
  const { step, config, data, rows, teachers, student, regulariser, test } = checkpoint;
  const learned = countNumbers(regulariser);
  const row = rowText(data.inputShape, data.vocabulary);
  const rank = config.lora > 0 ? `LoRA of rank ${number(config.lora)}, ` : "";
  output.field("Student", `${config.student}, ${rank}${count(countNumbers(student), "parameter")}`);
  output.field(
    "Method",
    `${config.method}, beta ${[config.beta].flat().map((beta) => number(beta)).join(", ")}` +
      (learned > 0 ? `, ${count(learned, "number")} learned` : ""),
  );
  output.field("Step", `${number(step)} of ${number(config.steps)}, seed ${config.seed}`);
  output.field(
    "Input",
    `${row}; ${data.task === "regression" ? "regression" : list(data.classes)}`,
  );
  output.field(
    "Rows",
    `${number(rows.train)} train, ${number(rows.val)} val, ${number(rows.test)} test`,
  );
  if (config.data !== undefined) output.field("Data", config.data);
  for (const { name, columns } of teachers) {
    output.field("Teacher", `${name}, ${count(columns, "column")}`);
  }
  if (test) output.field("Test", scoreText(test));
  if (scales) printScales(scales, output);
}

function printScales(scales: ScaleReport, output: Output): void {
  output.line();
  for (const line of scaleTable(scales)) output.line(`  ${line}`);
  output.line();
  output.line(output.styled("dim", wrap(SCALE_LEGEND, output.columns).join("\n")));
}

function list(classes: readonly string[]): string {
  const shown = classes.slice(0, 12).join(", ");
  const more = classes.length > 12 ? " and others" : "";
  return `${count(classes.length, "class", "classes")} (${shown}${more})`;
}
