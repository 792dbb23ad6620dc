/**
 * Protocol A on real data: the accuracies and cross-entropies of docs/results.md, run by run.
 *
 *     deno task results $DATA
 *
 * Finished runs are lines of docs/results.jsonl and are not run again; the table is made from them.
 */

import { openGpu } from "../../gpu/mod.ts";
import {
  type Dataset,
  readDataset,
  readFeatures,
  summarise,
  type Teacher,
  Trainer,
} from "../../aft/mod.ts";
import { betweenMarks, table } from "./markdown.ts";

/** One line of the table: settings, and what an independent implementation reached. */
interface Row {
  method: "stl" | "aft" | "kd";
  teachers: readonly string[];
  beta?: number;
  standardise?: boolean;
  seeds: number;
  /** Mean accuracy in %, its standard deviation, mean cross-entropy on the test rows. */
  expected: readonly [number, number, number];
}

/** One finished run. */
interface Run {
  row: string;
  seed: number;
  accuracy: number;
  loss: number;
}

const ROWS: readonly Row[] = [
  { method: "stl", teachers: [], seeds: 5, expected: [35.6, 0.8, 3.43] },
  { method: "kd", teachers: ["squeezenet"], beta: 10, seeds: 5, expected: [35.1, 1.4, 2.51] },
  { method: "kd", teachers: ["squeezenet"], beta: 100, seeds: 3, expected: [37.1, 1.5, 1.82] },
  { method: "kd", teachers: ["resnet20"], beta: 10, seeds: 5, expected: [34.9, 0.6, 2.31] },
  {
    method: "kd",
    teachers: ["squeezenet", "resnet20"],
    beta: 10,
    seeds: 5,
    expected: [35.6, 1.2, 2.48],
  },
  { method: "aft", teachers: ["squeezenet"], beta: 10, seeds: 5, expected: [36.6, 1.3, 2.30] },
  { method: "aft", teachers: ["squeezenet"], beta: 30, seeds: 5, expected: [38.0, 1.3, 1.83] },
  {
    method: "aft",
    teachers: ["squeezenet"],
    beta: 30,
    standardise: true,
    seeds: 5,
    expected: [37.5, 1.3, 1.82],
  },
  { method: "aft", teachers: ["resnet20"], beta: 30, seeds: 5, expected: [36.5, 0.5, 1.93] },
  {
    method: "aft",
    teachers: ["squeezenet", "resnet20"],
    beta: 30,
    seeds: 5,
    expected: [38.2, 1.4, 1.83],
  },
];

const LOG = new URL("../../docs/results.jsonl", import.meta.url);
const PAGE = new URL("../../docs/results.md", import.meta.url);

function nameOf({ method, teachers, beta, standardise }: Row): string {
  const parts = [method, teachers.join(" + "), beta === undefined ? "" : `beta ${beta}`];
  return [...parts, standardise ? "standardised" : ""].filter((part) => part !== "").join(", ");
}

async function finishedRuns(): Promise<Run[]> {
  try {
    const text = await Deno.readTextFile(LOG);
    return text.trim().split("\n").map((line) => JSON.parse(line) as Run);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function runOnce(
  data: Dataset,
  teachers: Map<string, Teacher>,
  row: Row,
  seed: number,
): Promise<Run> {
  const trainer = new Trainer(data, {
    method: row.method,
    teachers: row.teachers.map((name) => teachers.get(name)!),
    seed,
    trainSize: 1000,
    ...row.beta !== undefined && { beta: row.beta },
    ...row.standardise && { standardise: true },
  });
  for await (const progress of trainer.run()) {
    if (progress.event === "done" && "accuracy" in progress.test) {
      const { accuracy, loss } = progress.test;
      return { row: nameOf(row), seed, accuracy, loss };
    }
  }
  throw new Error(`Run of ${nameOf(row)} with seed ${seed} did not finish`);
}

/** Within 2.5 points and 0.15 in cross-entropy, on both sides. */
function isWithin(accuracy: number, loss: number, [expected, , entropy]: Row["expected"]): boolean {
  return Math.abs(accuracy - expected) <= 2.5 && Math.abs(loss - entropy) <= 0.15;
}

function tableOf(runs: readonly Run[]): string {
  const rows = ROWS.flatMap((row) => {
    const own = runs.filter((run) => run.row === nameOf(row));
    if (own.length < 2) return [];
    const { mean: accuracy, sd } = summarise(own.map(({ accuracy }) => 100 * accuracy));
    const { mean: loss } = summarise(own.map((run) => run.loss));
    const [expected, spread, entropy] = row.expected;
    const cells = [
      nameOf(row),
      String(own.length),
      `${accuracy!.toFixed(1)} ± ${sd!.toFixed(1)}`,
      `${expected.toFixed(1)} ± ${spread.toFixed(1)}`,
      loss!.toFixed(2),
      entropy.toFixed(2),
      isWithin(accuracy!, loss!, row.expected) ? "yes" : "no",
    ];
    return [cells];
  });
  const heads = ["method", "seeds", "accuracy %", "PyTorch", "cross-entropy", "PyTorch", "within"];
  return table(heads, rows);
}

/** Replaces the table between the page's two markers. */
async function writePage(runs: readonly Run[]): Promise<void> {
  const page = await Deno.readTextFile(PAGE);
  await Deno.writeTextFile(PAGE, betweenMarks(page, "protocol-a", tableOf(runs)));
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (folder === undefined) throw new Error("Give the folder that holds cifar10/ and features/");
  const gpu = await openGpu();
  const data = await readDataset(`${folder}/cifar10`);
  const names = ["squeezenet", "resnet20"];
  const paths = names.map((name) => `${folder}/features/cifar10_${name}.f16.safetensors`);
  const read = await readFeatures(paths, data);
  const teachers = new Map(names.map((name, i) => [name, read[i]]));
  const runs = await finishedRuns();
  console.log(`On ${gpu.info.description}: ${runs.length} runs are there already`);
  // Seed by seed, so that an early end leaves every line of the table with as many runs.
  for (let seed = 0; seed < 5; seed++) {
    for (const row of ROWS.filter(({ seeds }) => seed < seeds)) {
      if (runs.some((run) => run.row === nameOf(row) && run.seed === seed)) continue;
      const run = await runOnce(data, teachers, row, seed);
      runs.push(run);
      await Deno.writeTextFile(LOG, `${JSON.stringify(run)}\n`, { append: true });
      console.log(JSON.stringify(run));
    }
  }
  await writePage(runs);
  console.log(tableOf(runs));
}
