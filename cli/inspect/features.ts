/** What a teacher's cached features hold. */

import { type FeatureSplit, readFeatures } from "../../aft/data/features.ts";
import { columnStatistics } from "../../aft/data/normalise.ts";
import { numbersOf } from "../../aft/data/numbers.ts";
import type { SafetensorsHeader } from "../../nn/safetensors_header.ts";
import { count, number } from "../format.ts";
import type { Output } from "../output.ts";
import type { Finding } from "./finding.ts";
import { type Range, rangeOf, rangeText } from "./range.ts";

/** What the features of one split hold. */
interface SplitFacts {
  rows: number;
  columns: number;
  dtype: "f32" | "f16";
  values: Range;
  /** Columns with one value in every row. */
  constantColumns: number[];
}

interface FeatureFacts {
  name: string;
  columns: number;
  splits: Record<string, SplitFacts>;
  metadata: Record<string, string>;
}

/**
 * Reads and checks the features of one teacher.
 *
 * @param path Safetensors file.
 * @param header Its header.
 * @returns What it holds.
 * @throws {FormatError} If it is broken.
 */
export async function inspectFeatures(
  path: string,
  { entries }: SafetensorsHeader,
): Promise<Finding> {
  const [rows] = entries.get("train")!.shape; // any number of rows will do
  const [teacher] = await readFeatures([path], { splits: { train: { rows } } });
  const { name, columns, metadata } = teacher;
  const splits = Object.fromEntries(
    Object.entries(teacher.splits).map(([split, features]) => [split, factsOf(features)]),
  );
  const facts: FeatureFacts = { name, columns, splits, metadata };
  return { kind: "features", facts: { ...facts }, print: (output) => print(facts, output) };
}

function factsOf(features: FeatureSplit): SplitFacts {
  const { rows, columns, dtype } = features;
  const all = Uint32Array.from({ length: rows }, (_, i) => i);
  const { variance } = columnStatistics(features, all);
  return {
    rows,
    columns,
    dtype,
    values: rangeOf(numbersOf(features)),
    constantColumns: variance.flatMap((value, i) => value === 0 ? [i] : []),
  };
}

function print({ name, columns, splits, metadata }: FeatureFacts, output: Output): void {
  output.field("Features", `teacher ${name}, ${count(columns, "column")}`);
  for (const [split, { rows, dtype, values, constantColumns }] of Object.entries(splits)) {
    const constant = constantColumns.length;
    output.field(
      split,
      `${count(rows, "row")} of ${dtype}; values ${rangeText(values)}, mean square ` +
        `${number(values.meanSquare)}; ` +
        (constant === 0 ? "every column varies" : `${count(constant, "constant column")}`),
    );
  }
  for (const [key, value] of Object.entries(metadata)) output.field("Note", `${key}: ${value}`);
}
